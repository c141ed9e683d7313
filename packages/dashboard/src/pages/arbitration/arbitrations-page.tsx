import { Checkbox } from '@mantine/core'
import { type Arbitration, ArbitrationOutcome, ArbitrationPolicy, GoldVerdict } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { arbitrationQueries } from '../../api/arbitration.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { formatShare } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { SubjectLink } from '../judgments/words.tsx'
import type { ArbitrationsSearch } from './search.ts'
import { ArbitrationTabs, GoldMark, OutcomeWord, PolicyName, signed } from './words.tsx'

/** Every verdict out of several judgments, the newest first. */
export function ArbitrationsPage() {
  useJudgingNews('arbitration')
  const search = useSearch({ from: '/inside/arbitrations' })
  const navigate = useNavigate()
  const list = useInfiniteQuery(arbitrationQueries.list({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  return (
    <>
      <PageHead
        title="Arbitrations"
        tab="Arbitrations"
        lead="One verdict where several judges spoke: how sure it is, who said otherwise, and why it fell so."
      >
        <Filters />
      </PageHead>
      <ArbitrationTabs />
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={360} />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <Nothing isFiltered={Object.keys(search).length > 0} />
          ) : (
            <DataTable
              label="Arbitrations"
              testId="arbitration-table"
              columns={columns}
              rows={rows}
              rowId={({ arbitrationId }) => arbitrationId}
              onOpen={({ arbitrationId }) =>
                void navigate({ to: '/arbitrations/$arbitrationId', params: { arbitrationId } })
              }
              onEnd={() => {
                if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
              }}
              rowHeight={42}
            />
          )}
        </Panel>
      )}
    </>
  )
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Empty
      title={isFiltered ? 'No verdict is like that' : 'Nothing had to be decided yet'}
      actions={
        <LinkButton to="/judgments" variant="default">
          To the judgments
        </LinkButton>
      }
    >
      A verdict falls as soon as two judges spoke of the same subject and metric.
    </Empty>
  )
}

function Filters() {
  const search = useSearch({ from: '/inside/arbitrations' })
  const navigate = useNavigate()
  const metrics = useQuery(arbitrationQueries.metrics())
  const change = (values: { [Key in keyof ArbitrationsSearch]?: ArbitrationsSearch[Key] | undefined }) =>
    void navigate({ to: '/arbitrations', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <Choice
        label="Metric"
        all="All metrics"
        value={search.metric}
        options={metrics.data?.items.map(({ metric }) => metric) ?? []}
        onChange={(metric) => change({ metric })}
      />
      <Choice
        label="Verdict"
        all="Either verdict"
        value={search.winner}
        options={GoldVerdict.options}
        onChange={(winner) => change({ winner: GoldVerdict.options.find((known) => known === winner) })}
        width={130}
      />
      <Choice
        label="Outcome"
        all="Every outcome"
        value={search.outcome}
        options={ArbitrationOutcome.options}
        onChange={(outcome) => change({ outcome: ArbitrationOutcome.options.find((known) => known === outcome) })}
        width={140}
      />
      <Choice
        label="Policy"
        all="Every policy"
        value={search.policy}
        options={ArbitrationPolicy.options}
        onChange={(policy) => change({ policy: ArbitrationPolicy.options.find((known) => known === policy) })}
        width={140}
      />
      <CommitInput
        label="Dissenting judge"
        value={search.dissenting}
        onCommit={(dissenting) => change({ dissenting })}
        width={160}
      />
      <Checkbox
        label="Superseded, too"
        checked={search.superseded === 'true'}
        onChange={({ currentTarget }) => change({ superseded: currentTarget.checked ? 'true' : undefined })}
      />
    </>
  )
}

const columns: readonly DataColumn<Arbitration>[] = [
  {
    id: 'winner',
    header: 'Verdict',
    cell: ({ row: { original } }) => <GoldMark verdict={original.winner} />,
    meta: { width: '6rem' },
  },
  {
    id: 'subject',
    header: 'Subject',
    cell: ({ row: { original } }) => <SubjectLink judgment={original} />,
  },
  {
    id: 'metric',
    header: 'Metric',
    cell: ({ row: { original } }) => (
      <Link to="/arbitrations/$arbitrationId" params={{ arbitrationId: original.arbitrationId }}>
        {original.metric}
      </Link>
    ),
    meta: { width: '16%' },
  },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: ({ row: { original } }) => (
      <span className={original.isCurrent ? undefined : 'faint'}>
        <OutcomeWord outcome={original.outcome} />
        {original.isCurrent ? '' : ', old'}
      </span>
    ),
    meta: { width: '8.5rem', priority: 2 },
  },
  {
    id: 'probability',
    header: 'Probability',
    cell: ({ row: { original } }) => formatShare(original.probability),
    meta: { width: '6.5rem', align: 'right', priority: 4 },
  },
  {
    id: 'gap',
    header: 'Gap',
    cell: ({ row: { original } }) => signed(original.confidenceGap),
    meta: { width: '4.5rem', align: 'right', priority: 3 },
  },
  {
    id: 'policy',
    header: 'Policy',
    cell: ({ row: { original } }) => <PolicyName policy={original.policy} />,
    meta: { width: '8.5rem', priority: 4 },
  },
  {
    id: 'dissent',
    header: 'Dissent',
    cell: ({ row: { original } }) => {
      const text = original.dissent.join(', ')
      return text === '' ? <span className="faint">none</span> : <span title={text}>{text}</span>
    },
    meta: { width: '16%', priority: 3 },
  },
  {
    id: 'decided',
    header: 'Decided',
    cell: ({ row }) => <Ago at={row.original.decidedAt} />,
    meta: { width: '7rem', priority: 2 },
  },
]
