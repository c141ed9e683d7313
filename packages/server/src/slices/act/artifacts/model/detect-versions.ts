import type { Finding } from './finding.ts'
import { normalisedName, type VersionRequirement } from './versions/requirement.ts'
import { judgeVersions, type VersionVerdict } from './versions/verdict.ts'

type Incompatible = Extract<VersionVerdict, { kind: 'incompatible' }>

/** Under which requirements meet: `npm:react`, `pypi:zope-interface`. */
export function packageKey(requirement: Pick<VersionRequirement, 'ecosystem' | 'name'>): string {
  return `${requirement.ecosystem}:${normalisedName(requirement)}`
}

/**
 * Whether the requirements of one artifact leave a version beside those of the others, all at once. A package that nobody
 * else requires is looked at, too: an artifact may contradict itself.
 */
export function findVersionFindings(
  artifactId: string,
  own: readonly VersionRequirement[],
  others: readonly VersionRequirement[],
): readonly Finding[] {
  const keys = new Set(own.map(packageKey))
  const near = others.filter((other) => keys.has(packageKey(other)))
  return judgeVersions([...own, ...near]).flatMap((verdict) => {
    const key = packageKey(verdict)
    const theirs = near.filter((other) => packageKey(other) === key)
    switch (verdict.kind) {
      case 'compatible':
        return []
      case 'unknown':
        return theirs.length === 0 ? [] : [unknownFinding(artifactId, key, verdict, own, theirs)]
      case 'incompatible':
        return incompatibleFindings(
          artifactId,
          key,
          verdict,
          own.filter((mine) => packageKey(mine) === key),
          theirs,
        )
    }
  })
}

/** The smallest set that has no version in common. Where the others alone have none, what each of them leaves beside ours. */
function incompatibleFindings(
  artifactId: string,
  key: string,
  verdict: Incompatible,
  own: readonly VersionRequirement[],
  theirs: readonly VersionRequirement[],
): readonly Finding[] {
  if (verdict.minimal.some(({ holder }) => holder === artifactId))
    return [incompatibleFinding(artifactId, key, verdict, theirs)]
  return [...Map.groupBy(theirs, ({ holder }) => holder).values()].flatMap((one) =>
    judgeVersions([...own, ...one]).flatMap((pair) =>
      pair.kind === 'incompatible' && pair.minimal.some(({ holder }) => holder === artifactId)
        ? [incompatibleFinding(artifactId, key, pair, one)]
        : [],
    ),
  )
}

function incompatibleFinding(
  artifactId: string,
  key: string,
  { minimal, hint, because }: Incompatible,
  theirs: readonly VersionRequirement[],
): Finding {
  const [agreed] = theirs.length === 0 ? [] : judgeVersions(theirs)
  const witness = agreed?.kind === 'compatible' ? agreed.witness : null
  const upgrade = witness === null ? null : `All others accept ${key} at ${witness}: require a range that holds it.`
  return {
    type: 'DEPENDENCY_VERSION',
    kind: 'INCOMPATIBLE',
    subject: key,
    severity: 'HIGH',
    because,
    hints: [upgrade, hint].filter((one) => one !== null),
    witness,
    sides: sidesOf(artifactId, minimal),
  }
}

function unknownFinding(
  artifactId: string,
  key: string,
  verdict: Extract<VersionVerdict, { kind: 'unknown' }>,
  own: readonly VersionRequirement[],
  theirs: readonly VersionRequirement[],
): Finding {
  const mine = own.filter((one) => packageKey(one) === key)
  return {
    type: 'DEPENDENCY_VERSION',
    kind: 'UNKNOWN',
    subject: key,
    severity: 'MEDIUM',
    because: verdict.because,
    hints: [`Require ${key} by a range of versions: what \`${verdict.unknown[0]?.range}\` means is known only later.`],
    witness: null,
    sides: sidesOf(artifactId, [...mine, ...theirs]),
  }
}

/** One side an artifact, the one that is looked at first. */
function sidesOf(artifactId: string, requirements: readonly VersionRequirement[]): Finding['sides'] {
  const ranges = Map.groupBy(requirements, ({ holder }) => holder)
  const textOf = (holder: string) =>
    (ranges.get(holder) ?? []).map(({ name, range }) => `${name} ${range === '' ? 'in any version' : range}`).join(', ')
  const others = [...ranges.keys()].filter((holder) => holder !== artifactId).toSorted()
  return [
    { artifactId, claim: textOf(artifactId) },
    ...others.map((holder) => ({ artifactId: holder, claim: textOf(holder) })),
  ]
}
