import type { MetricTrust } from '@metaagent/contract'
import type { UseQueryResult } from '@tanstack/react-query'
import { IntervalBar } from '../../charts/interval-bar.tsx'
import { formatShare, plural } from '../../format/number.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Explained, Unknown } from '../../ui/value.tsx'
import { EffectiveVotes } from './words.tsx'

/** What the judges of each metric are worth together; nothing where no metric was measured yet. */
export function MetricsPanel({
  metrics,
  metric,
  onChoose,
}: {
  readonly metrics: UseQueryResult<MetricTrust[]>
  readonly metric: string | undefined
  readonly onChoose: (metric: string) => void
}) {
  if (metrics.error !== null) return <ProblemPanel error={metrics.error} onRetry={() => void metrics.refetch()} />
  const rows = (metrics.data ?? []).filter((one) => metric === undefined || one.metric === metric)
  if (rows.length === 0) return null
  return (
    <Panel
      title="Metrics"
      note="What the judges of each are worth together, from its latest 1,000 subjects"
      flush
      testId="trust-metrics"
    >
      <DataTable
        label="Metrics"
        testId="metric-table"
        columns={columns}
        rows={rows}
        rowId={(one) => one.metric}
        onOpen={(one) => onChoose(one.metric)}
      />
    </Panel>
  )
}

const columns: readonly DataColumn<MetricTrust>[] = [
  { id: 'metric', header: 'Metric', cell: ({ row: { original } }) => original.metric },
  {
    id: 'votes',
    header: 'Effective votes',
    cell: ({ row }) => <EffectiveVotes {...row.original} />,
    meta: { width: '9rem' },
  },
  {
    id: 'accuracy',
    header: 'Audited accuracy',
    cell: ({ row: { original } }) => <Accuracy {...original} />,
    meta: { width: '11rem', priority: 2 },
  },
  {
    id: 'audited',
    header: 'Subjects audited',
    cell: ({ row: { original } }) => `${original.auditedItems} of ${original.items}`,
    meta: { width: '9rem', align: 'right', priority: 3 },
  },
  {
    id: 'copies',
    header: 'Suspected copies',
    cell: ({ row: { original } }) => {
      const copies = original.pairs.filter(({ isCopy }) => isCopy)
      if (copies.length === 0) return original.pairs.length === 0 ? <Unknown why="Too little is audited." /> : 'none'
      return (
        <Explained tip={copies.map(({ first, second }) => `${first} and ${second}`).join('; ')}>
          <MarkedWord tone="degraded" word={plural(copies.length, 'pair')} />
        </Explained>
      )
    },
    meta: { width: '9rem', priority: 3 },
  },
  {
    id: 'order',
    header: 'Order effects',
    cell: ({ row: { original } }) => {
      const swayed = original.orderEffects.filter(({ favoursAnOrder }) => favoursAnOrder)
      if (original.orderEffects.length === 0) return <Unknown why="No judge was shown a subject in both orders." />
      if (swayed.length === 0) return 'none'
      return (
        <Explained tip={swayed.map(({ judge }) => judge).join(', ')}>
          <MarkedWord tone="degraded" word={plural(swayed.length, 'judge')} />
        </Explained>
      )
    },
    meta: { width: '8rem', priority: 4 },
  },
  {
    id: 'measured',
    header: 'Measured',
    cell: ({ row }) => <Ago at={row.original.measuredAt} />,
    meta: { width: '7rem', priority: 5 },
  },
]

function Accuracy({ accuracy }: Pick<MetricTrust, 'accuracy'>) {
  if (accuracy === null) return <Unknown why="No verdict on it was audited." />
  return (
    <span>
      <IntervalBar share={accuracy.estimate} low={accuracy.low} high={accuracy.high} /> {formatShare(accuracy.estimate)}
    </span>
  )
}
