import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the ledger's list holds. */
export interface LedgerSearch {
  readonly type?: string
  readonly subject?: string
  readonly actor?: string
  readonly agent?: string
  readonly provider?: string
  /** Instants, ISO 8601. */
  readonly from?: string
  readonly to?: string
}

/** Reads the address. */
export function ledgerSearch(raw: Record<string, unknown>): LedgerSearch {
  return defined({
    type: textOf(raw['type']),
    subject: textOf(raw['subject'], 300),
    actor: textOf(raw['actor'], 300),
    agent: textOf(raw['agent'], 300),
    provider: textOf(raw['provider'], 200),
    from: instantOf(raw['from']),
    to: instantOf(raw['to']),
  })
}

/** A day or an instant of the address, as the API takes it. */
function instantOf(raw: unknown): string | undefined {
  const at = typeof raw === 'string' ? new Date(raw) : null
  return at === null || Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}

/** What the address of an entry holds: whether its proof is checked as soon as it is shown. */
export interface EntrySearch {
  readonly verify?: 'true'
}

/** Reads the address of an entry. */
export function entrySearch(raw: Record<string, unknown>): EntrySearch {
  return defined({ verify: oneOf(raw['verify'], ['true'] as const) })
}
