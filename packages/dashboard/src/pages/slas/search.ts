import { SlaState } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the list of service levels holds. */
export interface SlasSearch {
  readonly state?: SlaState
  readonly agentId?: string
}

/** Reads the address of the list. */
export function slasSearch(raw: Record<string, unknown>): SlasSearch {
  return defined({ state: oneOf(raw['state'], SlaState.options), agentId: textOf(raw['agentId']) })
}
