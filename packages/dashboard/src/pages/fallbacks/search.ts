import { defined, oneOf, textOf } from '../../address/search.ts'

const primaries = ['macro', 'agent'] as const

/** What the address of the list of fallback policies holds. */
export interface FallbacksSearch {
  readonly primary?: (typeof primaries)[number]
  readonly environment?: string
}

/** Reads the address of the list. */
export function fallbacksSearch(raw: Record<string, unknown>): FallbacksSearch {
  return defined({ primary: oneOf(raw['primary'], primaries), environment: textOf(raw['environment']) })
}
