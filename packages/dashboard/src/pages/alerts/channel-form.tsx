import { Button, Modal, NumberInput, PasswordInput, Select, TagsInput, TextInput } from '@mantine/core'
import type { AlertChannel } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { alertApi } from '../../api/alerts.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './alerts.module.css'
import { days, emptyFields, type Fields, fieldsOf, kinds, orderOf, secretLabels } from './channel-fields.ts'

/** The dialog that makes a channel or changes one. Its secret is sealed on the server and never comes back. */
export function ChannelForm({
  channel = null,
  onClose,
}: {
  readonly channel?: AlertChannel | null
  readonly onClose: () => void
}) {
  const client = useQueryClient()
  const [fields, setFields] = useState(() => (channel === null ? emptyFields : fieldsOf(channel)))
  const change = (part: Partial<Fields>) => setFields((old) => ({ ...old, ...part }))
  const save = useMutation({
    mutationFn: () =>
      channel === null
        ? alertApi.createChannel(orderOf(fields))
        : alertApi.changeChannel(channel.channelId, orderOf(fields)),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['alerts'] })
    },
  })
  const secret = secretLabels[fields.kind]
  return (
    <Modal
      opened
      onClose={onClose}
      title={channel === null ? 'New channel' : `Change ${channel.name}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <div className={classes['pair']}>
          <Select
            label="Kind"
            data={[...kinds]}
            value={fields.kind}
            allowDeselect={false}
            disabled={channel !== null}
            onChange={(kind) => change({ kind: kind ?? 'slack' })}
          />
          <TextInput
            label="Name"
            value={fields.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            required
            maxLength={100}
          />
        </div>
        <Settings fields={fields} onChange={change} />
        {secret === null ? null : (
          <PasswordInput
            label={secret.label}
            description={
              channel?.hasSecret === true ? 'Empty: as it was. A new address wants it again.' : secret.description
            }
            value={fields.secret}
            onChange={(event) => change({ secret: event.currentTarget.value })}
            autoComplete="off"
          />
        )}
        {fields.kind === 'alertmanager' ? null : <Reports fields={fields} onChange={change} />}
        {save.error === null ? null : <ProblemPanel error={save.error} compact />}
        <div className={classes['buttons']}>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={fields.name.trim() === ''}
            data-testid="save-channel"
          >
            {channel === null ? 'Make the channel' : 'Save the channel'}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

interface PartProps {
  readonly fields: Fields
  readonly onChange: (part: Partial<Fields>) => void
}

function Settings({ fields, onChange }: PartProps) {
  if (fields.kind === 'slack') return null
  if (fields.kind === 'webhook' || fields.kind === 'alertmanager')
    return (
      <TextInput
        label="Address"
        placeholder="https://"
        value={fields.url}
        onChange={(event) => onChange({ url: event.currentTarget.value })}
        required
      />
    )
  if (fields.kind === 'clickup')
    return (
      <TextInput
        label="List"
        description="The number behind /li/ in the list’s address."
        value={fields.listId}
        onChange={(event) => onChange({ listId: event.currentTarget.value })}
        required
      />
    )
  return (
    <>
      <div className={classes['pair']}>
        <TextInput
          label="Server"
          value={fields.host}
          onChange={(event) => onChange({ host: event.currentTarget.value })}
          required
        />
        <NumberInput
          label="Port"
          min={1}
          max={65_535}
          value={fields.port}
          onChange={(value) =>
            onChange({ port: Number(value), security: Number(value) === 465 ? 'tls' : fields.security })
          }
        />
        <Select
          label="Encryption"
          data={[
            { value: 'starttls', label: 'STARTTLS' },
            { value: 'tls', label: 'TLS' },
            { value: 'none', label: 'None' },
          ]}
          value={fields.security}
          allowDeselect={false}
          onChange={(security) => onChange({ security: security ?? 'starttls' })}
        />
        <TextInput
          label="User"
          value={fields.user}
          onChange={(event) => onChange({ user: event.currentTarget.value })}
        />
      </div>
      <TextInput
        label="From"
        value={fields.from}
        onChange={(event) => onChange({ from: event.currentTarget.value })}
        required
      />
      <TagsInput label="To" value={[...fields.to]} onChange={(to) => onChange({ to })} />
    </>
  )
}

function Reports({ fields, onChange }: PartProps) {
  return (
    <div className={classes['pair']}>
      <TextInput
        type="time"
        label="Daily summary at"
        description="Empty: none."
        value={fields.dailyAt}
        onChange={(event) => onChange({ dailyAt: event.currentTarget.value })}
      />
      <Select
        label="Weekly digest on"
        description={`At ${fields.weeklyAt}.`}
        data={[{ value: '', label: 'Not wanted' }, ...days]}
        value={fields.weeklyOn}
        onChange={(weeklyOn) => onChange({ weeklyOn: weeklyOn ?? '' })}
      />
    </div>
  )
}
