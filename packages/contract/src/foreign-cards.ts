import { z } from 'zod'
import { AgentCard } from './agent-cards.ts'
import { TextDiff } from './amendments.ts'
import { Because } from './because.ts'
import { Sensitivity } from './gateway.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Json, Uuid } from './primitives.ts'
import { address, line, prose } from './texts.ts'

const governed = { reason: prose(2_000), approvalId: Uuid.optional() }

/** What a card's signature is worth. `unverifiable`: no key that is trusted for it was there. */
export const CardSignatureState = z
  .enum(['verified', 'unsigned', 'unverifiable', 'invalid'])
  .meta({ id: 'CardSignatureState' })
export type CardSignatureState = z.infer<typeof CardSignatureState>

export const ForeignCardState = z.enum(['needs-approval', 'approved']).meta({ id: 'ForeignCardState' })
export type ForeignCardState = z.infer<typeof ForeignCardState>

const ascii = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\x20-\x7e]*$/, 'holds other characters than a key does')

const PublicJwk = z
  .record(ascii(100), z.union([ascii(10_000), z.array(ascii(10_000)).max(10)]))
  .refine((jwk) => !('d' in jwk) && !('k' in jwk), 'holds a private key; send the public one')

export const ForeignCardOrder = z
  .strictObject({
    url: address(/^https?$/)
      .nullable()
      .default(null)
      .meta({
        description: 'Where the card is fetched from, and looked at again.',
      }),
    card: Json.nullable().default(null).meta({ description: 'The card itself, in place of `url`.' }),
    jwksUrl: address(/^https?$/)
      .nullable()
      .default(null)
      .meta({
        description:
          'Where its signer publishes keys; by default what the card names, if it is of the card’s own origin.',
      }),
    pinnedKey: PublicJwk.nullable().default(null).meta({ description: 'The only key that may sign it (JWK).' }),
    reason: prose(2_000),
  })
  .refine(({ url, card }) => (url === null) !== (card === null), 'send either `url` or `card`')
  .meta({ id: 'ForeignCardOrder' })
export type ForeignCardOrder = z.output<typeof ForeignCardOrder>

export const ForeignCardApproval = z
  .strictObject({
    digest: line(200).meta({ description: 'Of the card that was looked at: another one is not approved.' }),
    sensitivityCeiling: Sensitivity.default('PUBLIC').meta({
      description: 'The most sensitive data that it may be given, whatever its card says.',
    }),
    ...governed,
  })
  .meta({ id: 'ForeignCardApproval' })
export type ForeignCardApproval = z.output<typeof ForeignCardApproval>
export const ForeignCardRemoval = z.strictObject({ reason: prose(2_000).default('Removed.') })

const foreignCard = {
  cardId: Uuid,
  url: z.string().nullable(),
  jwksUrl: z.string().nullable(),
  hasPinnedKey: z.boolean(),
  state: ForeignCardState,
  because: Because.meta({ description: 'Why it is in this state.' }),
  name: z.string(),
  version: z.string(),
  description: z.string(),
  signature: CardSignatureState.meta({ description: 'Of the card that was seen last.' }),
  signatureDetail: z.string().nullable(),
  pinnedDigest: z.string().nullable().meta({ description: 'Of the card that was approved; null: none was yet.' }),
  seenDigest: z.string(),
  lastCheckedAt: IsoInstant,
  nextCheckAt: IsoInstant.nullable().meta({ description: 'Null: it was pasted and is not looked at again.' }),
  problem: z.string().nullable().meta({ description: 'Why the last look failed; null: it did not.' }),
  sensitivityCeiling: Sensitivity.nullable().meta({ description: 'As it was approved; null: it never was.' }),
  approvalId: Uuid.nullable(),
  revision: z.int(),
  createdAt: IsoInstant,
  changedAt: IsoInstant,
}

/** A card of somebody else’s. Found by discovery only while what was approved is what is seen. */
export const ForeignCard = z
  .object({
    ...foreignCard,
    seenCard: AgentCard,
    pinnedCard: AgentCard.nullable(),
    difference: TextDiff.nullable().meta({
      description: 'From what was approved to what is seen, member by member; null: nothing was approved yet.',
    }),
  })
  .meta({ id: 'ForeignCard' })
export type ForeignCard = z.infer<typeof ForeignCard>
export const ForeignCardSummary = z.object(foreignCard).meta({ id: 'ForeignCardSummary' })
export type ForeignCardSummary = z.infer<typeof ForeignCardSummary>
export const ForeignCardPage = pageOf(ForeignCardSummary).meta({ id: 'ForeignCardPage' })
export const ForeignCardQuery = PageQuery.extend({ state: ForeignCardState.optional() })
/** What is told of somebody else’s card. */
export const ForeignCardPayload = z.object({
  cardId: Uuid,
  name: z.string(),
  url: z.string().nullable(),
  pinnedDigest: z.string().nullable(),
  seenDigest: z.string(),
  signature: CardSignatureState,
  because: Because,
})
