import { Button, SegmentedControl } from '@mantine/core'
import type { WebhookDelivery, WebhookDeliveryState, WebhookSource } from '@metaagent/contract'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Empty, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './webhooks.module.css'

const filters = [
  { value: 'all', label: 'All' },
  { value: 'unmapped', label: 'Not mapped' },
  { value: 'partial', label: 'In part' },
] as const

/** What a source delivered, the newest first; what could not be mapped can be replayed while it is kept. */
export function DeliveriesPanel({ source, mayWrite }: { readonly source: WebhookSource; readonly mayWrite: boolean }) {
  const [state, setState] = useState<(typeof filters)[number]['value']>('all')
  const query = { sourceId: source.sourceId, ...(state === 'all' ? {} : { state }) }
  const deliveries = useInfiniteQuery(queries.webhookDeliveries(query))
  const client = useQueryClient()
  const replay = useMutation({
    mutationFn: (deliveryId: string) => api.replayWebhookDelivery(deliveryId),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['webhook-deliveries'] })
      await client.invalidateQueries({ queryKey: ['webhook-sources'] })
    },
  })
  const columns = useMemo(() => columnsOf(mayWrite ? replay.mutate : null), [mayWrite, replay.mutate])
  const rows = deliveries.data?.pages.flatMap(({ items }) => items)
  return (
    <Panel
      title="Deliveries"
      note="What could not be mapped is kept for seven days: mend the mapping, then replay it."
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Which deliveries"
          value={state}
          onChange={(value) => setState(filters.find((filter) => filter.value === value)?.value ?? 'all')}
          data={[...filters]}
        />
      }
      flush
      testId="webhook-deliveries"
    >
      {replay.error === null ? null : <ProblemPanel error={replay.error} compact />}
      {deliveries.error !== null ? (
        <ProblemPanel error={deliveries.error} onRetry={() => void deliveries.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height={160} />
      ) : rows.length === 0 ? (
        <Empty title={state === 'all' ? 'Nothing was delivered yet' : 'None of these'}>
          {state === 'all' ? 'Refused messages are not kept; the source counts them and tells the last reason.' : null}
        </Empty>
      ) : (
        <>
          <DataTable
            label="Deliveries"
            testId="delivery-table"
            columns={columns}
            rows={rows}
            rowId={({ deliveryId }) => deliveryId}
            rowHeight={44}
          />
          {deliveries.hasNextPage ? (
            <div className={classes['more']}>
              <Button
                variant="default"
                size="xs"
                loading={deliveries.isFetchingNextPage}
                onClick={() => void deliveries.fetchNextPage()}
              >
                Show more
              </Button>
            </div>
          ) : null}
        </>
      )}
    </Panel>
  )
}

const tones: Readonly<Record<WebhookDeliveryState, { readonly tone: Tone; readonly word: string }>> = {
  received: { tone: 'unknown', word: 'being stored' },
  stored: { tone: 'healthy', word: 'stored' },
  partial: { tone: 'degraded', word: 'in part' },
  unmapped: { tone: 'failing', word: 'not mapped' },
  expired: { tone: 'silent', word: 'thrown away' },
}

function columnsOf(onReplay: ((deliveryId: string) => void) | null): readonly DataColumn<WebhookDelivery>[] {
  return [
    {
      id: 'received',
      header: 'Received',
      cell: ({ row: { original } }) => <Instant at={original.receivedAt} precision="second" />,
      meta: { width: '17%' },
    },
    {
      id: 'state',
      header: 'State',
      cell: ({ row: { original } }) => <MarkedWord {...tones[original.state]} />,
      meta: { width: '13%' },
    },
    {
      id: 'made',
      header: 'Made',
      cell: ({ row: { original } }) => <Made delivery={original} />,
      meta: { width: '20%', priority: 2 },
    },
    {
      id: 'fault',
      header: 'What is wrong',
      cell: ({ row: { original } }) => <Faults delivery={original} />,
      meta: { width: '40%', priority: 2 },
    },
    {
      id: 'actions',
      header: () => <span className="visually-hidden">Actions</span>,
      cell: ({ row: { original } }) =>
        original.keptUntil === null || onReplay === null ? null : (
          <Button variant="subtle" size="compact-xs" onClick={() => onReplay(original.deliveryId)}>
            Replay
          </Button>
        ),
      meta: { width: '5.5rem', align: 'right' },
    },
  ]
}

function Made({ delivery: { executions, actions, outcomes } }: { readonly delivery: WebhookDelivery }) {
  const made = [
    [executions, 'exec.'],
    [actions, 'act.'],
    [outcomes, 'outc.'],
  ] as const
  const words = made.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  const title = `${executions} executions, ${actions} actions, ${outcomes} outcomes`
  return words.length === 0 ? <span className="faint">nothing</span> : <span title={title}>{words.join(', ')}</span>
}

function Faults({ delivery: { faults } }: { readonly delivery: WebhookDelivery }) {
  const [first] = faults
  if (first === undefined) return <span className="faint">nothing</span>
  const all = faults.map(({ path, detail }) => (path === '' ? detail : `${path}: ${detail}`)).join('\n')
  return (
    <span title={all}>
      {first.path === '' ? null : <code>{first.path}</code>} {first.detail}
      {faults.length > 1 ? ` (+${faults.length - 1})` : ''}
    </span>
  )
}
