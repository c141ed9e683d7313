import { Button } from '@mantine/core'
import type { AlertChannel } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { alertApi } from '../../api/alerts.ts'
import { MarkedWord } from '../../ui/mark.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './alerts.module.css'
import { ChannelForm } from './channel-form.tsx'
import { ChannelSecret } from './channel-secret.tsx'

/** One channel: how it is doing, a test, and what may be changed. */
export function ChannelRow({ channel, mayWrite }: { readonly channel: AlertChannel; readonly mayWrite: boolean }) {
  const client = useQueryClient()
  const onSuccess = () => client.invalidateQueries({ queryKey: ['alerts'] })
  const tested = useMutation({ mutationFn: () => alertApi.testChannel(channel.channelId), onSuccess })
  const { dailyAt, weeklyOn } = channel.digest
  return (
    <li className={classes['row']}>
      <div className={classes['line']}>
        <strong className={classes['grow']}>{channel.name}</strong>
        <ChannelMark channel={channel} />
        {mayWrite ? (
          <Button
            variant="default"
            size="xs"
            loading={tested.isPending}
            onClick={() => tested.mutate()}
            data-testid="test-channel"
          >
            Send a test
          </Button>
        ) : null}
      </div>
      <p className="soft">
        {channel.settings.kind} · last delivered <Ago at={channel.lastDeliveredAt} why="Nothing was delivered yet." />
        {dailyAt === null ? '' : ` · daily summary at ${dailyAt}`}
        {weeklyOn === null ? '' : ` · weekly digest on ${weeklyOn}`} ·{' '}
        <Link to="/alerts/messages" search={{ channelId: channel.channelId }}>
          messages
        </Link>
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
      {tested.error === null ? null : <ProblemPanel error={tested.error} compact />}
      {mayWrite ? <ChannelActions channel={channel} /> : null}
    </li>
  )
}

type Open = 'form' | 'secret' | 'removal' | null

function ChannelActions({ channel }: { readonly channel: AlertChannel }) {
  const client = useQueryClient()
  const [open, setOpen] = useState<Open>(null)
  const onSuccess = () => client.invalidateQueries({ queryKey: ['alerts'] })
  const { channelId, name, settings, digest, enabled } = channel
  const toggle = useMutation({
    mutationFn: () => alertApi.changeChannel(channelId, { name, settings, digest, enabled: !enabled }),
    onSuccess,
  })
  const remove = useMutation({ mutationFn: () => alertApi.removeChannel(channelId), onSuccess })
  const error = toggle.error ?? remove.error
  const close = () => setOpen(null)
  return (
    <>
      <div className={classes['line']}>
        <Button variant="subtle" size="compact-xs" onClick={() => setOpen('form')} data-testid="edit-channel">
          Edit
        </Button>
        {settings.kind === 'alertmanager' ? null : (
          <Button variant="subtle" size="compact-xs" onClick={() => setOpen('secret')} data-testid="change-secret">
            Change the secret
          </Button>
        )}
        <Button
          variant="subtle"
          size="compact-xs"
          loading={toggle.isPending}
          onClick={() => toggle.mutate()}
          data-testid="toggle-channel"
        >
          {enabled ? 'Switch off' : 'Switch on'}
        </Button>
        <Button variant="subtle" color="red" size="compact-xs" onClick={() => setOpen('removal')}>
          Remove
        </Button>
      </div>
      {enabled ? null : (
        <p className="soft">What is decided while it is off waits, and goes out when it is on again.</p>
      )}
      {open === 'removal' ? (
        <div className={classes['line']} role="group" aria-label={`Remove ${name}`}>
          <span>Its secret goes, and what waits is given up. The log stays.</span>
          <Button
            color="red"
            size="xs"
            loading={remove.isPending}
            onClick={() => remove.mutate()}
            data-testid="remove-channel"
          >
            Remove {name}
          </Button>
          <Button variant="default" size="xs" onClick={close}>
            Keep it
          </Button>
        </div>
      ) : null}
      {open === 'form' ? <ChannelForm channel={channel} onClose={close} /> : null}
      {open === 'secret' ? <ChannelSecret channel={channel} onClose={close} /> : null}
      {error === null ? null : <ProblemPanel error={error} compact />}
    </>
  )
}

function ChannelMark({ channel }: { readonly channel: AlertChannel }) {
  if (!channel.enabled) return <MarkedWord tone="unknown" word="off" />
  if (channel.lastError !== null) return <MarkedWord tone="failing" word="last message failed" />
  if (channel.lastDeliveredAt === null) return <MarkedWord tone="unknown" word="not tried yet" />
  return <MarkedWord tone="healthy" word="works" />
}
