import { z } from 'zod'
import { Because } from './because.ts'
import { ProofFile } from './ledger.ts'
import { IsoInstant, Uuid } from './primitives.ts'

/** By what agents name a person in what they report. */
export const personKinds = ['user', 'email', 'conversation', 'attribute'] as const
export const PersonKind = z.enum(personKinds).meta({
  id: 'PersonKind',
  description:
    '`user`: the unit or user id of runs. `email`: an address, wherever it or its token stands. `conversation`: one conversation. `attribute`: the value of an attribute of your own.',
})
export type PersonKind = z.infer<typeof PersonKind>

/** The person whose data goes. */
export const PersonSubject = z
  .strictObject({
    kind: PersonKind,
    key: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'Name of the attribute; for that kind alone.' }),
    value: z.string().trim().min(3).max(500),
  })
  .refine(({ kind, key }) => (kind === 'attribute') === (key !== undefined), {
    message: 'belongs to the kind attribute, and to no other',
    path: ['key'],
  })
  .refine(({ kind, value }) => kind !== 'email' || /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value), {
    message: 'must be an e-mail address',
    path: ['value'],
  })
  .meta({ id: 'PersonSubject' })
export type PersonSubject = z.infer<typeof PersonSubject>

export const DeletionPreviewRequest = z.strictObject({ subject: PersonSubject })
export const DeletionRequest = z.strictObject({
  subject: PersonSubject,
  reason: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .meta({ description: 'The number of the request, say. Do not name the person: it is kept with the request.' }),
  approvalId: Uuid.optional(),
})

export const ErasedTable = z
  .object({
    table: z.string(),
    holds: z.string(),
    how: z.enum(['blanked', 'deleted']).meta({ description: 'Blanked rows keep figures that name nobody.' }),
    rows: z.int(),
  })
  .meta({ id: 'ErasedTable' })
export type ErasedTable = z.infer<typeof ErasedTable>

export const DeletionPreview = z
  .object({
    executions: z.int(),
    firstStartedAt: IsoInstant.nullable(),
    lastStartedAt: IsoInstant.nullable(),
    tokens: z.int().meta({ description: 'Tokens in those runs whose keys would be destroyed.' }),
    tables: z.array(ErasedTable),
    isComplete: z
      .boolean()
      .meta({ description: 'False: looking took too long; there may be more, and all of it goes.' }),
    isMaskedOnArrival: z.boolean().meta({
      description: 'Addresses were masked before storage: texts that named this one cannot be told from others.',
    }),
    heldExecutions: z.int().meta({ description: 'Runs among those counted that a legal hold keeps.' }),
    isOnLegalHold: z.boolean().meta({ description: 'The person’s data is held: a deletion would be refused.' }),
    because: Because,
  })
  .meta({ id: 'DeletionPreview' })
export type DeletionPreview = z.infer<typeof DeletionPreview>

export const DeletionState = z.enum(['finding', 'erasing', 'done', 'closed']).meta({
  id: 'DeletionState',
  description:
    '`done`: erased, and what arrives late is for 30 days. `closed`: the request itself names nobody any more.',
})
export type DeletionState = z.infer<typeof DeletionState>

export const Deletion = z
  .object({
    deletionId: Uuid,
    subject: z
      .object({ kind: PersonKind, key: z.string().nullable(), value: z.string().nullable() })
      .meta({ description: 'The value is null once the request is closed: its key is destroyed.' }),
    reason: z.string().nullable(),
    state: DeletionState,
    searchedUpTo: z.iso
      .date()
      .nullable()
      .meta({ description: 'The day that the search has come to, from the oldest on.' }),
    executions: z.int().meta({ description: 'Runs found so far.' }),
    erasedExecutions: z.int(),
    heldExecutions: z.int().meta({ description: 'Runs that a legal hold keeps; they go when it is lifted.' }),
    isOnLegalHold: z
      .boolean()
      .meta({ description: 'A hold of this very person: the deletion rests until it is lifted.' }),
    lateExecutions: z.int().meta({ description: 'Of these, runs that were reported after the rest was erased.' }),
    tokens: z.int(),
    tables: z.array(ErasedTable),
    requestDigest: z.string().meta({ description: 'SHA-256 of the subject and a salt that the certificate tells.' }),
    requestedBy: z.string(),
    requestedAt: IsoInstant.meta({ description: 'What began before this goes; what begins after it is new data.' }),
    approvalId: Uuid.nullable(),
    completedAt: IsoInstant.nullable(),
    watchedUntil: IsoInstant.nullable(),
    closedAt: IsoInstant.nullable(),
    eventId: Uuid.nullable().meta({ description: 'The event of its completion, an entry of the ledger.' }),
  })
  .meta({ id: 'Deletion' })
export type Deletion = z.infer<typeof Deletion>
export const DeletionList = z.object({ items: z.array(Deletion) })

/** What the person is answered with. Whoever holds it can check the digest and the proof without asking anybody. */
export const DeletionCertificate = z
  .object({
    format: z.literal('metaagent-deletion/v1'),
    deletionId: Uuid,
    subject: z.object({ kind: PersonKind, key: z.string().nullable(), value: z.string().nullable() }),
    salt: z.string().nullable().meta({ description: 'Null once the request is closed.' }),
    requestDigest: z.string(),
    digestOf: z.string(),
    requestedAt: IsoInstant,
    completedAt: IsoInstant,
    executions: z.int(),
    tokens: z.int(),
    tables: z.array(ErasedTable),
    kept: z.array(z.string()).meta({ description: 'What stays, and why it names nobody.' }),
    lateDataUntil: IsoInstant,
    proof: ProofFile.meta({ description: 'That the completion stands in the ledger, with the signed checkpoint.' }),
  })
  .meta({ id: 'DeletionCertificate' })
export type DeletionCertificate = z.infer<typeof DeletionCertificate>
