import { z } from 'zod'
import { LabelName } from './alert-rules.ts'
import { IsoInstant, IsoInstantInput, Name, Uuid } from './primitives.ts'

/** A matcher over one label, as Alertmanager has it; a missing label counts as the empty text. */
export const AlertMatcher = z
  .strictObject({
    name: LabelName,
    operator: z.enum(['=', '!=', '=~', '!~']).meta({ description: 'The tilde ones are anchored RE2 patterns.' }),
    value: z.string().max(500),
  })
  .meta({ id: 'AlertMatcher' })
export type AlertMatcher = z.infer<typeof AlertMatcher>

const timeOfDay = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be HH:MM, up to 24:00')
export const Weekday = z.enum(['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'])
const ZoneName = z.string().max(60).refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')

/** When something applies: every part that is given must fit; a part that is empty fits always. */
export const AlertTimeInterval = z
  .strictObject({
    name: Name.max(100),
    timeZone: ZoneName.nullable().default(null).meta({ description: 'Null: the organization’s.' }),
    times: z
      .array(z.strictObject({ start: timeOfDay, end: timeOfDay }))
      .max(20)
      .default([]),
    weekdays: z.array(Weekday).max(7).default([]),
    daysOfMonth: z
      .array(z.strictObject({ from: z.int().min(-31).max(31), to: z.int().min(-31).max(31) }))
      .max(20)
      .default([])
      .meta({ description: 'Inclusive; negative days count from the end of the month.' }),
    months: z.array(z.int().min(1).max(12)).max(12).default([]),
    years: z.array(z.int().min(1970).max(9999)).max(50).default([]),
  })
  .meta({ id: 'AlertTimeInterval' })
export type AlertTimeInterval = z.infer<typeof AlertTimeInterval>

const intervalMs = z.int().min(0).max(604_800_000)

const routeFields = {
  name: Name.max(100).meta({ description: 'Unique in the tree; part of the key of its groups.' }),
  matchers: z.array(AlertMatcher).max(20).default([]),
  continue: z.boolean().default(false).meta({ description: 'Whether siblings below are asked as well.' }),
  channels: z.array(Uuid).max(20).optional().meta({ description: 'Who is told; inherited when absent.' }),
  groupBy: z.array(LabelName).max(20).optional().meta({ description: '`...` is not needed: name the labels.' }),
  groupWaitMs: intervalMs.optional(),
  groupIntervalMs: intervalMs.min(1_000).optional(),
  repeatIntervalMs: intervalMs.min(1_000).optional(),
  muteTimeIntervals: z.array(Name).max(20).default([]),
  activeTimeIntervals: z.array(Name).max(20).default([]),
  escalation: z
    .array(z.strictObject({ afterMinutes: z.int().min(1).max(10_080), channels: z.array(Uuid).min(1).max(20) }))
    .max(5)
    .optional()
    .meta({ description: 'Who is told next when nobody acknowledged; counted from the first notification.' }),
}

export interface AlertRoute {
  name: string
  matchers: AlertMatcher[]
  continue: boolean
  channels?: string[] | undefined
  groupBy?: string[] | undefined
  groupWaitMs?: number | undefined
  groupIntervalMs?: number | undefined
  repeatIntervalMs?: number | undefined
  muteTimeIntervals: string[]
  activeTimeIntervals: string[]
  escalation?: { afterMinutes: number; channels: string[] }[] | undefined
  routes: AlertRoute[]
}

/** A node of the route tree. */
export const AlertRoute: z.ZodType<AlertRoute> = z
  .strictObject({
    ...routeFields,
    get routes(): z.ZodDefault<z.ZodArray<z.ZodType<AlertRoute>>> {
      return z.array(AlertRoute).max(50).default([])
    },
  })
  .meta({ id: 'AlertRoute' })

export const AlertInhibition = z
  .strictObject({
    sourceMatchers: z.array(AlertMatcher).min(1).max(20),
    targetMatchers: z.array(AlertMatcher).min(1).max(20),
    equal: z.array(LabelName).max(20).default([]),
  })
  .meta({
    id: 'AlertInhibition',
    description: 'Targets are muted while a source fires whose `equal` labels are the same.',
  })
export type AlertInhibition = z.infer<typeof AlertInhibition>

/** Who is told what and when, of one organization. */
export const AlertPolicy = z
  .strictObject({
    timeZone: ZoneName,
    route: AlertRoute,
    inhibitions: z.array(AlertInhibition).max(100),
    timeIntervals: z.array(AlertTimeInterval).max(100),
  })
  .meta({ id: 'AlertPolicy' })
export type AlertPolicy = z.infer<typeof AlertPolicy>
export const AlertPolicyState = z
  .object({
    version: z.int().meta({ description: '0: the default.' }),
    policy: AlertPolicy,
    changedBy: z.string().nullable(),
    changedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'AlertPolicyState' })
export type AlertPolicyState = z.infer<typeof AlertPolicyState>
export const AlertPolicyChange = z.strictObject({ policy: AlertPolicy, expectedVersion: z.int() })

export const AlertSilence = z
  .object({
    silenceId: Uuid,
    matchers: z.array(AlertMatcher),
    startsAt: IsoInstant,
    endsAt: IsoInstant,
    createdBy: z.string(),
    createdAt: IsoInstant,
    comment: z.string(),
    state: z.enum(['pending', 'active', 'expired']),
    silenced: z.int().meta({ description: 'Firing alerts that it matches now.' }),
  })
  .meta({ id: 'AlertSilence' })
export type AlertSilence = z.infer<typeof AlertSilence>
export const AlertSilenceList = z.object({ items: z.array(AlertSilence) })
export const AlertSilenceOrder = z
  .strictObject({
    matchers: z.array(AlertMatcher).min(1).max(20),
    startsAt: IsoInstantInput.optional(),
    endsAt: IsoInstantInput,
    comment: z.string().trim().min(1).max(2_000),
  })
  .meta({ id: 'AlertSilenceOrder' })

/** What a silence would mute, before it is made. */
export const SilencePreviewOrder = z
  .strictObject({ matchers: z.array(AlertMatcher).min(1).max(20) })
  .meta({ id: 'AlertSilencePreviewOrder' })
export const SilencePreview = z
  .object({
    silenced: z.int().meta({ description: 'Firing alerts that the matchers fit now.' }),
    firing: z.int().meta({ description: 'All firing alerts.' }),
    alerts: z.array(z.record(z.string(), z.string())).meta({ description: 'Labels of the first 20 of them.' }),
  })
  .meta({ id: 'AlertSilencePreview' })
export type SilencePreview = z.infer<typeof SilencePreview>

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
