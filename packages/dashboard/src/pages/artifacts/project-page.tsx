import { type Artifact, ArtifactState, ArtifactType, type Project } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { artifactQueries } from '../../api/artifacts.ts'
import { plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count } from '../../ui/value.tsx'
import classes from './artifacts.module.css'
import { Blocking } from './blocking.tsx'
import { ProjectStatusSwitch } from './project-status.tsx'
import type { ProjectSearch } from './search.ts'
import { ArtifactTabs } from './tabs.tsx'
import { Tasks } from './tasks.tsx'
import { Hash, StateMark, StatusMark } from './words.tsx'

/** One project: what is blocked and how to end it, its artifacts, its tasks. */
export function ProjectPage() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId' })
  const project = useQuery(artifactQueries.project(projectId))
  if (project.error !== null) return <ProblemPanel error={project.error} onRetry={() => void project.refetch()} />
  if (project.data === undefined) return <Placeholder height="70vh" />
  return <Loaded project={project.data} />
}

function Loaded({ project }: { readonly project: Project }) {
  const { projectId } = project
  return (
    <>
      <PageHead
        title={project.name}
        tab={project.name}
        lead={
          <>
            <div className={classes['line']}>
              <StatusMark status={project.status} filled /> {plural(project.openConflicts, 'open conflict')}
            </div>
            {project.description === null ? null : <p>{project.description}</p>}
          </>
        }
      >
        <ProjectStatusSwitch project={project} />
      </PageHead>
      <ArtifactTabs />
      <div className={classes['parts']}>
        <Blocking projectId={projectId} />
        <Artifacts projectId={projectId} />
        <Tasks projectId={projectId} />
      </div>
    </>
  )
}

function Artifacts({ projectId }: { readonly projectId: string }) {
  const search = useSearch({ from: '/inside/projects/$projectId' })
  const navigate = useNavigate()
  const list = useInfiniteQuery(artifactQueries.artifacts({ projectId, ...search }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const change = (values: { [Key in keyof ProjectSearch]?: ProjectSearch[Key] | undefined }) =>
    void navigate({
      to: '/projects/$projectId',
      params: { projectId },
      search: defined({ ...search, ...values }),
      replace: true,
      resetScroll: false,
    })
  return (
    <Panel
      title="Artifacts"
      flush
      actions={
        <div className={classes['buttons']}>
          <CommitInput label="Name" value={search.q} onCommit={(q) => change({ q })} />
          <Choice
            label="State"
            all="Every state"
            value={search.state}
            options={ArtifactState.options}
            onChange={(state) => change({ state: ArtifactState.options.find((known) => known === state) })}
          />
          <Choice
            label="Type"
            all="Every type"
            value={search.type}
            options={ArtifactType.options}
            onChange={(type) => change({ type: ArtifactType.options.find((known) => known === type) })}
          />
        </div>
      }
      testId="project-artifacts"
    >
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={200} />
      ) : rows.length === 0 ? (
        <Empty title={Object.keys(search).length === 0 ? 'Nothing was handed in yet' : 'No artifact is like that'}>
          Agents hand in what they make with <code>POST /api/v1/artifacts</code> and the id of this project,{' '}
          <code>{projectId}</code>.
        </Empty>
      ) : (
        <DataTable
          label="Artifacts"
          testId="artifact-table"
          columns={columns}
          rows={rows}
          rowId={({ artifactId }) => artifactId}
          onOpen={({ artifactId }) => void navigate({ to: '/artifacts/$artifactId', params: { artifactId } })}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
          rowHeight={42}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<Artifact>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <StateMark state={row.original.state} filled />,
    meta: { width: '8.5rem' },
  },
  {
    id: 'name',
    header: 'Artifact',
    cell: ({ row: { original } }) => (
      <Link to="/artifacts/$artifactId" params={{ artifactId: original.artifactId }} title={original.name}>
        {original.name}
      </Link>
    ),
  },
  { id: 'type', header: 'Type', cell: ({ row }) => row.original.type, meta: { width: '6.5rem', priority: 3 } },
  {
    id: 'path',
    header: 'Path',
    cell: ({ row: { original } }) => <span title={original.path ?? ''}>{original.path}</span>,
    meta: { width: '20%', priority: 4 },
  },
  { id: 'agent', header: 'Agent', cell: ({ row }) => row.original.agent, meta: { width: '9rem', priority: 2 } },
  {
    id: 'version',
    header: 'Version',
    cell: ({ row }) => row.original.version,
    meta: { width: '5rem', align: 'right', priority: 3 },
  },
  {
    id: 'hash',
    header: 'Content',
    cell: ({ row }) => <Hash hash={row.original.contentHash} />,
    meta: { width: '8.5rem', priority: 5 },
  },
  {
    id: 'conflicts',
    header: 'Conflicts',
    cell: ({ row }) => <Count count={row.original.openConflicts} />,
    meta: { width: '6rem', align: 'right', priority: 2 },
  },
  {
    id: 'changed',
    header: 'Changed',
    cell: ({ row }) => <Ago at={row.original.changedAt} />,
    meta: { width: '7rem', priority: 4 },
  },
]
