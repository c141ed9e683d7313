import type { AgentPerformance, Trend } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { defined } from '../../address/search.ts'
import { queries } from '../../api/queries.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Count, Duration, Money, Share } from '../../ui/value.tsx'
import classes from './daily-metrics.module.css'

const tones: Readonly<Record<Trend['verdict'], Tone>> = {
  better: 'healthy',
  worse: 'failing',
  steady: 'silent',
  unknown: 'unknown',
}

const figureWords: Readonly<Record<Trend['figure'], string>> = {
  successRate: 'Success rate',
  latencyP95Ms: 'Duration',
  costPerSuccessNanoUsd: 'Cost per success',
}

type Day = AgentPerformance['days'][number]

/** The last days of an agent, the newest first, and how the newest finished one lies to what is usual. */
export function DailyMetrics({
  agentId,
  environment,
  release,
}: {
  readonly agentId: string
  readonly environment?: string | undefined
  readonly release?: string | undefined
}) {
  const performance = useQuery(queries.agentPerformance(agentId, defined({ environment, release })))
  if (performance.error !== null)
    return <ProblemPanel error={performance.error} compact onRetry={() => void performance.refetch()} />
  if (performance.data === undefined) return <Placeholder height={220} />
  const { days, trend, timeZone, latest } = performance.data
  return (
    <Panel title="Days" note={`days of ${timeZone}`} flush testId="daily-metrics">
      {trend.length === 0 ? null : (
        <ul className={classes['trend']} aria-label={`Trend of ${latest}`} data-testid="trend">
          {trend.map(({ figure, verdict, because }) => (
            <li key={figure}>
              <span>
                {figureWords[figure]} <MarkedWord tone={tones[verdict]} word={verdict} />
              </span>
              <p className="soft">{because.text}</p>
            </li>
          ))}
        </ul>
      )}
      {days.length === 0 ? (
        <Empty title="No day is counted yet">Days show here within a quarter of a minute after their executions.</Empty>
      ) : (
        <DataTable
          label="Days"
          testId="day-table"
          columns={columns}
          rows={days.toReversed()}
          rowId={({ day }) => day}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<Day>[] = [
  {
    id: 'day',
    header: 'Day',
    cell: ({ row: { original } }) => (original.isOver ? original.day : `${original.day}, still running`),
  },
  {
    id: 'executions',
    header: 'Executions',
    cell: ({ row }) => <Count count={row.original.figures.executions} />,
    meta: { align: 'right', width: '7rem' },
  },
  {
    id: 'success',
    header: 'Success',
    cell: ({ row: { original } }) => (
      <Share
        share={original.figures.successRate}
        low={original.figures.successRateLow}
        high={original.figures.successRateHigh}
        why="Nothing finished on this day."
      />
    ),
    meta: { align: 'right', width: '6rem' },
  },
  {
    id: 'p95',
    header: 'p95',
    cell: ({ row }) => <Duration ms={row.original.figures.latencyP95Ms} why="No duration is known." />,
    meta: { align: 'right', width: '6rem' },
  },
  {
    id: 'cost',
    header: 'Cost per success',
    cell: ({ row: { original } }) => (
      <Money nanoUsd={original.figures.costPerSuccessNanoUsd} unpricedCalls={original.figures.unpricedCalls} />
    ),
    meta: { align: 'right', width: '9rem', priority: 2 },
  },
  {
    id: 'tokens',
    header: 'Tokens',
    cell: ({ row }) => <Count count={row.original.figures.inputTokens + row.original.figures.outputTokens} />,
    meta: { align: 'right', width: '7rem', priority: 3 },
  },
  {
    id: 'tool-errors',
    header: 'Tool errors',
    cell: ({ row }) => <Count count={row.original.figures.toolErrors} />,
    meta: { align: 'right', width: '7rem', priority: 4 },
  },
]
