import { z } from 'zod'
import { AlertSeverity, Labels } from './alert-rules.ts'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Name, Uuid } from './primitives.ts'

export const AlertState = z.enum(['pending', 'firing', 'acknowledged', 'resolved']).meta({ id: 'AlertState' })
export type AlertState = z.infer<typeof AlertState>

/** One time that a condition held for one label set: a row of `alert_history`. */
export const Alert = z
  .object({
    alertId: Uuid,
    fingerprint: z.string().meta({ description: 'Of the label set, as Prometheus computes it: 16 hex digits.' }),
    ruleId: Uuid,
    rule: Name,
    severity: AlertSeverity,
    state: AlertState,
    labels: Labels,
    annotations: z.record(z.string(), z.string()),
    because: Because,
    pendingAt: IsoInstant,
    firedAt: IsoInstant.nullable(),
    acknowledgedAt: IsoInstant.nullable(),
    acknowledgedBy: z.string().nullable(),
    comment: z.string().nullable(),
    resolvedAt: IsoInstant.nullable(),
    mutedBy: z
      .enum(['silence', 'inhibition'])
      .nullable()
      .meta({ description: 'Why nobody is told of it now; null: nothing mutes it.' }),
  })
  .meta({ id: 'Alert' })
export type Alert = z.infer<typeof Alert>
export const AlertPage = pageOf(Alert).extend({
  counts: z.object({ pending: z.int(), firing: z.int(), acknowledged: z.int() }),
})
export const AlertQuery = PageQuery.extend({
  state: AlertState.or(z.literal('active')).optional().meta({ description: '`active`: all but resolved.' }),
  severity: AlertSeverity.optional(),
  ruleId: Uuid.optional(),
  fingerprint: z.string().max(16).optional(),
  agent: Name.optional().meta({ description: 'Value of the label `agent`.' }),
})

export const AlertTransition = z.object({
  at: IsoInstant,
  from: AlertState.nullable(),
  to: AlertState,
  actor: z.string(),
  because: Because,
  comment: z.string().nullable(),
})
export const AlertDetail = Alert.extend({ history: z.array(AlertTransition) }).meta({ id: 'AlertDetail' })
export type AlertDetail = z.infer<typeof AlertDetail>
export const AlertAcknowledgement = z.strictObject({ comment: z.string().trim().max(2_000).default('') })

/** What the home page asks: is anything on fire. */
export const AlertCounts = z
  .object({ pending: z.int(), firing: z.int(), acknowledged: z.int(), critical: z.int() })
  .meta({ id: 'AlertCounts' })
export type AlertCounts = z.infer<typeof AlertCounts>

/** Takes several firing alerts into one's hands at once, with one reason. */
export const AlertsAcknowledgement = z
  .strictObject({ alertIds: z.array(Uuid).min(1).max(200), comment: z.string().trim().max(2_000).default('') })
  .meta({ id: 'AlertsAcknowledgement' })

/** What became of each: those that fired are acknowledged, the others are left as they are, with the reason. */
export const AlertsAcknowledged = z
  .object({
    acknowledged: z.array(Uuid),
    left: z.array(z.object({ alertId: Uuid, reason: z.string() })),
  })
  .meta({ id: 'AlertsAcknowledged' })
export type AlertsAcknowledged = z.infer<typeof AlertsAcknowledged>

/** More changed than is told one by one: the list is to be read again. */
export const AlertsChanged = z.object({ changed: z.literal('many') }).meta({ id: 'AlertsChanged' })

/** Data of the live inbox: `counts` at the start and when they change, `alert` for each that is new, changed or over, or `many`. */
export const AlertStreamEvent = z.union([AlertCounts, Alert, AlertsChanged])
