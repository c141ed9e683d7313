import { ComparisonPolicy } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of a new comparison holds, so that a half-filled form can be shared. */
export interface NewComparisonSearch {
  readonly agentId?: string
  readonly control?: string
  readonly candidate?: string
  readonly policy?: ComparisonPolicy
  readonly pairing?: 'unit' | 'none'
  readonly environment?: string
}

/** Reads the address; what makes no sense is left out. */
export function newComparisonSearch(raw: Record<string, unknown>): NewComparisonSearch {
  return defined({
    agentId: textOf(raw['agentId']),
    control: textOf(raw['control']),
    candidate: textOf(raw['candidate']),
    policy: oneOf(raw['policy'], ComparisonPolicy.options),
    pairing: oneOf(raw['pairing'], ['unit', 'none'] as const),
    environment: textOf(raw['environment']),
  })
}

/** What the address of the list of comparisons holds. */
export interface ComparisonsSearch {
  readonly agentId?: string
}

/** Reads the address of the list. */
export function comparisonsSearch(raw: Record<string, unknown>): ComparisonsSearch {
  return defined({ agentId: textOf(raw['agentId']) })
}
