import type { Because, DeclaredDependency, MacroBlock } from '@metaagent/contract'
import type { Change } from '../../../../kernel/json-schema/difference.ts'
import { dependencyDifference, type VersionRanges } from './compatibility.ts'

/** What a provider publishes: one version and its shape. */
export interface Published {
  readonly version: string
  readonly schema: DeclaredDependency['schema']
}

/** How versions are read, handed in as ranges are. */
export interface Versions extends VersionRanges {
  /** Whether a version lies in a range. */
  includes(range: string, version: string): boolean
}

/** So many changes are kept of one dependency: the ones that break first. */
const changesKept = 200

/**
 * Which dependencies of a macro are in its way, in their order; none: it may run. A provider that never published itself
 * is unknown, and unknown is not compatible. A reader is broken by what it was not made for, a writer by what is no
 * longer taken.
 */
export function blocksOf(
  declared: readonly DeclaredDependency[],
  published: ReadonlyMap<string, Published>,
  versions: Versions,
): readonly MacroBlock[] {
  return declared.flatMap((one) => {
    const block = blockOf(one, published.get(one.name) ?? null, versions)
    return block === null ? [] : [block]
  })
}

function blockOf(declared: DeclaredDependency, published: Published | null, versions: Versions): MacroBlock | null {
  const { name, direction, range, schema } = declared
  const told = { dependency: name, direction, range, version: published?.version ?? null }
  if (published === null) {
    const text = `${name} has never been published. Publish its version and schema under /api/v1/macro-dependencies.`
    return { ...told, because: because('dependency-unknown', null, range, text), changes: [] }
  }
  const difference = dependencyDifference({ range, schema }, { range, schema: published.schema }, versions)
  const verdict = difference[direction]
  const changes = wireOf(difference.changes, direction)
  if (!versions.includes(range, published.version)) {
    const change: MacroBlock['changes'][number] = {
      path: '/version',
      kind: 'changed',
      effect: 'both',
      because: { rule: 'range', observed: published.version, limit: range },
    }
    const text = `${name} is at ${published.version}, and the macro takes ${range}.`
    return {
      ...told,
      because: because('version-outside-range', published.version, range, text),
      changes: [change, ...changes],
    }
  }
  if (verdict.verdict === 'compatible') return null
  const { rule, observed, limit, path } = verdict.because
  const what = direction === 'reading' ? 'may now hand over what' : 'no longer takes everything that'
  const text = `${name} ${published.version} ${what} the macro was made for: ${observed} ${observed === 1 ? 'change' : 'changes'}, the first at ${path}.`
  return { ...told, because: because(rule, observed, limit, text), changes }
}

function because(rule: string, observed: Because['observed'], limit: Because['limit'], text: string): Because {
  return { rule, observed, limit, text }
}

/** As the contract shows them: what breaks this direction first. */
function wireOf(changes: readonly Change[], direction: DeclaredDependency['direction']): MacroBlock['changes'] {
  const breaking = direction === 'reading' ? 'widens' : 'narrows'
  const breaks = (change: Change) => change.effect === breaking || change.effect === 'both'
  return changes
    .toSorted((a, b) => Number(breaks(b)) - Number(breaks(a)))
    .slice(0, changesKept)
    .map(({ path, kind, effect, because: why }) => ({
      path,
      kind,
      effect,
      because: { rule: why.rule, observed: jsonOf(why.observed), limit: jsonOf(why.limit) },
    }))
}

/** A value of a schema as JSON; one that is very long is cut to its beginning. */
function jsonOf(value: unknown): MacroBlock['changes'][number]['because']['observed'] {
  const text = JSON.stringify(value) ?? 'null'
  return text.length <= 2_000 ? JSON.parse(text) : `${text.slice(0, 2_000)}…`
}

/** One fact that moves what is blocked, as the journal tells it. */
export type DependencyFact =
  | { readonly kind: 'macro'; readonly macro: string; readonly dependencies: readonly DeclaredDependency[] }
  | { readonly kind: 'published'; readonly name: string; readonly published: Published }

/** What every macro declares and every provider publishes: all that blocks follow from. */
export interface DependencyState {
  readonly macros: ReadonlyMap<string, readonly DeclaredDependency[]>
  readonly published: ReadonlyMap<string, Published>
}

export const noDependencies: DependencyState = { macros: new Map(), published: new Map() }

/** The state after one more fact. Replaying the journal from its beginning gives the state of today. */
export function dependenciesAfter(state: DependencyState, fact: DependencyFact): DependencyState {
  return fact.kind === 'macro'
    ? { ...state, macros: new Map(state.macros).set(fact.macro, fact.dependencies) }
    : { ...state, published: new Map(state.published).set(fact.name, fact.published) }
}
