import { oneOf } from '../../address/search.ts'

export const approvalStates = ['pending', 'approved', 'rejected', 'expired', 'consumed'] as const
export type ApprovalState = (typeof approvalStates)[number]

/** What the address of the approvals page holds; without a state the waiting ones are meant. */
export interface ApprovalsSearch {
  readonly state?: ApprovalState
}

/** Reads the address. */
export function approvalsSearch(raw: Record<string, unknown>): ApprovalsSearch {
  const state = oneOf(raw['state'], approvalStates)
  return state === undefined ? {} : { state }
}
