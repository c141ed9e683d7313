import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Json, Uuid } from './primitives.ts'

/** Base64 of 32 bytes. */
export const Hash = z.string().regex(/^[A-Za-z0-9+/]{43}=$/)

/** An event that is in the tree. `leaf` is the canonical JSON (RFC 8785) whose hash is the leaf. */
export const LedgerEntry = z
  .object({
    index: z.int().min(0),
    eventId: Uuid,
    type: z.string(),
    subject: z.string(),
    occurredAt: IsoInstant,
    sequencedAt: IsoInstant,
    leafHash: Hash,
    leaf: z.string(),
    content: Json.meta({ description: 'The parsed leaf; sealed fields whose key was destroyed stay sealed.' }),
  })
  .meta({ id: 'LedgerEntry' })
export type LedgerEntry = z.infer<typeof LedgerEntry>
export const LedgerEntryPage = pageOf(LedgerEntry).meta({ id: 'LedgerEntryPage' })
const filters = {
  type: z.string().max(200).optional().meta({ description: 'Glob over the event type.' }),
  subject: z.string().max(300).optional(),
  actor: z.string().max(300).optional().meta({ description: 'Who decided: an id, or kind and id as `user:ID`.' }),
  agent: z.string().max(300).optional().meta({ description: 'Id or name of an agent that the entry gives.' }),
  provider: z.string().max(200).optional().meta({ description: 'Provider that the entry gives.' }),
  from: IsoInstant.optional().meta({ description: 'Decided then or later.' }),
  to: IsoInstant.optional().meta({ description: 'Decided before then.' }),
}
export const LedgerQuery = PageQuery.extend(filters)
export const LedgerExportQuery = z.strictObject({
  format: z.enum(['jsonl', 'json', 'csv']).default('jsonl').meta({
    description: 'Lines of JSON, one JSON document, or a table whose head comes in the reply’s Metaagent-Export.',
  }),
  witnessed: z.stringbool().default(false).meta({
    description: 'Up to the newest checkpoint that a witness cosigned, in place of the very newest.',
  }),
  ...filters,
})

/** A signing key of the deployment, under the name of your log. */
export const LedgerKey = z
  .object({
    keyNumber: z.int(),
    keyId: z.string(),
    verifierKey: z.string().meta({ description: 'C2SP vkey: name+hash+key.' }),
    state: z.enum(['signing', 'overlapping', 'ended']),
    signsFrom: IsoInstant,
    signsUntil: IsoInstant.nullable().meta({ description: 'Null: no end is set.' }),
    endedBecause: z.string().nullable(),
  })
  .meta({ id: 'LedgerKey' })
export type LedgerKey = z.infer<typeof LedgerKey>
export const LedgerKeyList = z
  .object({
    items: z.array(LedgerKey).meta({ description: 'Newest first.' }),
    signing: z.int().meta({ description: 'How many sign now: two while an old one overlaps with its successor.' }),
  })
  .meta({ id: 'LedgerKeyList' })
export type LedgerKeyList = z.infer<typeof LedgerKeyList>

export const LedgerStatus = z
  .object({
    origin: z.string(),
    treeSize: z.int(),
    rootHash: Hash.nullable(),
    checkpoint: z.string().nullable().meta({ description: 'Signed note (C2SP tlog-checkpoint).' }),
    checkpointAt: IsoInstant.nullable(),
    verifierKey: z.string().meta({ description: 'C2SP vkey: name+hash+key.' }),
    pendingEntries: z.int(),
    haltedBecause: z.string().nullable().meta({
      description: 'Why the log does not go on: what is stored contradicts what was signed. Null: it goes on.',
    }),
  })
  .meta({ id: 'LedgerStatus' })

/** `metaagent-proof/v1`: everything a stranger needs to check one entry offline. */
export const ProofFile = z
  .object({
    format: z.literal('metaagent-proof/v1'),
    kind: z.literal('inclusion'),
    entry: z.string().meta({ description: 'Canonical JSON of the entry, byte for byte what was hashed.' }),
    index: z.int(),
    treeSize: z.int(),
    proof: z.array(Hash),
    checkpoint: z.string(),
    verifierKey: z.string(),
  })
  .meta({ id: 'ProofFile' })
export type ProofFile = z.infer<typeof ProofFile>

export const InclusionProof = z
  .object({ index: z.int(), treeSize: z.int(), leafHash: Hash, proof: z.array(Hash), rootHash: Hash })
  .meta({ id: 'InclusionProof' })
export const InclusionQuery = z.strictObject({
  index: z.coerce.number().int().min(0),
  treeSize: z.coerce.number().int().min(1).optional().meta({ description: 'Default: the newest signed size.' }),
})
export const ConsistencyProof = z
  .object({
    fromSize: z.int(),
    toSize: z.int(),
    fromRoot: Hash,
    toRoot: Hash,
    proof: z.array(Hash),
  })
  .meta({ id: 'ConsistencyProof' })
export const ConsistencyQuery = z.strictObject({
  from: z.coerce.number().int().min(1),
  to: z.coerce.number().int().min(1).optional().meta({ description: 'Default: the newest signed size.' }),
})
