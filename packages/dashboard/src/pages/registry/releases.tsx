import type { Release } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count, Instant } from '../../ui/value.tsx'

/** The releases that an agent ran, newest first, with the way to compare the last two. */
export function Releases({ agentId }: { readonly agentId: string }) {
  const releases = useQuery(queries.releases(agentId))
  const [candidate, control] = releases.data?.items ?? []
  const compare =
    candidate === undefined || control === undefined ? null : (
      <LinkButton
        to="/comparisons/new"
        search={{ agentId, control: control.name, candidate: candidate.name }}
        variant="default"
        size="compact-xs"
      >
        Compare the last two
      </LinkButton>
    )
  return (
    <Panel title="Releases" flush actions={compare} testId="releases">
      {releases.error !== null ? (
        <ProblemPanel error={releases.error} compact onRetry={() => void releases.refetch()} />
      ) : releases.data === undefined ? (
        <Placeholder height={200} />
      ) : releases.data.items.length === 0 ? (
        <Empty title="No release was named yet">
          Set <code>release</code> in the SDK or <code>service.version</code> in OpenTelemetry, and releases can be
          compared.
        </Empty>
      ) : (
        <DataTable
          label="Releases"
          testId="release-table"
          columns={columns}
          rows={releases.data.items}
          rowId={({ releaseId }) => releaseId}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<Release>[] = [
  {
    id: 'name',
    header: 'Release',
    cell: ({ row: { original } }) => (
      <Link to="/executions" search={{ agentId: original.agentId, release: original.name }} title={original.name}>
        {original.name}
      </Link>
    ),
  },
  {
    id: 'models',
    header: 'Models',
    cell: ({ row }) =>
      row.original.models.length === 0 ? <span className="faint">none seen</span> : row.original.models.join(', '),
    meta: { priority: 2 },
  },
  {
    id: 'count',
    header: 'Executions',
    cell: ({ row }) => <Count count={row.original.executionCount} />,
    meta: { align: 'right', width: '6rem' },
  },
  {
    id: 'first',
    header: 'First seen',
    cell: ({ row }) => <Instant at={row.original.firstSeenAt} precision="minute" />,
    meta: { width: '9rem', priority: 3 },
  },
  {
    id: 'last',
    header: 'Last seen',
    cell: ({ row }) => <Ago at={row.original.lastSeenAt} />,
    meta: { width: '6rem', align: 'right' },
  },
]
