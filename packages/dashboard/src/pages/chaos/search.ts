import { defined, textOf } from '../../address/search.ts'

/** What the address of the list of experiments holds. */
export interface ChaosSearch {
  readonly environment?: string
}

/** Reads the address of the list. */
export function chaosSearch(raw: Record<string, unknown>): ChaosSearch {
  return defined({ environment: textOf(raw['environment']) })
}
