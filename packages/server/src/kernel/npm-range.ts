import semver from 'semver'

/** A version as npm reads it; `version` is its text without build metadata. */
export type NpmVersion = semver.SemVer

/** What versions a range admits, as npm decides it (`includePrerelease` off). */
export interface NpmRange {
  /** The versions that stand in the range once it is taken apart: `^1.2` has 1.2.0 and 2.0.0-0. */
  readonly boundaries: readonly NpmVersion[]
  includes(version: NpmVersion): boolean
}

/**
 * Reads a range of npm by npm's own library, strictly: what npm reads only in its loose mode is null, too, because that
 * mode silently drops the parts that it cannot read (`1 || latest` becomes `1`).
 */
export function readNpmRange(text: string): NpmRange | null {
  try {
    const range = new semver.Range(text)
    const named = range.set.flat().map((comparator) => comparator.semver)
    // `*` has a marker in place of a version.
    const boundaries = named.filter((version) => version instanceof semver.SemVer)
    return { boundaries, includes: (version) => range.test(version) }
  } catch {
    return null
  }
}

/** A version of npm, or null: a part above 2^53 − 1, more than 256 characters, or no version at all. */
export function readNpmVersion(text: string): NpmVersion | null {
  return semver.parse(text)
}

export function compareNpmVersions(left: NpmVersion, right: NpmVersion): number {
  return left.compare(right)
}
