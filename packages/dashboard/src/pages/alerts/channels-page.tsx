import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { Icon } from '../../ui/icon.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './alerts.module.css'
import { ChannelForm } from './channel-form.tsx'
import { ChannelRow } from './channel-row.tsx'
import { AlertTabs } from './tabs.tsx'

/** Where messages go and whether they arrive. */
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
        </div>
      )}
      {creating ? <ChannelForm onClose={() => setCreating(false)} /> : null}
    </>
  )
}
