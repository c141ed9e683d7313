import type { ChaosRun } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { chaosQueries } from '../../api/chaos.ts'
import { formatCount } from '../../format/number.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Empty, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import { RunMark } from './words.tsx'

/** Runs with how each ended and why, the newest first. */
export function Runs({
  query,
  empty,
}: {
  readonly query: Readonly<Record<string, string | undefined>>
  readonly empty: string
}) {
  const navigate = useNavigate()
  const list = useInfiniteQuery(chaosQueries.runs(query))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  if (list.error !== null) return <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
  if (rows === undefined) return <Placeholder height={160} />
  if (rows.length === 0) return <Empty title={empty} />
  return (
    <DataTable
      label="Runs"
      testId="run-table"
      columns={columns}
      rows={rows}
      rowId={({ runId }) => runId}
      onOpen={({ runId }) => void navigate({ to: '/chaos/runs/$runId', params: { runId } })}
      onEnd={() => {
        if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
      }}
    />
  )
}

const columns: readonly DataColumn<ChaosRun>[] = [
  { id: 'state', header: 'Verdict', cell: ({ row }) => <RunMark run={row.original} />, meta: { width: '9rem' } },
  {
    id: 'experiment',
    header: 'Experiment',
    cell: ({ row: { original } }) => (
      <Link to="/chaos/runs/$runId" params={{ runId: original.runId }} title={original.experiment}>
        {original.experiment}
      </Link>
    ),
  },
  {
    id: 'because',
    header: 'Because',
    cell: ({ row: { original } }) => (
      <span title={original.because?.text}>{original.because?.text ?? 'It goes on.'}</span>
    ),
    meta: { width: '40%', priority: 2 },
  },
  {
    id: 'injected',
    header: 'Injected',
    cell: ({ row: { original } }) => `${formatCount(original.injected)} of ${formatCount(original.planned)}`,
    meta: { width: '8rem', align: 'right', priority: 3 },
  },
  {
    id: 'started',
    header: 'Started',
    cell: ({ row: { original } }) => <Instant at={original.startedAt} />,
    meta: { width: '10rem', priority: 2 },
  },
]
