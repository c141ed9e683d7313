import { z } from 'zod'
import { Because } from '../because.ts'

export interface EventDeclaration {
  /** What the payload holds. Personal fields are `Sealed`, so that plain text cannot be appended. */
  readonly payload: z.ZodType
  /** Whether the fact is sequenced into the organization's Merkle tree. */
  readonly ledger: boolean
}

export const declare = <Catalogue extends Record<string, EventDeclaration>>(catalogue: Catalogue) => catalogue

/** What a decision's mirror says. */
export const decided = z.object({ verdict: z.string(), because: Because, subject: z.string() })
