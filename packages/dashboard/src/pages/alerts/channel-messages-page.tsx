import { type AlertDelivery, DeliveryPurpose, DeliveryState } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { alertQueries } from '../../api/alerts.ts'
import { Choice } from '../../ui/choice.tsx'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { ChannelMessage } from './channel-message.tsx'
import type { MessagesSearch } from './search.ts'
import { AlertTabs } from './tabs.tsx'

const route = getRouteApi('/inside/alerts/messages')

/** The log of messages: what was sent where, each attempt, and the way to send one again. */
export function ChannelMessagesPage() {
  const { message, ...filters } = route.useSearch()
  const navigate = route.useNavigate()
  const log = useInfiniteQuery(alertQueries.deliveries(filters))
  const items = log.data?.pages.flatMap((page) => page.items)
  const filtered = Object.keys(filters).length > 0
  const show = (deliveryId: string | undefined) =>
    void navigate({ search: deliveryId === undefined ? filters : { ...filters, message: deliveryId } })
  return (
    <>
      <PageHead
        title="Messages"
        tab="Messages"
        lead="What was sent, newest first. A failed one is tried ten times, then given up with its reason."
      >
        <Filters filters={filters} onChange={(search) => void navigate({ search })} />
      </PageHead>
      <AlertTabs />
      <Panel flush testId="messages">
        {log.error !== null ? (
          <ProblemPanel error={log.error} onRetry={() => void log.refetch()} />
        ) : items === undefined ? (
          <Placeholder height={240} />
        ) : items.length === 0 ? (
          <Empty
            title={filtered ? 'No such message' : 'No message yet'}
            actions={filtered ? undefined : <LinkButton to="/alerts/channels">To the channels</LinkButton>}
          >
            {filtered ? 'Choose other filters.' : 'What is sent stands here with what the other side answered.'}
          </Empty>
        ) : (
          <DataTable
            label="Messages"
            testId="delivery-log"
            columns={columns}
            rows={items}
            rowId={({ deliveryId }) => deliveryId}
            onOpen={({ deliveryId }) => show(deliveryId)}
            onEnd={() => log.hasNextPage && void log.fetchNextPage()}
          />
        )}
      </Panel>
      {message === undefined ? null : <ChannelMessage deliveryId={message} onShow={show} />}
    </>
  )
}

function Filters({
  filters,
  onChange,
}: {
  readonly filters: MessagesSearch
  readonly onChange: (filters: MessagesSearch) => void
}) {
  const channels = useQuery(alertQueries.channels())
  const { channelId, state, purpose } = filters
  const change = (part: { [Name in keyof MessagesSearch]: MessagesSearch[Name] | undefined }) => {
    const entries = Object.entries({ channelId, state, purpose, ...part }).filter(([, value]) => value !== undefined)
    onChange(Object.fromEntries(entries) as MessagesSearch)
  }
  return (
    <>
      <Choice
        label="Channel"
        all="All channels"
        value={channelId}
        options={(channels.data?.items ?? []).map((channel) => ({ value: channel.channelId, label: channel.name }))}
        onChange={(value) => change({ channelId: value })}
      />
      <Choice
        label="State"
        all="All states"
        value={state}
        options={DeliveryState.options}
        onChange={(value) => change({ state: DeliveryState.options.find((one) => one === value) })}
      />
      <Choice
        label="Kind"
        all="All kinds"
        value={purpose}
        options={DeliveryPurpose.options}
        onChange={(value) => change({ purpose: DeliveryPurpose.options.find((one) => one === value) })}
      />
    </>
  )
}

/** How the states of a message look. */
export const messageTones: Readonly<Record<AlertDelivery['state'], Tone>> = {
  queued: 'degraded',
  sending: 'unknown',
  delivered: 'healthy',
  dead: 'failing',
}

const columns: readonly DataColumn<AlertDelivery>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row: { original } }) => <MarkedWord tone={messageTones[original.state]} word={original.state} />,
    meta: { width: '8rem' },
  },
  { id: 'title', header: 'Message', accessorFn: ({ title }) => title },
  { id: 'channel', header: 'Channel', accessorFn: ({ channel }) => channel, meta: { width: '14%', priority: 2 } },
  { id: 'purpose', header: 'Kind', accessorFn: ({ purpose }) => purpose, meta: { width: '7rem', priority: 5 } },
  {
    id: 'attempts',
    header: 'Tries',
    accessorFn: ({ attempts }) => attempts,
    meta: { width: '4rem', align: 'right', priority: 4 },
  },
  {
    id: 'detail',
    header: 'Answer',
    cell: ({ row: { original } }) => (
      <span className="truncate" title={original.detail ?? undefined}>
        {original.detail ?? ''}
      </span>
    ),
    meta: { width: '22%', priority: 3 },
  },
  {
    id: 'at',
    header: 'Decided',
    cell: ({ row: { original } }) => <Ago at={original.createdAt} />,
    meta: { width: '7rem', priority: 2 },
  },
]
