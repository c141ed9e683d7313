import type { GroupHealth } from '@metaagent/contract'
import { useNavigate } from '@tanstack/react-router'
import { IntervalBar } from '../../charts/interval-bar.tsx'
import { formatScore, plural } from '../../format/number.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { HealthMark } from '../../ui/mark.tsx'
import { Ago, Count, Duration, Explained, Money, Share, Unknown } from '../../ui/value.tsx'
import classes from './fleet-page.module.css'
import type { FleetSearch } from './search.ts'

/** Domains or environments, one row each, the most urgent first. A row leads to its agents. */
export function GroupTable({
  groups,
  search,
}: {
  readonly groups: readonly GroupHealth[]
  readonly search: FleetSearch
}) {
  const navigate = useNavigate()
  return (
    <DataTable
      label={search.by === 'environment' ? 'Environments' : 'Domains'}
      testId="group-table"
      columns={columns}
      rows={groups}
      rowId={({ kind, name }) => `${kind}/${name}`}
      rowHeight={56}
      onOpen={({ kind, name }) => {
        const { by: _, ...rest } = search
        void navigate({ to: '/fleet', search: { ...rest, [kind]: name } })
      }}
    />
  )
}

const nothing = 'Nothing has finished in this window.'

const columns: readonly DataColumn<GroupHealth>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <HealthMark state={row.original.state} />,
    meta: { width: '7rem' },
  },
  { id: 'name', header: 'Name', cell: ({ row }) => <Name group={row.original} /> },
  {
    id: 'score',
    header: 'Score',
    cell: ({ row: { original } }) =>
      original.score === null ? (
        <Unknown why="There is nothing to score in this window." />
      ) : (
        <Explained tip={original.because.map(({ text }) => text).join(' ')}>{formatScore(original.score)}</Explained>
      ),
    meta: { width: '5rem', priority: 2 },
  },
  {
    id: 'success',
    header: 'Success, 95% interval',
    cell: ({ row: { original } }) => (
      <span className={classes['success']}>
        <IntervalBar {...shareOf(original)} />
        <Share {...shareOf(original)} />
      </span>
    ),
    meta: { width: '10rem', align: 'right' },
  },
  {
    id: 'p95',
    header: 'p95',
    cell: ({ row }) => <Duration ms={row.original.figures.latencyP95Ms} why={nothing} />,
    meta: { align: 'right', priority: 3, width: '5.5rem' },
  },
  {
    id: 'cost',
    header: 'Cost',
    cell: ({ row: { original } }) => (
      <Money nanoUsd={original.figures.costNanoUsd} unpricedCalls={original.figures.unpricedCalls} />
    ),
    meta: { align: 'right', priority: 2, width: '5.75rem' },
  },
  {
    id: 'executions',
    header: 'Executions',
    cell: ({ row }) => <Count count={row.original.figures.executions} />,
    meta: { align: 'right', priority: 3, width: '5.5rem' },
  },
  {
    id: 'seen',
    header: 'Last seen',
    cell: ({ row }) => <Ago at={row.original.lastExecutionAt} />,
    meta: { align: 'right', width: '6.5rem', priority: 4 },
  },
]

const shareOf = ({ figures }: GroupHealth) => ({
  share: figures.successRate,
  low: figures.successRateLow,
  high: figures.successRateHigh,
})

function Name({ group }: { readonly group: GroupHealth }) {
  return (
    <span className={classes['name']}>
      <strong className="truncate">{group.name}</strong>
      <small className="truncate" title={group.because[0]?.text}>
        {plural(group.agents, 'agent')}
        {group.state === 'healthy' ? '' : `: ${group.because[0]?.text ?? ''}`}
      </small>
    </span>
  )
}
