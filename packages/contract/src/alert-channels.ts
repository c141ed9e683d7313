import { z } from 'zod'
import { Weekday } from './alert-routing.ts'
import { PageQuery, pageOf } from './paging.ts'
import { Email, IsoInstant, IsoInstantInput, Name, Uuid } from './primitives.ts'

const httpUrl = z.url({ protocol: /^https?$/ }).max(2_000)

const SlackSettings = z.strictObject({ kind: z.literal('slack') })
const EmailSettings = z.strictObject({
  kind: z.literal('email'),
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(587),
  security: z
    .enum(['starttls', 'tls', 'none'])
    .default('starttls')
    .meta({ description: '`none` is for a relay on the same machine.' }),
  user: z.string().max(300).nullable().default(null).meta({ description: 'SendGrid’s relay: the word `apikey`.' }),
  from: z.string().min(3).max(320),
  to: z.array(Email).min(1).max(50),
})
const ClickUpSettings = z.strictObject({
  kind: z.literal('clickup'),
  apiUrl: httpUrl.default('https://api.clickup.com'),
  listId: z.string().regex(/^\w{1,50}$/),
  closedStatus: z.string().min(1).max(100).default('complete'),
})
const WebhookSettings = z.strictObject({ kind: z.literal('webhook'), url: httpUrl })
const AlertmanagerSettings = z.strictObject({ kind: z.literal('alertmanager'), url: httpUrl })

export const ChannelSettings = z
  .discriminatedUnion('kind', [SlackSettings, EmailSettings, ClickUpSettings, WebhookSettings, AlertmanagerSettings])
  .meta({
    id: 'AlertChannelSettings',
    description:
      'An Alertmanager gets every firing alert, before routes and silences; the others get what routes send them.',
  })
export type ChannelSettings = z.infer<typeof ChannelSettings>

export const ChannelDigest = z
  .strictObject({
    dailyAt: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .nullable()
      .default(null),
    weeklyOn: Weekday.nullable().default(null),
    weeklyAt: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .default('08:00'),
  })
  .meta({ id: 'AlertChannelDigest', description: 'Times of day in the organization’s time zone; null: not wanted.' })
export type ChannelDigest = z.infer<typeof ChannelDigest>

export const AlertChannel = z
  .object({
    channelId: Uuid,
    name: Name,
    settings: ChannelSettings,
    hasSecret: z.boolean().meta({ description: 'The secret itself is never returned.' }),
    digest: ChannelDigest,
    enabled: z.boolean(),
    nextDailyAt: IsoInstant.nullable(),
    nextWeeklyAt: IsoInstant.nullable(),
    lastDeliveredAt: IsoInstant.nullable(),
    lastError: z.string().nullable().meta({ description: 'Of the newest attempt, when it failed.' }),
  })
  .meta({ id: 'AlertChannel' })
export type AlertChannel = z.infer<typeof AlertChannel>
export const AlertChannelList = z.object({ items: z.array(AlertChannel) })
export const AlertChannelOrder = z
  .strictObject({
    name: Name.max(100),
    settings: ChannelSettings,
    secret: z.string().min(1).max(2_000).optional().meta({
      description:
        'Slack: the webhook’s address; e-mail: the password; ClickUp: the token; webhook: `whsec_…`. Absent on a change: as it was.',
    }),
    digest: ChannelDigest.default({ dailyAt: null, weeklyOn: null, weeklyAt: '08:00' }),
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'AlertChannelOrder' })
export type AlertChannelOrder = z.infer<typeof AlertChannelOrder>

export const ChannelTestResult = z
  .object({
    delivered: z.boolean(),
    detail: z.string().meta({ description: 'What the other side said, or why not.' }),
    durationMs: z.int(),
  })
  .meta({ id: 'AlertChannelTest' })

export const DeliveryState = z
  .enum(['queued', 'sending', 'delivered', 'dead'])
  .meta({ id: 'AlertDeliveryState', description: '`dead`: given up, with the reason.' })
export const DeliveryPurpose = z
  .enum(['alert', 'escalation', 'daily', 'weekly', 'test', 'recovery'])
  .meta({ id: 'AlertDeliveryPurpose' })
/** One try at a message, with what the other side said. */
export const DeliveryAttempt = z
  .object({
    at: IsoInstant,
    outcome: z.enum(['delivered', 'failed', 'refused']).meta({
      description: '`failed` may work later, `refused` never will as it is.',
    }),
    status: z.int().nullable().meta({ description: 'HTTP or SMTP status; null: the other side said nothing.' }),
    latencyMs: z.int(),
    detail: z.string(),
    response: z.string().nullable().meta({ description: 'The beginning of what the other side said.' }),
  })
  .meta({ id: 'AlertDeliveryAttempt' })
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>
export const AlertDelivery = z
  .object({
    deliveryId: Uuid,
    channelId: Uuid,
    channel: Name,
    purpose: DeliveryPurpose,
    title: z.string(),
    status: z.enum(['firing', 'resolved', 'report']),
    state: DeliveryState,
    attempts: z.int(),
    detail: z.string().nullable(),
    log: z.array(DeliveryAttempt).meta({ description: 'Every attempt that ended, oldest first.' }),
    againOf: Uuid.nullable().meta({ description: 'The message that somebody had sent again.' }),
    createdAt: IsoInstant,
    nextAttemptAt: IsoInstant.nullable(),
    finishedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'AlertDelivery' })
export type AlertDelivery = z.infer<typeof AlertDelivery>
export const AlertDeliveryPage = pageOf(AlertDelivery)
export const AlertDeliveryQuery = PageQuery.extend({
  channelId: Uuid.optional(),
  state: DeliveryState.optional(),
  purpose: DeliveryPurpose.optional(),
  from: IsoInstantInput.optional().meta({ description: 'Decided at or after this.' }),
})
/** A new secret for a channel: the old one is forgotten at once. */
export const ChannelSecretOrder = z
  .strictObject({ secret: z.string().min(1).max(2_000) })
  .meta({ id: 'AlertChannelSecretOrder' })
