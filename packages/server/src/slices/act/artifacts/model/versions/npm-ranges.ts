import { compareNpmVersions, type NpmRange, type NpmVersion, readNpmVersion } from '../../../../../kernel/npm-range.ts'
import type { CandidateVersion, ReadRanges } from './version-set.ts'

/**
 * The decisive candidates of npm's ranges.
 *
 * The rule for what comes before a release is npm's own (`includePrerelease` off): `2.0.0-rc.1` is in a range only if the
 * range names some prerelease of the very 2.0.0. That is what `npm install` does, so a witness is something it would take.
 *
 * Why these are enough: a range is a union of intervals, so the least version in an intersection is the least one above
 * some lower bound, or the least of all. Releases are well ordered: above a.b.c stands a.b.(c+1). Prereleases of a.b.c
 * that count belong to a bound of a.b.c itself: its least is `-0`, and straight above `-x` stands `-x.0`.
 */
export function npmCandidates(ranges: readonly NpmRange[]): readonly CandidateVersion<NpmVersion>[] {
  const boundaries = ranges.flatMap(({ boundaries: those }) => those)
  const stated = boundaries.filter(isRelease).map(({ version }) => version)
  const derived = boundaries.flatMap((boundary) => [coreOf(boundary), afterCore(boundary)])
  const before = boundaries
    .filter((boundary) => !isRelease(boundary))
    .flatMap((boundary) => [`${coreOf(boundary)}-0`, boundary.version, `${boundary.version}.0`])
  const groups = [stated, ['1.0.0'], ['0.1.0'], derived, ['0.0.0'], before].map(ascending)
  const unique = new Map(groups.flat().map((version) => [version.version, version]))
  return [...unique.values()].map((version) => ({ text: version.version, version }))
}

export function readNpmRanges(ranges: readonly NpmRange[]): ReadRanges<NpmVersion> {
  return { candidates: npmCandidates(ranges), sets: ranges }
}

const isRelease = (version: NpmVersion) => version.prerelease.length === 0
const coreOf = ({ major, minor, patch }: NpmVersion) => `${major}.${minor}.${patch}`

/** The release after a.b.c; npm knows no part above 2^53 − 1, so that there the next part grows. */
function afterCore({ major, minor, patch }: NpmVersion): string {
  if (patch < Number.MAX_SAFE_INTEGER) return `${major}.${minor}.${patch + 1}`
  return minor < Number.MAX_SAFE_INTEGER ? `${major}.${minor + 1}.0` : `${major + 1}.0.0`
}

function ascending(texts: readonly string[]): readonly NpmVersion[] {
  return texts
    .map(readNpmVersion)
    .filter((version) => version !== null)
    .toSorted(compareNpmVersions)
}
