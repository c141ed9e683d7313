import { Button } from '@mantine/core'
import type { AlertChannel, AlertDelivery } from '@metaagent/contract'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { alertApi, alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { type DataColumn, DataTable } from '../../ui/data-table.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { ChannelForm } from './channel-form.tsx'
import { AlertTabs } from './tabs.tsx'

/** Where messages go, whether they arrive, and the log of each attempt. */
export function ChannelsPage() {
  const channels = useQuery(alertQueries.channels())
  const me = useQuery(queries.me())
  const [creating, setCreating] = useState(false)
  const mayWrite = me.data?.scopes.includes('channels:write') === true
  const start = (
    <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)} data-testid="new-channel">
      New channel
    </Button>
  )
  return (
    <>
      <PageHead title="Channels" tab="Channels" lead="Where messages go. Routing says which message goes where.">
        {mayWrite ? start : undefined}
      </PageHead>
      <AlertTabs />
      {channels.error !== null ? (
        <ProblemPanel error={channels.error} onRetry={() => void channels.refetch()} />
      ) : channels.data === undefined ? (
        <Placeholder height={240} />
      ) : channels.data.items.length === 0 ? (
        <Empty title="Nobody is told yet" actions={mayWrite ? start : undefined}>
          Make a channel to Slack, e-mail, ClickUp or a webhook, send a test, and name it under Routing.
        </Empty>
      ) : (
        <div className={classes['stack']}>
          <Panel testId="channels">
            <ul className={classes['list']}>
              {channels.data.items.map((channel) => (
                <ChannelRow key={channel.channelId} channel={channel} mayWrite={mayWrite} />
              ))}
            </ul>
          </Panel>
          <DeliveryLog />
        </div>
      )}
      {creating ? <ChannelForm onClose={() => setCreating(false)} /> : null}
    </>
  )
}

function ChannelRow({ channel, mayWrite }: { readonly channel: AlertChannel; readonly mayWrite: boolean }) {
  const client = useQueryClient()
  const onSuccess = () => client.invalidateQueries({ queryKey: ['alerts'] })
  const tested = useMutation({ mutationFn: () => alertApi.testChannel(channel.channelId), onSuccess })
  const remove = useMutation({ mutationFn: () => alertApi.removeChannel(channel.channelId), onSuccess })
  const error = tested.error ?? remove.error
  const { dailyAt, weeklyOn } = channel.digest
  return (
    <li className={classes['row']}>
      <div className={classes['line']}>
        <strong className={classes['grow']}>{channel.name}</strong>
        <ChannelMark channel={channel} />
        {mayWrite ? (
          <>
            <Button
              variant="default"
              size="xs"
              loading={tested.isPending}
              onClick={() => tested.mutate()}
              data-testid="test-channel"
            >
              Send a test
            </Button>
            <Button variant="subtle" color="red" size="xs" loading={remove.isPending} onClick={() => remove.mutate()}>
              Remove
            </Button>
          </>
        ) : null}
      </div>
      <p className="soft">
        {channel.settings.kind} · last delivered <Ago at={channel.lastDeliveredAt} why="Nothing was delivered yet." />
        {dailyAt === null ? '' : ` · daily summary at ${dailyAt}`}
        {weeklyOn === null ? '' : ` · weekly digest on ${weeklyOn}`}
      </p>
      {tested.data === undefined ? null : (
        <p role="status" data-testid="test-result">
          <MarkedWord
            tone={tested.data.delivered ? 'healthy' : 'failing'}
            word={tested.data.delivered ? 'The test arrived' : 'The test did not arrive'}
          />{' '}
          <span className="soft">{tested.data.detail}</span>
        </p>
      )}
      {tested.data === undefined && channel.lastError !== null ? <p className="soft">{channel.lastError}</p> : null}
      {error === null ? null : <ProblemPanel error={error} compact />}
    </li>
  )
}

function ChannelMark({ channel }: { readonly channel: AlertChannel }) {
  if (!channel.enabled) return <MarkedWord tone="unknown" word="off" />
  if (channel.lastError !== null) return <MarkedWord tone="failing" word="last message failed" />
  if (channel.lastDeliveredAt === null) return <MarkedWord tone="unknown" word="not tried yet" />
  return <MarkedWord tone="healthy" word="works" />
}

function DeliveryLog() {
  const log = useInfiniteQuery(alertQueries.deliveries({}))
  const items = log.data?.pages.flatMap((page) => page.items)
  return (
    <Panel flush title="Messages" note="Newest first. A failed one is tried ten times, then given up with its reason.">
      {log.error !== null ? (
        <ProblemPanel error={log.error} onRetry={() => void log.refetch()} />
      ) : items === undefined ? (
        <Placeholder height={120} />
      ) : items.length === 0 ? (
        <Empty title="No message yet">What is sent stands here with what the other side answered.</Empty>
      ) : (
        <DataTable
          label="Messages"
          testId="delivery-log"
          columns={columns}
          rows={items}
          rowId={({ deliveryId }) => deliveryId}
          onEnd={() => log.hasNextPage && void log.fetchNextPage()}
        />
      )}
    </Panel>
  )
}

const tones: Readonly<Record<AlertDelivery['state'], Tone>> = {
  queued: 'degraded',
  sending: 'unknown',
  delivered: 'healthy',
  dead: 'failing',
}

const columns: readonly DataColumn<AlertDelivery>[] = [
  {
    id: 'state',
    header: 'State',
    cell: ({ row: { original } }) => <MarkedWord tone={tones[original.state]} word={original.state} />,
    meta: { width: '8rem' },
  },
  { id: 'title', header: 'Message', accessorFn: ({ title }) => title },
  { id: 'channel', header: 'Channel', accessorFn: ({ channel }) => channel, meta: { width: '16%', priority: 2 } },
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
    meta: { width: '24%', priority: 3 },
  },
  {
    id: 'at',
    header: 'Decided',
    cell: ({ row: { original } }) => <Ago at={original.createdAt} />,
    meta: { width: '7rem', priority: 2 },
  },
]
