import type { JudgeOrderEffect, JudgePair } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { trustQueries } from '../../api/trust.ts'
import { formatPValue, formatShare } from '../../format/number.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Explained } from '../../ui/value.tsx'
import classes from './trust.module.css'
import { EffectiveVotes } from './words.tsx'

interface Other extends JudgePair {
  readonly other: string
  readonly metric: string
}

/** With whom a judge agrees beyond what being right explains, and whether the order of presentation sways it. */
export function DependencePanel({ judge, metric }: { readonly judge: string; readonly metric: string }) {
  const metrics = useQuery(trustQueries.metrics())
  if (metrics.error !== null) return <ProblemPanel error={metrics.error} onRetry={() => void metrics.refetch()} />
  if (metrics.data === undefined) return <Placeholder height={200} />
  const figures = metrics.data.find((one) => one.metric === metric)
  const others = (figures?.pairs ?? [])
    .filter(({ first, second }) => first === judge || second === judge)
    .map((pair): Other => ({ ...pair, metric, other: pair.first === judge ? pair.second : pair.first }))
  const effect = figures?.orderEffects.find((one) => one.judge === judge)
  return (
    <Panel
      title="Dependence on other judges"
      note={
        figures === undefined ? undefined : (
          <>
            All judges of {metric} together are worth <EffectiveVotes {...figures} /> votes
          </>
        )
      }
      flush
      testId="dependence"
    >
      {effect === undefined ? null : <OrderEffect effect={effect} />}
      {others.length === 0 ? (
        <Empty title="Nobody to compare it with yet">
          Two judges are compared on the subjects that both judged and of which it is known what is right.
        </Empty>
      ) : (
        <DataTable
          label="Dependence on other judges"
          testId="pair-table"
          columns={columns}
          rows={others}
          rowId={({ other }) => other}
        />
      )}
    </Panel>
  )
}

function OrderEffect({ effect }: { readonly effect: JudgeOrderEffect }) {
  const { favoursAnOrder, passOnlyAsGiven, passOnlySwapped, flipRate, pairs, pValue } = effect
  const more = passOnlyAsGiven > passOnlySwapped ? 'as given' : 'swapped'
  return (
    <p className={classes['order']} data-testid="order-effect">
      <MarkedWord
        tone={favoursAnOrder ? 'degraded' : 'healthy'}
        word={favoursAnOrder ? `passes more when ${more}` : 'no order effect'}
      />{' '}
      <span className="soft">
        Of {pairs} subjects shown in both orders {formatShare(flipRate)} flip: {passOnlyAsGiven} pass only as given,{' '}
        {passOnlySwapped} only swapped (p {formatPValue(pValue)}).
      </span>
    </p>
  )
}

const columns: readonly DataColumn<Other>[] = [
  {
    id: 'other',
    header: 'Judge',
    cell: ({ row: { original } }) => (
      <Link to="/judges/$judge" params={{ judge: original.other }} search={{ metric: original.metric }}>
        {original.other}
      </Link>
    ),
  },
  {
    id: 'copy',
    header: 'Suspected',
    cell: ({ row }) => (row.original.isCopy ? <MarkedWord tone="degraded" word="a copy" filled /> : 'no'),
    meta: { width: '6.5rem' },
  },
  {
    id: 'agreement',
    header: 'Agree',
    cell: ({ row: { original } }) => (
      <Explained
        tip={`Independent judges who are right as often as these would agree on ${formatShare(original.expectedAgreement)}.`}
      >
        {formatShare(original.agreement)}
      </Explained>
    ),
    meta: { width: '5.5rem', align: 'right' },
  },
  {
    id: 'excess',
    header: 'Beyond chance',
    cell: ({ row: { original } }) => original.excess.toFixed(2),
    meta: { width: '7rem', align: 'right', priority: 3 },
  },
  {
    id: 'p',
    header: 'p',
    cell: ({ row }) => formatPValue(row.original.pValue),
    meta: { width: '5rem', align: 'right', priority: 4 },
  },
  {
    id: 'shared',
    header: 'Shared',
    cell: ({ row }) => row.original.shared,
    meta: { width: '5rem', align: 'right', priority: 2 },
  },
]
