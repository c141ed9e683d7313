import { Button } from '@mantine/core'
import type { ModelPrice } from '@metaagent/contract'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { costApi, costQueries } from '../../api/costs.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'

/** Prices that the organization set itself. */
export function Prices({ onNew }: { readonly onNew: () => void }) {
  const list = useInfiniteQuery(costQueries.prices())
  const [withdrawing, setWithdrawing] = useState<ModelPrice | null>(null)
  const columns = useMemo(() => columnsOf(setWithdrawing), [])
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const start = (
    <Button size="xs" leftSection={<Icon name="plus" size={14} />} onClick={onNew} data-testid="new-price">
      New price
    </Button>
  )
  return (
    <Panel title="Prices of your own" note="they come before the price table" flush testId="prices" actions={start}>
      {list.error !== null ? (
        <ProblemPanel error={list.error} compact onRetry={() => void list.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={120} />
      ) : rows.length === 0 ? (
        <Empty title="None set">
          Set one where you have a contract, host a model yourself, or the price table does not know it.
        </Empty>
      ) : (
        <DataTable
          label="Prices of your own"
          testId="price-table"
          columns={columns}
          rows={rows}
          rowId={({ priceId }) => priceId}
          rowHeight={42}
          onEnd={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
          }}
        />
      )}
      <Withdraw price={withdrawing} onClose={() => setWithdrawing(null)} />
    </Panel>
  )
}

const matchWords = { equals: 'is', starts_with: 'begins with', ends_with: 'ends with', contains: 'contains' } as const
const tones = { active: 'healthy', scheduled: 'silent', ended: 'unknown', withdrawn: 'unknown' } as const

function columnsOf(onWithdraw: (price: ModelPrice) => void): readonly DataColumn<ModelPrice>[] {
  return [
    {
      id: 'model',
      header: 'Model',
      cell: ({ row: { original } }) => (
        <span
          title={`${original.provider ?? 'any provider'}, name ${matchWords[original.match.kind]} ${original.match.value}`}
        >
          <span className="faint">{matchWords[original.match.kind]}</span> {original.match.value}{' '}
          <span className="faint">{original.provider ?? 'any provider'}</span>
        </span>
      ),
      meta: { width: '32%' },
    },
    {
      id: 'state',
      header: 'State',
      cell: ({ row }) => <MarkedWord tone={tones[row.original.state]} word={row.original.state} />,
      meta: { width: '7rem' },
    },
    {
      id: 'input',
      header: 'In / 1M',
      cell: ({ row }) => usd(row.original.prices.inputUsdPerMillion),
      meta: { align: 'right' },
    },
    {
      id: 'output',
      header: 'Out / 1M',
      cell: ({ row }) => usd(row.original.prices.outputUsdPerMillion),
      meta: { align: 'right' },
    },
    {
      id: 'from',
      header: 'From',
      cell: ({ row }) => <Instant at={row.original.effectiveFrom} precision="minute" why="It has no beginning." />,
      meta: { priority: 3 },
    },
    {
      id: 'to',
      header: 'To',
      cell: ({ row }) => <Instant at={row.original.effectiveTo} precision="minute" why="It has no end." />,
      meta: { priority: 3 },
    },
    {
      id: 'action',
      header: () => <span className="visually-hidden">Actions</span>,
      cell: ({ row }) => (
        <Button variant="subtle" color="red" size="compact-xs" onClick={() => onWithdraw(row.original)}>
          Withdraw
        </Button>
      ),
      meta: { width: '6.5rem', align: 'right' },
    },
  ]
}

const usd = (amount: string | undefined) => (amount === undefined ? 'not priced' : `$${amount}`)

function Withdraw({ price, onClose }: { readonly price: ModelPrice | null; readonly onClose: () => void }) {
  const client = useQueryClient()
  const withdraw = useMutation({
    mutationFn: costApi.withdrawPrice,
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['costs'] })
    },
  })
  return (
    <ConfirmDialog
      opened={price !== null}
      title="Withdraw this price?"
      word="Withdraw"
      error={withdraw.error}
      pending={withdraw.isPending}
      testId="withdraw-price"
      onConfirm={() => price !== null && withdraw.mutate(price.priceId)}
      onClose={onClose}
    >
      New calls to <strong>{price?.match.value}</strong> are priced by the price table again. Stored costs stay as they
      are until you price them again.
    </ConfirmDialog>
  )
}
