import { Button, Modal, NumberInput, PasswordInput, Select, TagsInput, TextInput } from '@mantine/core'
import type { AlertChannelOrder, ChannelSettings } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import { alertApi } from '../../api/alerts.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './alerts.module.css'

type Kind = ChannelSettings['kind']
type Order = z.input<typeof AlertChannelOrder>

const kinds: readonly { readonly value: Kind; readonly label: string }[] = [
  { value: 'slack', label: 'Slack' },
  { value: 'email', label: 'E-mail (SMTP, SendGrid)' },
  { value: 'clickup', label: 'ClickUp tasks' },
  { value: 'webhook', label: 'Signed webhook' },
  { value: 'alertmanager', label: 'Alertmanager (gets everything)' },
]

const secretLabels: Readonly<Record<Kind, { readonly label: string; readonly description: string } | null>> = {
  slack: { label: 'Webhook address', description: 'https://hooks.slack.com/services/… It is a secret.' },
  email: { label: 'Password', description: 'SendGrid: the API key, with the user “apikey”.' },
  clickup: { label: 'Token', description: 'A personal token begins with pk_.' },
  webhook: { label: 'Signing secret', description: 'whsec_ and at least 24 bytes in base64 (Standard Webhooks).' },
  alertmanager: null,
}

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

interface Fields {
  readonly name: string
  readonly kind: Kind
  readonly secret: string
  readonly url: string
  readonly listId: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly from: string
  readonly to: readonly string[]
  readonly dailyAt: string
  readonly weeklyOn: string
}

const emptyFields: Fields = {
  name: '',
  kind: 'slack',
  secret: '',
  url: '',
  listId: '',
  host: 'smtp.sendgrid.net',
  port: 587,
  user: 'apikey',
  from: '',
  to: [],
  dailyAt: '',
  weeklyOn: '',
}

/** The dialog that makes a channel. Its secret is sealed on the server and never comes back. */
export function ChannelForm({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const [fields, setFields] = useState(emptyFields)
  const change = (part: Partial<Fields>) => setFields((old) => ({ ...old, ...part }))
  const create = useMutation({
    mutationFn: () => alertApi.createChannel(orderOf(fields)),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['alerts'] })
    },
  })
  const secret = secretLabels[fields.kind]
  return (
    <Modal opened onClose={onClose} title="New channel" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate()
        }}
      >
        <div className={classes['pair']}>
          <Select
            label="Kind"
            data={[...kinds]}
            value={fields.kind}
            allowDeselect={false}
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
            description={secret.description}
            value={fields.secret}
            onChange={(event) => change({ secret: event.currentTarget.value })}
            autoComplete="off"
          />
        )}
        {fields.kind === 'alertmanager' ? null : <Reports fields={fields} onChange={change} />}
        {create.error === null ? null : <ProblemPanel error={create.error} compact />}
        <div className={classes['buttons']}>
          <Button
            type="submit"
            loading={create.isPending}
            disabled={fields.name.trim() === ''}
            data-testid="save-channel"
          >
            Make the channel
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
          onChange={(value) => onChange({ port: Number(value) })}
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
        description="At 08:00."
        data={[{ value: '', label: 'Not wanted' }, ...days]}
        value={fields.weeklyOn}
        onChange={(weeklyOn) => onChange({ weeklyOn: weeklyOn ?? '' })}
      />
    </div>
  )
}

function orderOf(fields: Fields): Order {
  const { name, secret, dailyAt, weeklyOn } = fields
  const weekday = days.find((day) => day === weeklyOn) ?? null
  return {
    name: name.trim(),
    settings: settingsOf(fields),
    ...(secret === '' ? {} : { secret }),
    digest: { dailyAt: dailyAt === '' ? null : dailyAt, weeklyOn: weekday },
  }
}

function settingsOf({ kind, url, listId, host, port, user, from, to }: Fields): Order['settings'] {
  switch (kind) {
    case 'slack':
      return { kind }
    case 'webhook':
    case 'alertmanager':
      return { kind, url: url.trim() }
    case 'clickup':
      return { kind, listId: listId.trim() }
    case 'email': {
      const security = port === 465 ? 'tls' : 'starttls'
      return {
        kind,
        host: host.trim(),
        port,
        security,
        user: user.trim() === '' ? null : user.trim(),
        from,
        to: [...to],
      }
    }
  }
}
