import type { Comparison } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { queries } from '../../api/queries.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { VerdictMark } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'

/** Every decision between two releases, newest first. */
export function ComparisonsPage() {
  const { agentId } = useSearch({ from: '/inside/comparisons' })
  const navigate = useNavigate()
  const agents = useQuery(queries.agents({}))
  const list = useInfiniteQuery(queries.comparisons(defined({ agentId })))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const start = (
    <LinkButton
      to="/comparisons/new"
      search={defined({ agentId })}
      leftSection={<Icon name="plus" size={14} />}
      data-testid="new-comparison"
    >
      New comparison
    </LinkButton>
  )
  return (
    <>
      <PageHead
        title="Comparisons"
        tab="Comparisons"
        lead="Which release is better, decided on evidence and recorded in the ledger."
      >
        <Choice
          label="Agent"
          all="All agents"
          value={agentId}
          options={agents.data?.items.map((agent) => ({ value: agent.agentId, label: agent.name })) ?? []}
          onChange={(chosen) =>
            void navigate({ to: '/comparisons', search: defined({ agentId: chosen }), replace: true })
          }
          width={180}
        />
        {start}
      </PageHead>
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={360} />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <Empty title="Nothing has been compared yet" actions={start}>
              Choose two releases of an agent; the decision says which is better, why, and how sure that is.
            </Empty>
          ) : (
            <DataTable
              label="Comparisons"
              testId="comparison-table"
              columns={columns}
              rows={rows}
              rowId={({ comparisonId }) => comparisonId}
              onOpen={({ comparisonId }) =>
                void navigate({ to: '/comparisons/$comparisonId', params: { comparisonId } })
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

const columns: readonly DataColumn<Comparison>[] = [
  {
    id: 'verdict',
    header: 'Verdict',
    cell: ({ row }) => <VerdictMark verdict={row.original.verdict} filled />,
    meta: { width: '8rem' },
  },
  {
    id: 'releases',
    header: 'Control → candidate',
    cell: ({ row: { original } }) => (
      <Link
        to="/comparisons/$comparisonId"
        params={{ comparisonId: original.comparisonId }}
        title={`${original.control.release} → ${original.candidate.release}`}
      >
        {original.control.release} → {original.candidate.release}
      </Link>
    ),
    meta: { width: '26%' },
  },
  { id: 'agent', header: 'Agent', cell: ({ row }) => row.original.agent, meta: { width: '14%', priority: 2 } },
  { id: 'policy', header: 'Policy', cell: ({ row }) => row.original.policy, meta: { width: '7.5rem', priority: 3 } },
  {
    id: 'because',
    header: 'Because',
    cell: ({ row }) => <span title={row.original.because.text}>{row.original.because.text}</span>,
    meta: { priority: 2 },
  },
  {
    id: 'decided',
    header: 'Decided',
    cell: ({ row }) => <Ago at={row.original.decidedAt} />,
    meta: { width: '7rem', align: 'right' },
  },
]
