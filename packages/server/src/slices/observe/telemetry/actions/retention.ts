import type { RetainedTable } from '../../../../ports/retention.ts'

/**
 * What telemetry keeps for a time. What agents reported stays until somebody asks for less: it may be an import of years
 * ago. Steps before runs, so that no step outlives its run for long.
 */
export const retained: readonly RetainedTable[] = [
  {
    name: 'agent_execution_logs',
    holds: 'Steps of runs: model calls and tool calls with their inputs and outputs',
    lost: 'What a run did step by step; its costs can no longer be computed again. Its totals and all sums stay.',
    by: { kind: 'day' },
    defaultDays: 3_650,
    minimumDays: 1,
  },
  {
    name: 'agent_executions',
    holds: 'Runs with their inputs, outputs, totals and searchable words',
    lost: 'The runs themselves: lists, traces, search, releases compared run by run. Sums and daily metrics stay.',
    by: { kind: 'day' },
    goesWith: [{ table: 'execution_words' }, { table: 'execution_embeddings' }],
    defaultDays: 3_650,
    minimumDays: 1,
  },
  {
    name: 'execution_outcomes',
    holds: 'What was learnt of runs afterwards, as it came',
    lost: 'Who reported an outcome and when; the run keeps its outcome. The same report sent again counts again.',
    by: { kind: 'time', column: 'received_at' },
    only: "state <> 'waiting'",
    defaultDays: 3_650,
    minimumDays: 30,
  },
  {
    name: 'waiting_span_events',
    holds: 'Contents and verdicts that wait for their step',
    lost: 'What still waits: it never joins its step.',
    by: { kind: 'time', column: 'received_at' },
    defaultDays: 30,
    minimumDays: 1,
  },
  {
    name: 'agent_metric_points',
    holds: 'Points of metrics that agents reported over OpenTelemetry',
    lost: 'Charts of metrics that agents measured themselves. What MetaAgent counts is kept elsewhere.',
    by: { kind: 'day' },
    defaultDays: 3_650,
    minimumDays: 1,
  },
]
