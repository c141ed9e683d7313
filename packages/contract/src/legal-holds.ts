import { z } from 'zod'
import { IsoInstant, IsoInstantInput, Uuid } from './primitives.ts'
import { PersonKind, PersonSubject } from './privacy.ts'

const window = {
  from: IsoInstantInput.optional().meta({ description: 'Runs that began from then on; left out: from the first on.' }),
  to: IsoInstantInput.optional().meta({ description: 'Runs that began before then; left out: for good.' }),
}

/** What must be kept: a person's data, an agent's runs, or all runs of a time. */
export const LegalHoldScope = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('subject'), subject: PersonSubject }),
    z.strictObject({ kind: z.literal('agent'), agentId: Uuid, ...window }),
    z.strictObject({ kind: z.literal('period'), from: IsoInstantInput, to: IsoInstantInput }),
  ])
  .refine(
    (scope) =>
      scope.kind === 'subject' ||
      scope.from === undefined ||
      scope.to === undefined ||
      Date.parse(scope.from) < Date.parse(scope.to),
    { message: 'must be after `from`', path: ['to'] },
  )
  .meta({ id: 'LegalHoldScope' })
export type LegalHoldScope = z.infer<typeof LegalHoldScope>

const reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .meta({ description: 'The number of the matter, say. Do not name the person: it stays in the ledger.' })

export const LegalHoldOrder = z.strictObject({ scope: LegalHoldScope, reason })
export const LegalHoldLift = z.strictObject({ reason, approvalId: Uuid.optional() })

export const LegalHold = z
  .object({
    holdId: Uuid,
    kind: z.enum(['subject', 'agent', 'period']),
    subject: z
      .object({ kind: PersonKind, key: z.string().nullable(), value: z.string() })
      .nullable()
      .meta({ description: 'Null for other kinds, and once the hold is lifted: its key is destroyed.' }),
    subjectDigest: z.string().nullable(),
    agentId: Uuid.nullable(),
    from: IsoInstant.nullable(),
    to: IsoInstant.nullable(),
    reason: z.string(),
    placedBy: z.string(),
    placedAt: IsoInstant,
    heldExecutions: z.int().meta({ description: 'Runs that deletions found and keep because of it.' }),
    liftedBy: z.string().nullable(),
    liftedAt: IsoInstant.nullable(),
    liftReason: z.string().nullable(),
    liftApprovalId: Uuid.nullable(),
  })
  .meta({ id: 'LegalHold' })
export type LegalHold = z.infer<typeof LegalHold>
export const LegalHoldList = z.object({ items: z.array(LegalHold) })
