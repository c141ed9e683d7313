import { GatewayDecision, Sensitivity } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** Filters of the list of decisions, as the address holds them. */
export interface GatewaySearch {
  readonly decision?: GatewayDecision
  readonly sensitivity?: Sensitivity
  readonly agent?: string
}

export function gatewaySearch(raw: Record<string, unknown>): GatewaySearch {
  return defined({
    decision: oneOf(raw['decision'], GatewayDecision.options),
    sensitivity: oneOf(raw['sensitivity'], Sensitivity.options),
    agent: textOf(raw['agent']),
  })
}
