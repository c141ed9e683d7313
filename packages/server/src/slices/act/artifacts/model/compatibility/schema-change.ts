import type { Change, ChangeKind } from '../../../../../kernel/json-schema/difference.ts'

/** Whom a change breaks: who reads what was written to the later one, who writes to it, both or nobody. */
export type Breaks = 'readers' | 'writers' | 'both' | 'none'

export interface SchemaChange {
  /** JSON pointer (RFC 6901) into the document; through `$ref` where the way leads through one. */
  readonly path: string
  readonly kind: ChangeKind
  readonly breaks: Breaks
  /** The rule, what it says now, and what it said before (null: nothing). */
  readonly because: { readonly rule: string; readonly observed: unknown; readonly limit: unknown }
}

/** What is accepted beyond the earlier breaks readers, what is no longer accepted breaks writers. */
export function breaksOf({ effect, kind }: Change): Breaks {
  const breaks = { widens: 'readers', narrows: 'writers', both: 'both', none: 'none' } as const
  // That a property is named tells what it is; that it must be there is told by `required`.
  return kind === 'added' && effect === 'narrows' ? 'none' : breaks[effect]
}
