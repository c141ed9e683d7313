import { CostDimension } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** How many days back the page looks. */
export const costDays = ['1', '7', '30', '90'] as const
export type CostDays = (typeof costDays)[number]

/** What the address of the costs holds. */
export interface CostsSearch {
  readonly by?: CostDimension
  readonly days?: CostDays
  readonly environment?: string
  readonly agentId?: string
}

/** Reads the address; what makes no sense is left out. */
export function costsSearch(raw: Record<string, unknown>): CostsSearch {
  return defined({
    by: oneOf(raw['by'], CostDimension.options),
    days: oneOf(raw['days'], costDays),
    environment: textOf(raw['environment']),
    agentId: textOf(raw['agentId']),
  })
}
