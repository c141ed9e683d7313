import type { AlertChannel, AlertChannelOrder, ChannelSettings } from '@metaagent/contract'
import type { z } from 'zod'

export type Kind = ChannelSettings['kind']
type Order = z.input<typeof AlertChannelOrder>

export const kinds: readonly { readonly value: Kind; readonly label: string }[] = [
  { value: 'slack', label: 'Slack' },
  { value: 'email', label: 'E-mail (SMTP, SendGrid)' },
  { value: 'clickup', label: 'ClickUp tasks' },
  { value: 'webhook', label: 'Signed webhook' },
  { value: 'alertmanager', label: 'Alertmanager (gets everything)' },
]

/** What the secret of each kind is called; null: it has none. */
export const secretLabels: Readonly<Record<Kind, { readonly label: string; readonly description: string } | null>> = {
  slack: { label: 'Webhook address', description: 'https://hooks.slack.com/services/… It is a secret.' },
  email: { label: 'Password', description: 'SendGrid: the API key, with the user “apikey”.' },
  clickup: { label: 'Token', description: 'A personal token begins with pk_.' },
  webhook: { label: 'Signing secret', description: 'whsec_ and at least 24 bytes in base64 (Standard Webhooks).' },
  alertmanager: null,
}

export const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

/** What the form holds, as it is typed. */
export interface Fields {
  readonly name: string
  readonly kind: Kind
  readonly secret: string
  readonly url: string
  readonly apiUrl: string
  readonly closedStatus: string
  readonly listId: string
  readonly host: string
  readonly port: number
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user: string
  readonly from: string
  readonly to: readonly string[]
  readonly dailyAt: string
  readonly weeklyOn: string
  readonly weeklyAt: string
  readonly enabled: boolean
}

export const emptyFields: Fields = {
  name: '',
  kind: 'slack',
  secret: '',
  url: '',
  apiUrl: 'https://api.clickup.com',
  closedStatus: 'complete',
  listId: '',
  host: 'smtp.sendgrid.net',
  port: 587,
  security: 'starttls',
  user: 'apikey',
  from: '',
  to: [],
  dailyAt: '',
  weeklyOn: '',
  weeklyAt: '08:00',
  enabled: true,
}

/** The form of a channel that is there; its secret is never known. */
export function fieldsOf({ name, settings, digest, enabled }: AlertChannel): Fields {
  const { dailyAt, weeklyOn, weeklyAt } = digest
  const common = { ...emptyFields, name, enabled, dailyAt: dailyAt ?? '', weeklyOn: weeklyOn ?? '', weeklyAt }
  if (settings.kind !== 'email') return { ...common, ...settings }
  return { ...common, ...settings, user: settings.user ?? '' }
}

/** What the API is sent. An empty secret means: as it was. */
export function orderOf(fields: Fields): Order {
  const { name, secret, dailyAt, weeklyOn, weeklyAt, enabled } = fields
  const weekday = days.find((day) => day === weeklyOn) ?? null
  return {
    name: name.trim(),
    settings: settingsOf(fields),
    ...(secret === '' ? {} : { secret }),
    digest: { dailyAt: dailyAt === '' ? null : dailyAt, weeklyOn: weekday, weeklyAt },
    enabled,
  }
}

function settingsOf(fields: Fields): Order['settings'] {
  const { kind, url, listId, apiUrl, closedStatus, host, port, security, user, from, to } = fields
  switch (kind) {
    case 'slack':
      return { kind }
    case 'webhook':
    case 'alertmanager':
      return { kind, url: url.trim() }
    case 'clickup':
      return { kind, listId: listId.trim(), apiUrl, closedStatus }
    case 'email': {
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
