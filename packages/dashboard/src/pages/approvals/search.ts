import { Impact } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

export const approvalStates = ['pending', 'approved', 'rejected', 'expired', 'consumed'] as const
export type ApprovalState = (typeof approvalStates)[number]

/** What the address of the approvals page holds; without a state the waiting ones are meant. */
export interface ApprovalsSearch {
  readonly state?: ApprovalState
  /** First part of the operation: `amendments`. */
  readonly kind?: string
  readonly environment?: string
  readonly impact?: Impact
}

/** Reads the address. */
export function approvalsSearch(raw: Record<string, unknown>): ApprovalsSearch {
  return defined({
    state: oneOf(raw['state'], approvalStates),
    kind: kindOf(raw['kind']),
    environment: textOf(raw['environment']),
    impact: oneOf(raw['impact'], Impact.options),
  })
}

function kindOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z][a-z0-9_-]{0,99}$/.test(value) ? value : undefined
}
