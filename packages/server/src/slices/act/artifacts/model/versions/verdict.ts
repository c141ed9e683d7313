import type { Because } from '@metaagent/contract'
import { comparisonsMax, type ReadRange, readRange, weighRanges } from './read-ranges.ts'
import { type Ecosystem, normalisedName, type VersionRequirement } from './requirement.ts'
import type { Weighed } from './version-set.ts'

interface VerdictBase {
  readonly ecosystem: Ecosystem
  /** As the registry knows it. */
  readonly name: string
  /** All that need the package, in the order in which they were handed in. */
  readonly requirements: readonly VersionRequirement[]
  readonly because: Because
}

/** Whether all who need a package can have one version of it. */
export type VersionVerdict =
  | (VerdictBase & {
      readonly kind: 'compatible'
      /** A version that all admit. That somebody published it is not known here. */
      readonly witness: string
    })
  | (VerdictBase & {
      readonly kind: 'incompatible'
      /** No version is in all of these, and without any one of them there is one. One holder stands for each range. */
      readonly minimal: readonly VersionRequirement[]
      /** What one holder could do, as a sentence; null: more than one would have to move. */
      readonly hint: string | null
      /** The same as data: if these requirements moved, all could have this version. */
      readonly upgrade: { readonly requirements: readonly VersionRequirement[]; readonly version: string } | null
    })
  | (VerdictBase & {
      readonly kind: 'unknown'
      /** Those of which nobody can tell which versions they admit; the others do not contradict each other. */
      readonly unknown: readonly VersionRequirement[]
    })

/**
 * One verdict for each package that the requirements name, by ecosystem and name.
 *
 * All ranges of a package are weighed at once, never two by two: `1 || 2`, `2 || 3` and `1 || 3` agree in pairs and have
 * no version in common. A version that all admit is shown as witness; where there is none, the search has proven it (see
 * npm-ranges.ts and pep440-ranges.ts for why its candidates are decisive, and for what holds for prereleases). A
 * contradiction among the ranges that can be read stands whatever the others mean.
 */
export function judgeVersions(requirements: readonly VersionRequirement[]): readonly VersionVerdict[] {
  const packages = Map.groupBy(requirements, (requirement) => `${requirement.ecosystem} ${normalisedName(requirement)}`)
  return [...packages.keys()].toSorted().flatMap((key) => {
    const those = packages.get(key) ?? []
    const [first] = those
    return first === undefined ? [] : [judgePackage(first.ecosystem, normalisedName(first), those)]
  })
}

interface Group {
  readonly read: ReadRange
  readonly requirements: readonly VersionRequirement[]
}

function judgePackage(ecosystem: Ecosystem, name: string, requirements: readonly VersionRequirement[]): VersionVerdict {
  const base = { ecosystem, name, requirements }
  const byRange = Map.groupBy(requirements, ({ range }) => range.trim())
  const groups = [...byRange].map(([range, those]) => ({ read: readRange(ecosystem, range), requirements: those }))
  const known = groups.filter(({ read }) => read.kind !== 'unknown')
  const comparisons = groups.reduce((sum, { read }) => sum + (read.kind === 'unknown' ? 0 : read.comparisons), 0)
  if (comparisons > comparisonsMax) return { ...base, ...tooMany(name, requirements, comparisons) }
  const weighed = weighRanges(known.map(({ read }) => read))
  if (weighed.witness === null) return { ...base, ...incompatible(name, known, weighed) }
  if (known.length < groups.length) return { ...base, ...unknown(name, groups) }
  return { ...base, kind: 'compatible', witness: weighed.witness, because: common(name, byRange.size, weighed.witness) }
}

function common(name: string, ranges: number, witness: string): Because {
  const what = ranges === 1 ? 'The range admits' : ranges === 2 ? 'Both ranges admit' : `All ${ranges} ranges admit`
  const text = `${what} ${name} ${witness}.`
  return { rule: 'a-version-is-in-every-range', observed: witness, limit: null, text }
}

type Told<Kind extends VersionVerdict['kind']> = Omit<
  Extract<VersionVerdict, { kind: Kind }>,
  'ecosystem' | 'name' | 'requirements'
>

function incompatible(name: string, groups: readonly Group[], weighed: Weighed): Told<'incompatible'> {
  const conflict = weighed.conflict.flatMap((position) => {
    const group = groups[position]
    return group === undefined ? [] : [{ ...group, version: weighed.witnessWithout(position) }]
  })
  const minimal = conflict.flatMap(({ requirements }) => requirements.slice(0, 1))
  const upgrade = cheapestUpgrade(conflict)
  const told = minimal.map(({ range, holder }) => `${quoted(range)} of ${holder}`).join(' and ')
  const because = {
    rule: 'no-version-is-in-every-range',
    observed: minimal.map(({ range }) => quoted(range)).join(' and '),
    limit: null,
    text: `No version of ${name} is in ${told}.`,
  }
  return {
    kind: 'incompatible',
    minimal,
    upgrade,
    hint: upgrade === null ? null : hintOf(name, upgrade, groups.length),
    because,
  }
}

type Upgrade = NonNullable<Extract<VersionVerdict, { kind: 'incompatible' }>['upgrade']>

/** The range that fewest hold and without which the others agree; of equals the one that came last. */
function cheapestUpgrade(
  conflict: readonly { readonly requirements: readonly VersionRequirement[]; readonly version: string | null }[],
): Upgrade | null {
  const ways = conflict.flatMap(({ requirements, version }) => (version === null ? [] : [{ requirements, version }]))
  return ways.toReversed().toSorted((a, b) => a.requirements.length - b.requirements.length)[0] ?? null
}

function hintOf(name: string, { requirements, version }: Upgrade, ranges: number): string {
  const holders = [...new Set(requirements.map(({ holder }) => holder))].join(', ')
  const range = quoted(requirements[0]?.range ?? '')
  const why = ranges === 1 ? 'that range admits nothing' : 'the others agree on it'
  return `Let ${holders} admit ${name} ${version} in place of ${range}: ${why}.`
}

function unknown(name: string, groups: readonly Group[]): Told<'unknown'> {
  const unread = groups.flatMap(({ read, requirements }) => (read.kind === 'unknown' ? [{ read, requirements }] : []))
  const told = unread.flatMap(({ read, requirements }) =>
    requirements.slice(0, 1).map(({ range, holder }) => `${quoted(range)} of ${holder}: ${read.why}`),
  )
  const because = {
    rule: 'a-range-is-not-known',
    observed: unread.length,
    limit: 0,
    text: `Which versions of ${name} fit is not known. ${told.join('; ')}.`,
  }
  return { kind: 'unknown', unknown: unread.flatMap(({ requirements }) => requirements), because }
}

function tooMany(name: string, requirements: readonly VersionRequirement[], comparisons: number): Told<'unknown'> {
  const because = {
    rule: 'too-many-comparisons',
    observed: comparisons,
    limit: comparisonsMax,
    text: `The ranges of ${name} hold ${comparisons} comparisons; at most ${comparisonsMax} are weighed against each other.`,
  }
  return { kind: 'unknown', unknown: requirements, because }
}

function quoted(range: string): string {
  const short = range.length > 100 ? `${range.slice(0, 100)}…` : range
  return `“${short}”`
}
