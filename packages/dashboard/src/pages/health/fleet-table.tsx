import type { AgentHealth, HealthWindow } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { createContext, use, useMemo } from 'react'
import { queries } from '../../api/queries.ts'
import { IntervalBar } from '../../charts/interval-bar.tsx'
import { SparkBars, sparkSteps } from '../../charts/spark-bars.tsx'
import { formatScore } from '../../format/number.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { HealthMark } from '../../ui/mark.tsx'
import { Ago, Count, Duration, Money, Share, Unknown } from '../../ui/value.tsx'
import classes from './fleet-page.module.css'
import { type FleetSearch, type FleetSortKey, fleetSortKeys } from './search.ts'
import { drawnRange, seriesQuestion } from './series-range.ts'

// When the picture was made. Cells read it from here: as an input of the columns it would build every cell anew.
const AsOf = createContext('')

/** The agents of the fleet, one row each. The order and the filters live in the address. */
export function FleetTable({
  rows,
  search,
  window,
  asOf,
  onChange,
}: {
  readonly rows: readonly AgentHealth[]
  readonly search: FleetSearch
  readonly window: HealthWindow
  readonly asOf: string
  readonly onChange: (values: { sort: FleetSortKey | undefined; desc: 'true' | undefined }) => void
}) {
  const navigate = useNavigate()
  const { environment } = search
  const columns = useMemo(() => columnsOf(window, environment), [window, environment])
  return (
    <AsOf value={asOf}>
      <DataTable
        label="Agents"
        testId="fleet-table"
        columns={columns}
        rows={rows}
        rowId={({ agentId }) => agentId}
        rowHeight={46}
        sorting={[{ id: search.sort ?? 'state', desc: search.desc === 'true' }]}
        onSort={([first]) => {
          const sort = fleetSortKeys.find((key) => key === first?.id)
          onChange({ sort: sort === 'state' ? undefined : sort, desc: first?.desc === true ? 'true' : undefined })
        }}
        onOpen={({ agentId }) =>
          void navigate({ to: '/agents/$agentId', params: { agentId }, search: agentSearchOf(search) })
        }
      />
    </AsOf>
  )
}

function agentSearchOf({ window, environment }: FleetSearch) {
  return { ...(window && { window }), ...(environment && { environment }) }
}

function columnsOf(window: HealthWindow, environment: string | undefined): readonly DataColumn<AgentHealth>[] {
  return [
    {
      id: 'state',
      header: 'State',
      accessorFn: ({ state }) => state,
      cell: ({ row }) => <HealthMark state={row.original.state} />,
      meta: { width: '7rem' },
    },
    {
      id: 'agent',
      header: 'Agent',
      accessorFn: ({ agent }) => agent,
      cell: ({ row }) => <AgentName health={row.original} />,
    },
    {
      id: 'score',
      header: 'Score',
      accessorFn: ({ score }) => score,
      cell: ({ row }) => <Score health={row.original} />,
      meta: { width: '6.25rem', priority: 2 },
    },
    {
      id: 'success',
      header: 'Success, 95% interval',
      accessorFn: ({ figures }) => figures.successRate,
      cell: ({ row }) => <Success health={row.original} />,
      meta: { width: '10rem', align: 'right' },
    },
    {
      id: 'p95',
      header: 'p95',
      accessorFn: ({ figures }) => figures.latencyP95Ms,
      cell: ({ row }) => <Duration ms={row.original.figures.latencyP95Ms} why="Nothing has finished in this window." />,
      meta: { align: 'right', priority: 3, width: '5.5rem' },
    },
    {
      id: 'cost',
      header: 'Cost',
      accessorFn: ({ figures }) => figures.costNanoUsd,
      cell: ({ row: { original } }) => (
        <Money nanoUsd={original.figures.costNanoUsd} unpricedCalls={original.figures.unpricedCalls} />
      ),
      meta: { align: 'right', priority: 2, width: '5.75rem' },
    },
    {
      id: 'unpriced',
      header: 'Unpriced',
      enableSorting: false,
      cell: ({ row }) => <Count count={row.original.figures.unpricedCalls} />,
      meta: { align: 'right', priority: 4, width: '5rem' },
    },
    {
      id: 'executions',
      header: 'Executions',
      accessorFn: ({ figures }) => figures.executions,
      cell: ({ row }) => <Count count={row.original.figures.executions} />,
      meta: { align: 'right', priority: 3, width: '5.5rem' },
    },
    {
      id: 'trend',
      header: 'Over the window',
      enableSorting: false,
      cell: ({ row }) => <Trend health={row.original} window={window} environment={environment} />,
      meta: { width: '9rem', align: 'right', priority: 4 },
    },
    {
      id: 'seen',
      header: 'Last seen',
      accessorFn: ({ lastExecutionAt }) => lastExecutionAt,
      cell: ({ row }) => <Ago at={row.original.lastExecutionAt} />,
      meta: { align: 'right', width: '6.5rem', priority: 2 },
    },
  ]
}

function AgentName({ health }: { readonly health: AgentHealth }) {
  return (
    <span className={classes['name']}>
      <Link to="/agents/$agentId" params={{ agentId: health.agentId }} className="truncate" title={health.agent}>
        {health.agent}
      </Link>
      <small className="truncate">{health.domain}</small>
    </span>
  )
}

function Score({ health: { score, state } }: { readonly health: AgentHealth }) {
  if (score === null) return <Unknown why="There is nothing to score in this window." />
  return (
    <span className={classes['score']}>
      {formatScore(score)}
      <span className={classes['meter']} data-state={state}>
        <i style={{ width: `${score}%` }} />
      </span>
    </span>
  )
}

function Success({ health: { figures } }: { readonly health: AgentHealth }) {
  const { successRate: share, successRateLow: low, successRateHigh: high } = figures
  return (
    <span className={classes['success']}>
      <IntervalBar share={share} low={low} high={high} />
      <Share share={share} low={low} high={high} />
    </span>
  )
}

const TREND_STEPS = 24

// Asked for again only when something new was seen and at least one bar's time has passed: events lead, nothing polls.
function Trend({
  health,
  window,
  environment,
}: {
  readonly health: AgentHealth
  readonly window: HealthWindow
  readonly environment: string | undefined
}) {
  const asOf = use(AsOf)
  const latest = Math.max(Date.parse(asOf), health.lastExecutionAt === null ? 0 : Date.parse(health.lastExecutionAt))
  const question = seriesQuestion(window, latest, TREND_STEPS)
  const series = useQuery(queries.agentSeries(health.agentId, { ...question.bounds, environment }, question.asOf))
  if (series.data === undefined) return <SparkBars steps={[]} />
  const { fromMs, toMs } = drawnRange(question, series.data)
  return <SparkBars steps={sparkSteps(series.data.points, fromMs, toMs, TREND_STEPS)} />
}
