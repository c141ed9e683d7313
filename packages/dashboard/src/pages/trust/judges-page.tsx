import { Tooltip } from '@mantine/core'
import { type JudgeTrust, TrustStanding } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { trustQueries } from '../../api/trust.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { formatShare } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Mark } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Explained, Money, Unknown } from '../../ui/value.tsx'
import { MetricsPanel } from './metrics-panel.tsx'
import type { JudgesSearch } from './search.ts'
import classes from './trust.module.css'
import { Authority, modelWords, ReliabilityBar, StandingMark } from './words.tsx'

/** Who judges, on what, and how far it can be believed. */
export function JudgesPage() {
  useJudgingNews('trust')
  const search = useSearch({ from: '/inside/judges' })
  const navigate = useNavigate()
  const metrics = useQuery(trustQueries.metrics())
  const list = useInfiniteQuery(trustQueries.judges({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const model = list.data?.pages[0]?.model
  const change = (values: { [Key in keyof JudgesSearch]?: JudgesSearch[Key] | undefined }) =>
    void navigate({ to: '/judges', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <PageHead
        title="Judges"
        tab="Judges"
        lead="How right each judge was where a label or an outcome tells what is right."
      >
        <Choice
          label="Metric"
          all="All metrics"
          value={search.metric}
          options={metrics.data?.map(({ metric }) => metric) ?? []}
          onChange={(metric) => change({ metric })}
          width={180}
        />
        <Choice
          label="Standing"
          all="Every standing"
          value={search.standing}
          options={TrustStanding.options}
          onChange={(standing) => change({ standing: TrustStanding.options.find((known) => known === standing) })}
        />
      </PageHead>
      <div className={classes['parts']}>
        {
          // Both or neither: what comes later would push down what is being read.
          metrics.isPending || list.isPending ? null : (
            <MetricsPanel metrics={metrics} metric={search.metric} onChoose={(metric) => change({ metric })} />
          )
        }
        {list.error !== null ? (
          <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
        ) : rows === undefined || metrics.isPending ? (
          <Placeholder height={360} />
        ) : (
          <Panel
            title="By metric and judge"
            note={model === undefined ? undefined : `Reliability is ${modelWords[model]}.`}
            flush
          >
            {rows.length === 0 ? (
              <Empty title={Object.keys(search).length === 0 ? 'Nobody has judged yet' : 'No judge is like that'}>
                Judges appear with their first verdict. Send verdicts with the SDK’s <code>judge()</code>, as OTLP
                evaluations or to <code>POST /api/v1/qa/events</code>, and say what is right with labels or outcomes.
              </Empty>
            ) : (
              <DataTable
                label="Judges"
                testId="judge-table"
                columns={columns}
                rows={rows}
                rowId={({ metric, judge }) => JSON.stringify([metric, judge])}
                onOpen={({ metric, judge }) =>
                  void navigate({ to: '/judges/$judge', params: { judge }, search: { metric } })
                }
                onEnd={() => {
                  if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
                }}
                rowHeight={42}
              />
            )}
          </Panel>
        )}
      </div>
    </>
  )
}

const columns: readonly DataColumn<JudgeTrust>[] = [
  {
    id: 'judge',
    header: 'Judge',
    cell: ({ row }) => <Who judge={row.original} />,
  },
  {
    id: 'metric',
    header: 'Metric',
    cell: ({ row: { original } }) => <span title={original.metric}>{original.metric}</span>,
    meta: { width: '13%', priority: 2 },
  },
  {
    id: 'standing',
    header: 'Standing',
    cell: ({ row }) => <StandingMark standing={row.original.standing} />,
    meta: { width: '7.75rem' },
  },
  {
    id: 'reliability',
    header: 'Reliability',
    cell: ({ row }) => <ReliabilityBar {...row.original} />,
    meta: { width: '9rem' },
  },
  {
    id: 'authority',
    header: 'Authority',
    cell: ({ row }) => <Authority authority={row.original.authority} />,
    meta: { width: '6.5rem', priority: 2 },
  },
  {
    id: 'found',
    header: 'Passes / fails found',
    cell: ({ row }) => <Found {...row.original} />,
    meta: { width: '8.5rem', align: 'right', priority: 3 },
  },
  {
    id: 'audited',
    header: 'Audited',
    cell: ({ row: { original } }) => (
      <Explained tip={`${original.auditedVerdicts} of ${original.verdicts} verdicts were held against what is right.`}>
        <Count count={original.auditedVerdicts} /> / <Count count={original.verdicts} />
      </Explained>
    ),
    meta: { width: '6.5rem', align: 'right', priority: 3 },
  },
  {
    id: 'cost',
    header: 'Cost / correct',
    cell: ({ row: { original } }) =>
      original.costNanoUsdPerCorrectVerdict === null ? (
        <Unknown why="Known where an agent of the judge’s name reports its calls, all of them have a price, and its verdicts are audited." />
      ) : (
        <Money nanoUsd={original.costNanoUsdPerCorrectVerdict} />
      ),
    meta: { width: '7rem', align: 'right', priority: 3 },
  },
  {
    id: 'last',
    header: 'Last verdict',
    cell: ({ row }) => <Ago at={row.original.lastVerdictAt} />,
    meta: { width: '7rem', priority: 5 },
  },
]

/** The judge's name with a warning where it seems to copy another, and its metric where that has no column of its own. */
function Who({ judge: { judge, metric, copies } }: { readonly judge: JudgeTrust }) {
  const copying = `It agrees with ${copies.join(', ')} beyond what being right explains.`
  return (
    <>
      <Link to="/judges/$judge" params={{ judge }} search={{ metric }} title={judge}>
        {judge}
      </Link>
      {copies.length === 0 ? null : (
        <Tooltip label={copying}>
          <span role="note" aria-label={copying} className={classes['copies']}>
            <Mark tone="degraded" />
          </span>
        </Tooltip>
      )}
      <span className={classes['metric']}>{metric}</span>
    </>
  )
}

function Found({ passesFound, failsFound }: Pick<JudgeTrust, 'passesFound' | 'failsFound'>) {
  return (
    <span>
      {passesFound === null ? <Unknown why="No audited subject was a pass." /> : formatShare(passesFound)} /{' '}
      {failsFound === null ? <Unknown why="No audited subject was a fail." /> : formatShare(failsFound)}
    </span>
  )
}
