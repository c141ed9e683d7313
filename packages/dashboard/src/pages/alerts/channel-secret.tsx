import { Button, Modal, PasswordInput } from '@mantine/core'
import type { AlertChannel } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { alertApi } from '../../api/alerts.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './alerts.module.css'
import { secretLabels } from './channel-fields.ts'

/** The dialog that gives a channel another secret. The old one is forgotten at once. */
export function ChannelSecret({ channel, onClose }: { readonly channel: AlertChannel; readonly onClose: () => void }) {
  const client = useQueryClient()
  const [secret, setSecret] = useState('')
  const change = useMutation({
    mutationFn: () => alertApi.changeSecret(channel.channelId, secret),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['alerts'] })
    },
  })
  const wanted = secretLabels[channel.settings.kind]
  return (
    <Modal opened onClose={onClose} title={`Secret of ${channel.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <PasswordInput
          label={wanted?.label ?? 'Secret'}
          description={wanted?.description}
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <p className="soft">The next message uses it. Give it to the receiver first, then send a test.</p>
        {change.error === null ? null : <ProblemPanel error={change.error} compact />}
        <div className={classes['buttons']}>
          <Button type="submit" loading={change.isPending} disabled={secret === ''} data-testid="save-secret">
            Change the secret
          </Button>
        </div>
      </form>
    </Modal>
  )
}
