import { defined, oneOf, textOf } from '../../address/search.ts'

const kinds = ['agent', 'tool', 'model', 'provider'] as const

/** What the address of the dependency page holds: the chosen node, and whether hidden edges are shown. */
export interface DependenciesSearch {
  readonly kind?: (typeof kinds)[number]
  readonly target?: string
  readonly hidden?: 'true'
}

/** Reads the address; a node needs both its parts. */
export function dependenciesSearch(raw: Record<string, unknown>): DependenciesSearch {
  const kind = oneOf(raw['kind'], kinds)
  const target = textOf(raw['target'], 300)
  return defined({
    kind: target === undefined ? undefined : kind,
    target: kind === undefined ? undefined : target,
    hidden: oneOf(raw['hidden'], ['true'] as const),
  })
}
