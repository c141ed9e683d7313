import { z } from 'zod'
import { Impact } from './approvals.ts'
import { IsoInstant, Uuid } from './primitives.ts'

export const TunableValue = z.union([z.number(), z.boolean(), z.string()])

/** A typed, bounded, versioned parameter of MetaAgent itself. */
export const Tunable = z
  .object({
    key: z.string(),
    description: z.string(),
    type: z.enum(['number', 'integer', 'boolean', 'choice']),
    unit: z.string().nullable(),
    minimum: z.number().nullable(),
    maximum: z.number().nullable(),
    choices: z.array(z.string()).nullable(),
    defaultValue: TunableValue,
    value: TunableValue,
    version: z.int(),
    impact: Impact,
    impactOfRaise: Impact.optional().meta({ description: 'Of a change to a higher number, where it differs.' }),
  })
  .meta({ id: 'Tunable' })
export type Tunable = z.infer<typeof Tunable>
export const TunableList = z.object({ items: z.array(Tunable) })
export const TunableChange = z.strictObject({
  value: TunableValue,
  reason: z.string().min(1).max(2000),
  expectedVersion: z.int().optional(),
  approvalId: Uuid.optional(),
})
export const TunableRevert = z.strictObject({ reason: z.string().min(1).max(2000), approvalId: Uuid.optional() })
export const TunableVersion = z.object({
  version: z.int(),
  value: TunableValue,
  reason: z.string(),
  changedBy: z.string(),
  changedAt: IsoInstant,
})
export const TunableHistory = z.object({ key: z.string(), items: z.array(TunableVersion) })
