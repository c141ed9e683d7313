import type { CostDifference } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { costQueries } from '../../api/costs.ts'
import { formatUsd } from '../../format/money.ts'
import { formatShare } from '../../format/number.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Explained, Money, Unknown } from '../../ui/value.tsx'
import { ModelName } from './cost-table.tsx'

/** How far what agents report lies from what the prices say; the largest difference first. */
export function Differences({ filter }: { readonly filter: Readonly<Record<string, string>> }) {
  const list = useInfiniteQuery(costQueries.differences(filter))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  return (
    <Panel
      title="Reported beside computed"
      note="calls whose cost is known both ways, and runs that report theirs as a whole"
      actions={
        <LinkButton to="/alerts/rules" search={{ condition: 'cost_difference' }}>
          Make an alert of it
        </LinkButton>
      }
      flush
      testId="differences"
    >
      {list.error !== null ? (
        <ProblemPanel error={list.error} compact onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={120} />
      ) : rows.length === 0 ? (
        <Empty title="Nothing with both">
          Calls and runs that report a cost of their own are compared with their price here.
        </Empty>
      ) : (
        <DataTable
          label="Reported beside computed cost"
          testId="difference-table"
          columns={columns}
          rows={rows}
          rowId={({ of, agentId, provider, model, day }) => JSON.stringify([of, agentId, provider, model, day])}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
        />
      )}
    </Panel>
  )
}

const columns: readonly DataColumn<CostDifference>[] = [
  { id: 'day', header: 'Day', cell: ({ row }) => row.original.day, meta: { width: '7rem' } },
  { id: 'agent', header: 'Agent', cell: ({ row }) => row.original.agent, meta: { width: '18%' } },
  {
    id: 'model',
    header: 'Model',
    cell: ({ row: { original } }) =>
      original.of === 'executions' ? (
        <span className="soft">runs as a whole</span>
      ) : (
        <ModelName provider={original.provider} model={original.model} />
      ),
    meta: { width: '22%', priority: 2 },
  },
  {
    id: 'computed',
    header: 'Computed',
    cell: ({ row }) => <Money nanoUsd={row.original.comparedCostNanoUsd} />,
    meta: { align: 'right', priority: 3 },
  },
  {
    id: 'reported',
    header: 'Reported',
    cell: ({ row }) => <Money nanoUsd={row.original.comparedReportedNanoUsd} />,
    meta: { align: 'right', priority: 3 },
  },
  {
    id: 'difference',
    header: 'Difference',
    cell: ({ row: { original } }) => (
      <Explained
        tip={original.of === 'calls' ? `${original.comparedCalls} calls` : `${original.comparedExecutions} runs`}
      >
        {signedUsd(original.differenceNanoUsd)}
      </Explained>
    ),
    meta: { align: 'right' },
  },
  {
    id: 'ratio',
    header: 'Ratio',
    cell: ({ row: { original } }) =>
      original.reportedRatio === null ? <Unknown why="The computed cost is 0." /> : formatShare(original.reportedRatio),
    meta: { align: 'right', width: '6rem' },
  },
]

function signedUsd(nanoUsd: number): string {
  if (nanoUsd === 0) return formatUsd(0)
  return `${nanoUsd > 0 ? '+' : '−'}${formatUsd(Math.abs(nanoUsd))}`
}
