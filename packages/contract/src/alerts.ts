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
