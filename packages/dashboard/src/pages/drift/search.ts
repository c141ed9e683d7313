import { DriftStreamKind } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the list of streams holds. */
export interface DriftSearch {
  readonly kind?: DriftStreamKind
  readonly q?: string
}

export function driftSearch(raw: Record<string, unknown>): DriftSearch {
  return defined({ kind: oneOf(raw['kind'], DriftStreamKind.options), q: textOf(raw['q']) })
}
