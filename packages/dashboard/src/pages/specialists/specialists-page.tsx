import { SpecialistState, type SpecialistSummary } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { specialistQueries } from '../../api/specialists.ts'
import { formatShare } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Unknown } from '../../ui/value.tsx'
import type { SpecialistsSearch } from './search.ts'
import { SpecialistTabs } from './tabs.tsx'
import { SpecialistMark } from './words.tsx'

/** Every specialist with its active version, or else its newest. */
export function SpecialistsPage() {
  const search = useSearch({ from: '/inside/specialists' })
  const navigate = useNavigate()
  const change = (values: { [Key in keyof SpecialistsSearch]?: SpecialistsSearch[Key] | undefined }) =>
    void navigate({ to: '/specialists', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <PageHead
        title="Specialists"
        tab="Specialists"
        lead="Agents that others may give work to: what they can do, what data they may be given, and who let them."
      >
        <Choice
          label="State"
          all="All states"
          value={search.state}
          options={SpecialistState.options}
          onChange={(state) => change({ state: SpecialistState.options.find((one) => one === state) })}
        />
        <CommitInput label="Words" value={search.q} onCommit={(q) => change({ q })} width={170} />
        <CommitInput label="Tag" value={search.tag} onCommit={(tag) => change({ tag })} width={120} />
        {addButton}
      </PageHead>
      <SpecialistTabs />
      <Specialists search={search} />
    </>
  )
}

const addButton = (
  <LinkButton to="/specialists/new" leftSection={<Icon name="plus" size={14} />} data-testid="new-specialist">
    Propose a specialist
  </LinkButton>
)

function Specialists({ search }: { readonly search: SpecialistsSearch }) {
  const navigate = useNavigate()
  const list = useInfiniteQuery(specialistQueries.list({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (rows === undefined) return <Placeholder height={320} />
  const isFiltered = Object.keys(search).length > 0
  return (
    <Panel flush>
      {rows.length === 0 ? (
        <Empty
          title={isFiltered ? 'None fits these filters' : 'No specialist yet'}
          actions={isFiltered ? null : addButton}
        >
          {isFiltered
            ? 'Words are found by their beginnings in name, title, description and skills; a tag is a whole one.'
            : 'Propose one with its skills and where it is reached. Nobody finds it before it is evaluated, approved and active.'}
        </Empty>
      ) : (
        <DataTable
          label="Specialists"
          testId="specialist-table"
          columns={columns}
          rows={rows}
          rowId={({ specialistId }) => specialistId}
          onOpen={({ specialistId }) =>
            void navigate({ to: '/specialists/$specialistId', params: { specialistId }, search: {} })
          }
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
          rowHeight={42}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<SpecialistSummary>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <SpecialistMark state={row.original.state} />,
    meta: { width: '8rem' },
  },
  {
    id: 'name',
    header: 'Specialist',
    cell: ({ row: { original } }) => (
      <Link
        to="/specialists/$specialistId"
        params={{ specialistId: original.specialistId }}
        search={{}}
        title={original.description}
      >
        {original.title}
      </Link>
    ),
  },
  {
    id: 'version',
    header: 'Version',
    cell: ({ row: { original } }) => <span className="mono">{original.version}</span>,
    meta: { width: '6.5rem', priority: 3 },
  },
  {
    id: 'skills',
    header: 'Skills',
    cell: ({ row: { original } }) => {
      const text = original.skills.map(({ name }) => name).join(', ')
      return <span title={text}>{text}</span>
    },
    meta: { width: '26%', priority: 2 },
  },
  {
    id: 'ceiling',
    header: 'Data up to',
    cell: ({ row: { original } }) => original.sensitivityCeiling,
    meta: { width: '7.5rem', priority: 3 },
  },
  {
    id: 'score',
    header: 'Score',
    cell: ({ row: { original } }) =>
      original.evaluationScore === null ? (
        <Unknown why="No evaluation measured one." />
      ) : (
        formatShare(original.evaluationScore)
      ),
    meta: { width: '5rem', align: 'right', priority: 4 },
  },
  {
    id: 'owner',
    header: 'Owner',
    cell: ({ row: { original } }) => original.owner,
    meta: { width: '8rem', priority: 5 },
  },
  {
    id: 'changed',
    header: 'Changed',
    cell: ({ row: { original } }) => <Ago at={original.changedAt} />,
    meta: { width: '7rem', priority: 4 },
  },
]
