import { AlertSeverity, type Amendment, AmendmentState } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { amendmentQueries } from '../../api/amendments.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { type AmendmentsSearch, origins } from './search.ts'
import { AmendmentTabs } from './tabs.tsx'
import { AmendmentMark, failureWords, originWords, SeverityMark } from './words.tsx'

/** What ought to change in governed documents, open ones first and the gravest of them before the others. */
export function AmendmentsPage() {
  useJudgingNews('amendments')
  const search = useSearch({ from: '/inside/amendments' })
  const navigate = useNavigate()
  const documents = useQuery(amendmentQueries.documents())
  const list = useInfiniteQuery(amendmentQueries.list({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const change = (values: { [Key in keyof AmendmentsSearch]?: AmendmentsSearch[Key] | undefined }) =>
    void navigate({ to: '/amendments', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <PageHead
        title="Amendments"
        tab="Amendments"
        lead="What drift and people propose to change in governed documents. Nothing of it holds before it is ratified."
      >
        <Choice
          label="State"
          all="Every state"
          value={search.state}
          options={AmendmentState.options}
          onChange={(state) => change({ state: AmendmentState.options.find((known) => known === state) })}
          width={130}
        />
        <Choice
          label="Severity"
          all="Every severity"
          value={search.severity}
          options={AlertSeverity.options}
          onChange={(severity) => change({ severity: AlertSeverity.options.find((known) => known === severity) })}
          width={140}
        />
        <Choice
          label="Proposed by"
          all="By anybody"
          value={search.origin}
          options={origins.map((value) => ({ value, label: `By ${originWords[value]}` }))}
          onChange={(origin) => change({ origin: origins.find((known) => known === origin) })}
          width={130}
        />
        <Choice
          label="Document"
          all="All documents"
          value={search.document}
          options={documents.data?.map(({ name }) => name) ?? []}
          onChange={(document) => change({ document })}
        />
      </PageHead>
      <AmendmentTabs />
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={360} />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <Empty
              title={Object.keys(search).length === 0 ? 'Nothing was proposed yet' : 'No amendment is like that'}
              actions={
                <LinkButton to="/documents" variant="default">
                  To the documents
                </LinkButton>
              }
            >
              When something drifts, the rule that ought to hold until it recovers is proposed here. You propose a
              change yourself from a document.
            </Empty>
          ) : (
            <DataTable
              label="Amendments"
              testId="amendment-table"
              columns={columns}
              rows={rows}
              rowId={({ amendmentId }) => amendmentId}
              onOpen={({ amendmentId }) => void navigate({ to: '/amendments/$amendmentId', params: { amendmentId } })}
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

const columns: readonly DataColumn<Amendment>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <AmendmentMark state={row.original.state} />,
    meta: { width: '8rem' },
  },
  {
    id: 'severity',
    header: 'Severity',
    cell: ({ row }) => <SeverityMark severity={row.original.severity} />,
    meta: { width: '6.5rem', priority: 2 },
  },
  {
    id: 'title',
    header: 'Amendment',
    cell: ({ row: { original } }) => (
      <Link to="/amendments/$amendmentId" params={{ amendmentId: original.amendmentId }} title={original.title}>
        {original.title}
      </Link>
    ),
  },
  {
    id: 'why',
    header: 'Why',
    cell: ({ row: { original } }) => <span title={original.reason}>{original.reason}</span>,
    meta: { width: '26%', priority: 3 },
  },
  {
    id: 'document',
    header: 'Document',
    cell: ({ row: { original } }) => original.document,
    meta: { width: '8rem', priority: 2 },
  },
  {
    id: 'failures',
    header: 'Failures',
    cell: ({ row: { original } }) => failureWords(original.failures) ?? '',
    meta: { width: '9.5rem', priority: 4 },
  },
  {
    id: 'lines',
    header: 'Lines',
    cell: ({ row: { original } }) => `+${original.changed.added} −${original.changed.removed}`,
    meta: { width: '5.5rem', align: 'right', priority: 5 },
  },
  {
    id: 'opened',
    header: 'Opened',
    cell: ({ row }) => <Ago at={row.original.openedAt} />,
    meta: { width: '7rem', priority: 4 },
  },
]
