import type { CostDimension, CostGroup, CostPage } from '@metaagent/contract'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { formatShare } from '../../format/number.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Empty, Panel } from '../../ui/page.tsx'
import { Count, Explained, Money, Unknown } from '../../ui/value.tsx'

const titles: Readonly<Record<CostDimension, string>> = {
  agent: 'By agent',
  model: 'By model',
  release: 'By release',
  day: 'By day',
}

/** The sums of the chosen dimension, the costliest first. */
export function CostTable({
  by,
  pages,
}: {
  readonly by: CostDimension
  readonly pages: UseInfiniteQueryResult<InfiniteData<CostPage>>
}) {
  const rows = pages.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel title={titles[by]} flush>
      {rows.length === 0 ? (
        <Empty title="No calls with these filters" />
      ) : (
        <DataTable
          label={titles[by]}
          testId="cost-table"
          columns={columnsOf[by]}
          rows={rows}
          rowId={keyOf}
          onEnd={() => {
            if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage()
          }}
        />
      )}
    </Panel>
  )
}

const keyOf = ({ agentId, releaseId, provider, model, day }: CostGroup) =>
  JSON.stringify([agentId, releaseId, provider, model, day])

const notTold = <Unknown word why="The calls did not say." />

const nameCells: Readonly<Record<CostDimension, DataColumn<CostGroup>>> = {
  agent: {
    id: 'agent',
    header: 'Agent',
    cell: ({ row: { original } }) =>
      original.agentId === null ? (
        notTold
      ) : (
        <Link to="/agents/$agentId" params={{ agentId: original.agentId }}>
          {original.agent}
        </Link>
      ),
    meta: { width: '30%' },
  },
  model: {
    id: 'model',
    header: 'Model',
    cell: ({ row: { original } }) => <ModelName provider={original.provider} model={original.model} />,
    meta: { width: '30%' },
  },
  release: {
    id: 'release',
    header: 'Release',
    cell: ({ row: { original } }) => (
      <>
        {original.agent} {original.release ?? notTold}
      </>
    ),
    meta: { width: '30%' },
  },
  day: { id: 'day', header: 'Day', cell: ({ row }) => row.original.day, meta: { width: '30%' } },
}

/** A model with who serves it. */
export function ModelName({ provider, model }: { readonly provider: string | null; readonly model: string | null }) {
  if (model === null) return notTold
  return (
    <span title={`${provider ?? 'provider not told'} ${model}`}>
      {model} {provider === null ? null : <span className="faint">{provider}</span>}
    </span>
  )
}

const figures: readonly DataColumn<CostGroup>[] = [
  {
    id: 'cost',
    header: 'Cost',
    cell: ({ row: { original } }) => <Money nanoUsd={original.costNanoUsd} unpricedCalls={original.unpricedCalls} />,
    meta: { align: 'right' },
  },
  {
    id: 'calls',
    header: 'Calls',
    cell: ({ row }) => <Count count={row.original.calls} />,
    meta: { align: 'right' },
  },
  {
    id: 'unpriced',
    header: 'Without a price',
    cell: ({ row }) => <Count count={row.original.unpricedCalls} />,
    meta: { align: 'right', priority: 3 },
  },
  {
    id: 'input',
    header: 'Tokens in',
    cell: ({ row }) => <Count count={row.original.inputTokens} />,
    meta: { align: 'right', priority: 2 },
  },
  {
    id: 'output',
    header: 'Tokens out',
    cell: ({ row }) => <Count count={row.original.outputTokens} />,
    meta: { align: 'right', priority: 2 },
  },
  {
    id: 'ratio',
    header: 'Reported',
    cell: ({ row: { original } }) =>
      original.reportedRatio === null ? (
        <Unknown why="No call has both a reported and a computed cost." />
      ) : (
        <Explained tip={`reported of computed, over ${original.comparedCalls} calls`}>
          {formatShare(original.reportedRatio)}
        </Explained>
      ),
    meta: { align: 'right', priority: 3 },
  },
]

const columnsOf: Readonly<Record<CostDimension, readonly DataColumn<CostGroup>[]>> = {
  agent: [nameCells.agent, ...figures],
  model: [nameCells.model, ...figures],
  release: [nameCells.release, ...figures],
  day: [nameCells.day, ...figures],
}
