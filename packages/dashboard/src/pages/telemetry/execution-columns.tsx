import type { Execution } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import type { ZoneChoice } from '../../format/time.ts'
import type { DataColumn } from '../../ui/data-table.tsx'
import { StatusMark } from '../../ui/mark.tsx'
import { Count, Duration, Instant, Money, Unknown } from '../../ui/value.tsx'
import { Flags } from './flags.tsx'

/** The columns of the list of executions; the head of the time column says in which zone it is. */
export function executionColumns(zone: ZoneChoice): readonly DataColumn<Execution>[] {
  return [
    {
      id: 'status',
      header: 'Status',
      cell: ({ row }) => <StatusMark status={row.original.status} />,
      meta: { width: '6.5rem' },
    },
    {
      id: 'started',
      header: zone === 'utc' ? 'Started (UTC)' : 'Started (local)',
      cell: ({ row: { original } }) => (
        <Link to="/executions/$executionId" params={{ executionId: original.executionId }}>
          <Instant at={original.startedAt} />
        </Link>
      ),
      meta: { width: '9.75rem' },
    },
    {
      id: 'agent',
      header: 'Agent',
      cell: ({ row: { original } }) => <span title={original.agent}>{original.agent}</span>,
      meta: { width: '11%', priority: 2 },
    },
    {
      id: 'unit',
      header: 'Unit',
      cell: ({ row: { original } }) =>
        original.unit === null ? (
          <Unknown why="The agent named no task." />
        ) : (
          <span title={original.unit}>{original.unit}</span>
        ),
      meta: { priority: 3 },
    },
    {
      id: 'release',
      header: 'Release',
      cell: ({ row: { original } }) =>
        original.release === null ? (
          <Unknown why="No release was named." />
        ) : (
          <span title={original.release}>{original.release}</span>
        ),
      meta: { width: '10%', priority: 3 },
    },
    {
      id: 'environment',
      header: 'Environment',
      cell: ({ row }) => row.original.environment,
      meta: { width: '7rem', priority: 5 },
    },
    {
      id: 'duration',
      header: 'Duration',
      cell: ({ row }) => <Duration ms={row.original.durationMs} />,
      meta: { width: '5.5rem', align: 'right' },
    },
    {
      id: 'actions',
      header: 'Actions',
      cell: ({ row }) => <Count count={row.original.totals.actions} />,
      meta: { width: '4.5rem', align: 'right', priority: 4 },
    },
    {
      id: 'tokens',
      header: 'Tokens',
      cell: ({ row }) => <Count count={tokensOf(row.original)} why="No action reported its tokens." />,
      meta: { width: '4.5rem', align: 'right', priority: 4 },
    },
    {
      id: 'cost',
      header: 'Cost',
      cell: ({ row: { original } }) => (
        <Money nanoUsd={original.totals.costNanoUsd} unpricedCalls={original.totals.unpricedCalls} />
      ),
      meta: { width: '5.25rem', align: 'right', priority: 2 },
    },
    {
      id: 'flags',
      header: 'End',
      cell: ({ row }) => <Flags execution={row.original} />,
      meta: { width: '8.5rem', priority: 2 },
    },
  ]
}

/** Tokens in and out together; unknown when neither was reported. */
export function tokensOf({ totals }: Pick<Execution, 'totals'>): number | null {
  if (totals.inputTokens === null && totals.outputTokens === null) return null
  return (totals.inputTokens ?? 0) + (totals.outputTokens ?? 0)
}
