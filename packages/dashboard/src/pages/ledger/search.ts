import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the ledger's list holds. */
export interface LedgerSearch {
  readonly type?: string
  readonly subject?: string
}

/** Reads the address. */
export function ledgerSearch(raw: Record<string, unknown>): LedgerSearch {
  return defined({ type: textOf(raw['type']), subject: textOf(raw['subject'], 300) })
}

/** What the address of an entry holds: whether its proof is checked as soon as it is shown. */
export interface EntrySearch {
  readonly verify?: 'true'
}

/** Reads the address of an entry. */
export function entrySearch(raw: Record<string, unknown>): EntrySearch {
  return defined({ verify: oneOf(raw['verify'], ['true'] as const) })
}
