import { Button } from '@mantine/core'
import type { UnpricedModel } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { costQueries } from '../../api/costs.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Count } from '../../ui/value.tsx'
import { ModelName } from './cost-table.tsx'
import type { PriceDraft } from './price-form.tsx'

/** Models whose calls have no price, and the way to give them one. */
export function Unpriced({
  filter,
  onPrice,
}: {
  readonly filter: Readonly<Record<string, string>>
  readonly onPrice: (draft: PriceDraft) => void
}) {
  const list = useInfiniteQuery(costQueries.unpriced(filter))
  const columns = useMemo(() => columnsOf(onPrice), [onPrice])
  const rows = list.data?.pages.flatMap(({ items }) => items)
  return (
    <Panel title="Models without a price" note="their calls count, their cost is unknown" flush testId="unpriced">
      {list.error !== null ? (
        <ProblemPanel error={list.error} compact onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={120} />
      ) : rows.length === 0 ? (
        <Empty title="Every call in this time has a price" />
      ) : (
        <DataTable
          label="Models without a price"
          testId="unpriced-table"
          columns={columns}
          rows={rows}
          rowId={({ provider, model }) => JSON.stringify([provider, model])}
          rowHeight={42}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
        />
      )}
    </Panel>
  )
}

function columnsOf(onPrice: (draft: PriceDraft) => void): readonly DataColumn<UnpricedModel>[] {
  return [
    {
      id: 'model',
      header: 'Model',
      cell: ({ row: { original } }) => <ModelName provider={original.provider} model={original.model} />,
      meta: { width: '34%' },
    },
    {
      id: 'state',
      header: 'Price',
      cell: ({ row }) =>
        row.original.pricedNow ? (
          <MarkedWord tone="degraded" word="found since" />
        ) : (
          <MarkedWord tone="unknown" word="none" />
        ),
      meta: { width: '8rem', priority: 2 },
    },
    {
      id: 'calls',
      header: 'Calls',
      cell: ({ row }) => <Count count={row.original.calls} />,
      meta: { align: 'right' },
    },
    {
      id: 'tokens',
      header: 'Tokens',
      cell: ({ row }) => <Count count={row.original.tokens} />,
      meta: { align: 'right', priority: 2 },
    },
    {
      id: 'last',
      header: 'Last call',
      cell: ({ row }) => <Ago at={row.original.lastCalledAt} />,
      meta: { align: 'right', priority: 3 },
    },
    {
      id: 'action',
      header: () => <span className="visually-hidden">Actions</span>,
      cell: ({ row: { original } }) =>
        original.model === null ? null : (
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => onPrice({ provider: original.provider ?? '', model: original.model ?? '' })}
          >
            Add a price
          </Button>
        ),
      meta: { width: '7rem', align: 'right' },
    },
  ]
}
