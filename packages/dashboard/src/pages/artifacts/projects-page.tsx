import { Button } from '@mantine/core'
import { ArtifactState, type Project, ProjectStatus } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { defined } from '../../address/search.ts'
import { artifactQueries } from '../../api/artifacts.ts'
import { queries } from '../../api/queries.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count } from '../../ui/value.tsx'
import { NewProject } from './new-project.tsx'
import type { ProjectsSearch } from './search.ts'
import { ArtifactTabs } from './tabs.tsx'
import { StatusMark } from './words.tsx'

/** Every project with how its artifacts stand, and the way to begin one. */
export function ProjectsPage() {
  const search = useSearch({ from: '/inside/projects' })
  const navigate = useNavigate()
  const me = useQuery(queries.me())
  const [adding, setAdding] = useState(false)
  const list = useInfiniteQuery(artifactQueries.projects({ ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const change = (values: { [Key in keyof ProjectsSearch]?: ProjectsSearch[Key] | undefined }) =>
    void navigate({ to: '/projects', search: defined({ ...search, ...values }), replace: true })
  const make = me.data?.scopes.includes('artifacts:write') ? (
    <Button onClick={() => setAdding(true)} leftSection={<Icon name="plus" size={14} />} data-testid="new-project">
      Begin a project
    </Button>
  ) : null
  return (
    <>
      <PageHead title="Projects" tab="Projects" lead="What agents make, kept apart where it does not fit together.">
        <CommitInput label="Name" value={search.q} onCommit={(q) => change({ q })} />
        <Choice
          label="Status"
          all="All but archived"
          value={search.status}
          options={ProjectStatus.options}
          onChange={(status) => change({ status: ProjectStatus.options.find((known) => known === status) })}
          width={160}
        />
        {make}
      </PageHead>
      <ArtifactTabs />
      <NewProject opened={adding} onClose={() => setAdding(false)} />
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={360} />
      ) : (
        <Panel flush>
          {rows.length === 0 ? (
            <Empty
              title={Object.keys(search).length === 0 ? 'There is no project yet' : 'No project is like that'}
              actions={make}
            >
              Agents hand in what they make as artifacts of a project: <code>POST /api/v1/artifacts</code>. MetaAgent
              looks for versions, paths and decisions that do not fit together before an artifact becomes active.
            </Empty>
          ) : (
            <DataTable
              label="Projects"
              testId="project-table"
              columns={columns}
              rows={rows}
              rowId={({ projectId }) => projectId}
              onOpen={({ projectId }) => void navigate({ to: '/projects/$projectId', params: { projectId } })}
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

/** `3 active, 1 blocked`: the states that there are, in their order. */
function statesOf({ artifacts }: Project): string {
  const shown = ArtifactState.options.flatMap((state) => {
    const count = artifacts[state]
    return count === 0 ? [] : [`${count} ${state.toLowerCase()}`]
  })
  return shown.length === 0 ? 'none' : shown.join(', ')
}

const columns: readonly DataColumn<Project>[] = [
  {
    id: 'status',
    header: 'Status',
    cell: ({ row }) => <StatusMark status={row.original.status} filled />,
    meta: { width: '8.5rem' },
  },
  {
    id: 'name',
    header: 'Project',
    cell: ({ row: { original } }) => (
      <Link to="/projects/$projectId" params={{ projectId: original.projectId }} title={original.name}>
        {original.name}
      </Link>
    ),
  },
  {
    id: 'description',
    header: 'What it is',
    cell: ({ row: { original } }) => <span title={original.description ?? ''}>{original.description}</span>,
    meta: { width: '26%', priority: 4 },
  },
  {
    id: 'artifacts',
    header: 'Artifacts',
    cell: ({ row }) => statesOf(row.original),
    meta: { width: '14rem', priority: 3 },
  },
  {
    id: 'conflicts',
    header: 'Open conflicts',
    cell: ({ row }) => <Count count={row.original.openConflicts} />,
    meta: { width: '8rem', align: 'right' },
  },
  {
    id: 'changed',
    header: 'Changed',
    cell: ({ row }) => <Ago at={row.original.changedAt} />,
    meta: { width: '7rem', priority: 2 },
  },
]
