import { type Change, type Effect, ruleChange, togetherOf } from '../../../../kernel/json-schema/difference.ts'
import { type JsonSchema, schemaDifference } from '../../../../kernel/json-schema/schema-difference.ts'

/** What a macro relies on in another part: which versions of it, and the shape of what passes between them. */
export interface Dependency {
  /** A range of semantic versions as npm writes them, such as `^2.1.0`. */
  readonly range: string
  readonly schema: JsonSchema
}

/** How version ranges are read. Handed in, so that a model rests on no library. */
export interface VersionRanges {
  isRange(range: string): boolean
  /** Whether every version of `inner` is one of `outer`. */
  isWithin(inner: string, outer: string): boolean
}

export interface Verdict {
  readonly verdict: 'compatible' | 'incompatible'
  /** The rule asks for no such change (limit 0); so many were seen, the first of them at `path` (null: none). */
  readonly because: {
    readonly rule: 'accepts-no-more' | 'accepts-no-less'
    readonly observed: number
    readonly limit: 0
    readonly path: string | null
  }
}

export interface DependencyDifference {
  /** Paths are `/schema…` and `/range`, sorted. */
  readonly changes: readonly Change[]
  /** For whoever consumes: made for what was accepted before, and handed what is accepted now. */
  readonly reading: Verdict
  /** For whoever produces: makes what was accepted before, and hands it to what is accepted now. */
  readonly writing: Verdict
}

/**
 * How a dependency changed, and whom it breaks. Readers are broken by what is newly accepted, writers by what is no longer.
 * `compatible` is certain; `incompatible` means that nothing proves the contrary. Objects are taken as JSON Schema takes
 * them: a new property in an object that is open to any narrows it, one in a closed object widens it.
 */
export function dependencyDifference(
  before: Dependency,
  after: Dependency,
  ranges: VersionRanges,
): DependencyDifference {
  const schema = schemaDifference(before.schema, after.schema)
  const changes = [
    ...rangeDifference(before.range, after.range, ranges),
    ...schema.map((change) => ({ ...change, path: `/schema${change.path}` })),
  ]
  return { changes, ...verdictsOf(changes) }
}

/** The verdicts on a list of changes for both who reads and who writes. */
export function verdictsOf(changes: readonly Change[]): { readonly reading: Verdict; readonly writing: Verdict } {
  return {
    reading: verdictOn('accepts-no-more', breaking(changes, 'widens')),
    writing: verdictOn('accepts-no-less', breaking(changes, 'narrows')),
  }
}

/** At most one change, at `/range`. A range that cannot be read is wider or narrower than nothing: it is just other. */
export function rangeDifference(before: string, after: string, ranges: VersionRanges): readonly Change[] {
  if (before === after) return []
  const told = (effect: Effect, rule: string) => [ruleChange('/range', effect, rule, before, after)]
  if (!ranges.isRange(before) || !ranges.isRange(after)) return told('both', 'range-unreadable')
  const grew: Effect = ranges.isWithin(after, before) ? 'none' : 'widens'
  const shrank: Effect = ranges.isWithin(before, after) ? 'none' : 'narrows'
  const effect = togetherOf([grew, shrank])
  return effect === 'none' ? [] : told(effect, 'range')
}

function breaking(changes: readonly Change[], effect: Effect): readonly Change[] {
  return changes.filter((change) => change.effect === effect || change.effect === 'both')
}

function verdictOn(rule: Verdict['because']['rule'], broken: readonly Change[]): Verdict {
  const because = { rule, observed: broken.length, limit: 0, path: broken[0]?.path ?? null } as const
  return { verdict: broken.length === 0 ? 'compatible' : 'incompatible', because }
}
