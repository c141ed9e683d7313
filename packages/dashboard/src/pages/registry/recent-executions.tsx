import type { Execution } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { queries } from '../../api/queries.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { StatusMark } from '../../ui/mark.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Duration, Money } from '../../ui/value.tsx'
import { Flags } from '../telemetry/flags.tsx'
import type { AgentSearch } from './search.ts'

const SHOWN = 12

/** The latest executions of an agent, and the way to all of them. */
export function RecentExecutions({ agentId, search }: { readonly agentId: string; readonly search: AgentSearch }) {
  const navigate = useNavigate()
  const { environment, release } = search
  const filter = defined({ agentId, environment, release })
  const executions = useInfiniteQuery(queries.executions({ ...filter, limit: SHOWN }))
  const rows = executions.data?.pages[0]?.items
  return (
    <Panel
      title="Latest executions"
      flush
      testId="recent-executions"
      actions={
        <Link to="/executions" search={filter}>
          All executions
        </Link>
      }
    >
      {executions.error !== null ? (
        <ProblemPanel error={executions.error} compact onRetry={() => void executions.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={SHOWN * 38} />
      ) : rows.length === 0 ? (
        <Empty title="No executions with these filters" />
      ) : (
        <DataTable
          label="Latest executions"
          testId="recent-execution-table"
          columns={columns}
          rows={rows}
          rowId={({ executionId }) => executionId}
          onOpen={({ executionId }) => void navigate({ to: '/executions/$executionId', params: { executionId } })}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<Execution>[] = [
  {
    id: 'status',
    header: 'Status',
    cell: ({ row }) => <StatusMark status={row.original.status} />,
    meta: { width: '6.5rem' },
  },
  {
    id: 'unit',
    header: 'Execution',
    cell: ({ row: { original } }) => (
      <Link
        to="/executions/$executionId"
        params={{ executionId: original.executionId }}
        title={original.unit ?? original.executionId}
      >
        {original.unit ?? <code>{original.executionId.slice(0, 12)}</code>}
      </Link>
    ),
  },
  {
    id: 'flags',
    header: 'Flags',
    cell: ({ row }) => <Flags execution={row.original} />,
    meta: { width: '22%', priority: 3 },
  },
  {
    id: 'duration',
    header: 'Duration',
    cell: ({ row }) => <Duration ms={row.original.durationMs} />,
    meta: { width: '6rem', align: 'right' },
  },
  {
    id: 'cost',
    header: 'Cost',
    cell: ({ row: { original } }) => (
      <Money nanoUsd={original.totals.costNanoUsd} unpricedCalls={original.totals.unpricedCalls} />
    ),
    meta: { width: '6rem', align: 'right', priority: 2 },
  },
  {
    id: 'started',
    header: 'Started',
    cell: ({ row }) => <Ago at={row.original.startedAt} />,
    meta: { width: '6.5rem', align: 'right' },
  },
]
