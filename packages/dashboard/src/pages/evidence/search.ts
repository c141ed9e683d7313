import { ControlState } from '@metaagent/contract'
import { defined, oneOf } from '../../address/search.ts'

/** How many days back evidence is looked for. */
export const periods = ['30', '90', '180', '365'] as const

/** What the addresses of the pages about evidence hold. */
export interface EvidenceSearch {
  /** Left out: 90. */
  readonly days?: (typeof periods)[number]
  /** Controls in this state alone. */
  readonly state?: ControlState
}

export const defaultDays = '90'

/** Reads the address of a page about evidence. */
export function evidenceSearch(raw: Record<string, unknown>): EvidenceSearch {
  // A number in the address is read as a number.
  return defined({ days: oneOf(String(raw['days']), periods), state: oneOf(raw['state'], ControlState.options) })
}
