import semver from 'semver'
import type { Grid } from './brute-force.ts'
import type { Chance } from './chance.ts'

/** Prereleases that stand in ranges; the grid also has what follows straight on each. */
const prereleases = ['0', '1', 'a', 'a.0', 'a.1', 'b'] as const
const largest = 3

/**
 * Ranges of parts 0 to 3 in every notation of npm. The grid holds all versions of parts 0 to 5 with no prerelease and with each
 * of those above and its successor, so that every range that is not empty has a version on it.
 */
export function npmGrid(): Grid {
  const tags = ['', ...new Set(prereleases.flatMap((tag) => [`-${tag}`, `-${tag}.0`, `-${tag}.0.0`]))]
  const parts = Array.from({ length: largest + 3 }, (_, part) => part)
  const cores = parts.flatMap((major) => parts.flatMap((minor) => parts.map((patch) => `${major}.${minor}.${patch}`)))
  const versions = cores.flatMap((core) => tags.map((tag) => new semver.SemVer(core + tag)))
  return {
    ecosystem: 'npm',
    versions: versions.map(({ version }) => version),
    admitted: (text) => {
      const range = new semver.Range(text)
      return Uint8Array.from(versions, (version) => Number(range.test(version)))
    },
    includes: (range, version) => semver.satisfies(version, range),
    naive: (left, right) => semver.intersects(left, right),
  }
}

export function randomNpmRange(chance: Chance): string {
  return chance.times(1, 3, () => randomSet(chance)).join(' || ')
}

function randomSet(chance: Chance): string {
  const kind = chance.below(10)
  if (kind === 0) return `${randomPartial(chance)} - ${randomPartial(chance)}`
  if (kind === 1) return randomPartial(chance)
  if (kind < 5) return `${chance.of(['^', '~'])}${randomPartial(chance)}`
  return chance.times(1, 3, () => chance.of(['>', '>=', '<', '<=', '=', '']) + randomPartial(chance)).join(' ')
}

function randomPartial(chance: Chance): string {
  const [major, minor, patch] = [0, 0, 0].map(() => chance.between(0, largest))
  switch (chance.below(6)) {
    case 0:
      return `${major}.${minor}`
    case 1:
      return chance.of([`${major}`, `${major}.x`, `${major}.${minor}.*`, '*'])
    case 2:
    case 3:
      return `${major}.${minor}.${patch}-${chance.of(prereleases)}`
    default:
      return `${major}.${minor}.${patch}`
  }
}
