import { type Conflict, ConflictState, ConflictType, Severity } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { artifactQueries } from '../../api/artifacts.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import type { ConflictsSearch } from './search.ts'
import { ArtifactTabs } from './tabs.tsx'
import { ConflictMark, SeverityMark, typeWords } from './words.tsx'

/** Every conflict that was found, the newest first. */
export function ConflictsPage() {
  const search = useSearch({ from: '/inside/conflicts' })
  const navigate = useNavigate()
  const { project, ...filters } = search
  const list = useInfiniteQuery(artifactQueries.conflicts({ ...filters, projectId: project }))
  const projects = useInfiniteQuery(artifactQueries.projects({}))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const change = (values: { [Key in keyof ConflictsSearch]?: ConflictsSearch[Key] | undefined }) =>
    void navigate({ to: '/conflicts', search: defined({ ...search, ...values }), replace: true })
  const projectChoices = (projects.data?.pages ?? []).flatMap(({ items }) =>
    items.map(({ projectId, name }) => ({ value: projectId, label: name })),
  )
  return (
    <>
      <PageHead title="Conflicts" tab="Conflicts" lead="Where what agents made does not fit together, and how it ends.">
        <Choice
          label="Project"
          all="Every project"
          value={project}
          options={projectChoices}
          onChange={(chosen) => change({ project: chosen })}
          width={180}
        />
        <Choice
          label="Severity"
          all="Every severity"
          value={search.severity}
          options={Severity.options.map((value) => ({ value, label: value.toLowerCase() }))}
          onChange={(severity) => change({ severity: Severity.options.find((known) => known === severity) })}
        />
        <Choice
          label="Type"
          all="Every type"
          value={search.type}
          options={ConflictType.options.map((value) => ({ value, label: typeWords[value] }))}
          onChange={(type) => change({ type: ConflictType.options.find((known) => known === type) })}
          width={220}
        />
        <Choice
          label="State"
          all="Every state"
          value={search.state}
          options={ConflictState.options}
          onChange={(state) => change({ state: ConflictState.options.find((known) => known === state) })}
        />
      </PageHead>
      <ArtifactTabs />
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={360} />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <Empty
              title={Object.keys(search).length === 0 ? 'No conflict was ever found' : 'No conflict is like that'}
              actions={
                <LinkButton to="/projects" variant="default">
                  To the projects
                </LinkButton>
              }
            >
              MetaAgent compares an artifact with everything that is active in its project before it becomes active too:
              versions, paths, tasks, circles, schemas and decisions.
            </Empty>
          ) : (
            <DataTable
              label="Conflicts"
              testId="conflict-table"
              columns={columns}
              rows={rows}
              rowId={({ conflictId }) => conflictId}
              onOpen={({ conflictId }) => void navigate({ to: '/conflicts/$conflictId', params: { conflictId } })}
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

const columns: readonly DataColumn<Conflict>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <ConflictMark state={row.original.state} filled />,
    meta: { width: '8rem' },
  },
  {
    id: 'severity',
    header: 'Severity',
    cell: ({ row }) => <SeverityMark severity={row.original.severity} />,
    meta: { width: '7rem', priority: 2 },
  },
  {
    id: 'subject',
    header: 'About',
    cell: ({ row: { original } }) => (
      <Link to="/conflicts/$conflictId" params={{ conflictId: original.conflictId }} title={original.subject}>
        {original.subject}
      </Link>
    ),
    meta: { width: '22%' },
  },
  {
    id: 'type',
    header: 'Type',
    cell: ({ row: { original } }) => typeWords[original.type],
    meta: { width: '13rem', priority: 3 },
  },
  {
    id: 'because',
    header: 'Why',
    cell: ({ row: { original } }) => <span title={original.because.text}>{original.because.text}</span>,
    meta: { priority: 4 },
  },
  {
    id: 'blocking',
    header: 'Blocks',
    cell: ({ row: { original } }) => (original.blocking ? 'yes' : 'no'),
    meta: { width: '5rem', priority: 3 },
  },
  {
    id: 'detected',
    header: 'Found',
    cell: ({ row }) => <Ago at={row.original.detectedAt} />,
    meta: { width: '7rem', priority: 2 },
  },
]
