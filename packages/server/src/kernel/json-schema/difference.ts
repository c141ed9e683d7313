/** What a change does to the set of what is accepted: more, less, either, or neither as far as anybody can tell. */
export type Effect = 'widens' | 'narrows' | 'both' | 'none'

/** `added` and `removed` are properties by name; the rest says what became of a rule that both sides may have. */
export type ChangeKind = 'added' | 'removed' | 'changed' | 'widened' | 'narrowed'

export interface Change {
  /** JSON pointer (RFC 6901) into the schema; through `$ref` where the way leads through one. '' is the whole. */
  readonly path: string
  readonly kind: ChangeKind
  readonly effect: Effect
  /** The keyword, what it says now, and what it said before (null: nothing). */
  readonly because: { readonly rule: string; readonly observed: unknown; readonly limit: unknown }
}

/** The effect of several changes that all hold at once. */
export function togetherOf(effects: readonly Effect[]): Effect {
  const widens = effects.some((effect) => effect === 'widens' || effect === 'both')
  const narrows = effects.some((effect) => effect === 'narrows' || effect === 'both')
  return widens ? (narrows ? 'both' : 'widens') : narrows ? 'narrows' : 'none'
}

/** A rule that became wider, narrower or just other. */
export function ruleChange(path: string, effect: Effect, rule: string, limit: unknown, observed: unknown): Change {
  const kind = effect === 'widens' ? 'widened' : effect === 'narrows' ? 'narrowed' : 'changed'
  return { path, kind, effect, because: { rule, observed: observed ?? null, limit: limit ?? null } }
}

/** The same change, seen from the other side: what was added is removed, what was widened is narrowed. */
export function mirrored({ path, kind, effect, because }: Change): Change {
  const kinds = {
    added: 'removed',
    removed: 'added',
    changed: 'changed',
    widened: 'narrowed',
    narrowed: 'widened',
  } as const
  const effects = { widens: 'narrows', narrows: 'widens', both: 'both', none: 'none' } as const
  const { rule, observed, limit } = because
  return { path, kind: kinds[kind], effect: effects[effect], because: { rule, observed: limit, limit: observed } }
}
