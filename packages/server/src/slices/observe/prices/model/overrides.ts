import type { Instant } from '../../../../kernel/instant.ts'
import type { CompiledRow } from './cost.ts'
import { providerId } from './providers.ts'

export type MatchKind = 'equals' | 'starts_with' | 'ends_with' | 'contains'

/** Which calls a price of an organization's own is for, and when. */
export interface PriceScope {
  /** As `providerId` spells it; null: whoever serves the model. */
  readonly provider: string | null
  readonly matchKind: MatchKind
  readonly matchValue: string
  /** The first instant at which it counts; null: always has. */
  readonly effectiveFrom: Instant | null
  /** The first instant at which it counts no more; null: no end. */
  readonly effectiveTo: Instant | null
}

export interface Override extends PriceScope {
  readonly revision: number
  readonly row: CompiledRow
}

/**
 * The price of an organization's own for a call, or null. Of several the narrower one counts: a named provider before
 * any, a whole name before a part, a longer part before a shorter one, then what was set last.
 */
export function overrideFor(
  overrides: readonly Override[],
  provider: string | null,
  model: string,
  at: Instant,
): Override | null {
  const from = provider === null ? null : providerId(provider)
  let best: Override | null = null
  for (const override of overrides) {
    if (override.provider !== null && override.provider !== from) continue
    if (!covers(override, at) || !matchesModel(override, model)) continue
    if (best === null || isNarrower(override, best)) best = override
  }
  return best
}

function isNarrower(a: Override, b: Override): boolean {
  const rank = (one: Override) => [
    one.provider === null ? 0 : 1,
    one.matchKind === 'equals' ? 1 : 0,
    one.matchValue.length,
    one.revision,
  ]
  const [left, right] = [rank(a), rank(b)]
  const at = left.findIndex((value, place) => value !== right[place])
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0)
}

function covers({ effectiveFrom, effectiveTo }: PriceScope, at: Instant): boolean {
  return (effectiveFrom === null || at >= effectiveFrom) && (effectiveTo === null || at < effectiveTo)
}

function matchesModel({ matchKind, matchValue }: PriceScope, model: string): boolean {
  const name = model.toLowerCase()
  const wanted = matchValue.toLowerCase()
  switch (matchKind) {
    case 'equals':
      return name === wanted
    case 'starts_with':
      return name.startsWith(wanted)
    case 'ends_with':
      return name.endsWith(wanted)
    case 'contains':
      return name.includes(wanted)
  }
}

/** Whether two prices are for the same calls at some time, so that only their age would decide between them. */
export function contradict(a: PriceScope, b: PriceScope): boolean {
  const sameCalls =
    a.provider === b.provider &&
    a.matchKind === b.matchKind &&
    a.matchValue.toLowerCase() === b.matchValue.toLowerCase()
  const beginsBefore = (one: PriceScope, other: PriceScope) =>
    one.effectiveFrom === null || other.effectiveTo === null || one.effectiveFrom < other.effectiveTo
  return sameCalls && beginsBefore(a, b) && beginsBefore(b, a)
}

/** What a price is for, in one text: `openai/gpt-4*`. */
export function scopeText({ provider, matchKind, matchValue }: PriceScope): string {
  const open = (kinds: readonly MatchKind[]) => (kinds.includes(matchKind) ? '*' : '')
  return `${provider ?? '*'}/${open(['ends_with', 'contains'])}${matchValue}${open(['starts_with', 'contains'])}`
}
