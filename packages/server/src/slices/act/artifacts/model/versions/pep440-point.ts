import type { Pep440Version } from '../../../../../kernel/pep440-version.ts'

/**
 * A place on the line of PEP 440's versions. Places that are no version stand between versions: `afterLocals(V)` behind V
 * and each V+local, `afterPosts(V)` behind V's post-releases, too (the boundaries of pypa/packaging's ranges).
 */
export interface Pep440Point {
  /** Infinite: behind all versions. */
  readonly epoch: number
  /** Without zeros at the end, which do not count. */
  readonly release: readonly number[]
  /** Phase, its number, whether post, its number, whether no dev, its number. */
  readonly suffix: readonly [number, number, number, number, number, number]
  readonly local: readonly (number | string)[] | null | 'all'
}

/** A cut straight before or straight behind a point. */
export interface Pep440Cut {
  readonly point: Pep440Point
  readonly behind: boolean
}

const phaseOrder = { a: 0, b: 1, rc: 2 } as const
const devOnly = -1
const finalRelease = 3

export function pointOf({ epoch, release, pre, post, dev, local }: Pep440Version): Pep440Point {
  const phase = pre === null ? (post === null && dev !== null ? devOnly : finalRelease) : phaseOrder[pre.phase]
  const suffix = [phase, pre?.number ?? 0, post === null ? 0 : 1, post ?? 0, dev === null ? 1 : 0, dev ?? 0] as const
  return { epoch, release: trimmed(release), suffix, local }
}

/** `0.dev0`: no version is before it. */
const leastPoint: Pep440Point = { epoch: 0, release: [], suffix: [devOnly, 0, 0, 0, 0, 0], local: null }
const endPoint: Pep440Point = { ...leastPoint, epoch: Number.POSITIVE_INFINITY }
export const floor: Pep440Cut = { point: leastPoint, behind: false }
export const ceiling: Pep440Cut = { point: endPoint, behind: false }

export const before = (point: Pep440Point): Pep440Cut => ({ point, behind: false })
export const behind = (point: Pep440Point): Pep440Cut => ({ point, behind: true })

/** Straight behind V and all V+local: before the least version that follows (V.dev(n+1), V.post0.dev0, V.post(n+1).dev0). */
export function behindLocals({ epoch, release, suffix }: Pep440Point): Pep440Cut {
  const [phase, number, isPost, post, noDev, dev] = suffix
  const next =
    noDev === 0
      ? ([phase, number, isPost, post, 0, dev + 1] as const)
      : ([phase, number, 1, isPost === 0 ? 0 : post + 1, 0, 0] as const)
  return before({ epoch, release, suffix: next, local: null })
}

/** Behind V and all its post-releases. Behind a prerelease that is before the next one's first dev release. */
export function behindPosts({ epoch, release, suffix: [phase, number] }: Pep440Point): Pep440Cut {
  if (phase !== finalRelease) return before({ epoch, release, suffix: [phase, number + 1, 0, 0, 0, 0], local: null })
  return behind({ epoch, release, suffix: [phase, number, 1, Number.POSITIVE_INFINITY, 1, 0], local: 'all' })
}

export function compareCuts(left: Pep440Cut, right: Pep440Cut): number {
  return comparePoints(left.point, right.point) || Number(left.behind) - Number(right.behind)
}

export function comparePoints(left: Pep440Point, right: Pep440Point): number {
  if (left.epoch !== right.epoch) return left.epoch < right.epoch ? -1 : 1
  return (
    compareLists(left.release, right.release) ||
    compareLists(left.suffix, right.suffix) ||
    compareLocals(left.local, right.local)
  )
}

/** Whether pip counts it as before a release: a, b, rc and dev. */
export function isPrerelease({ suffix: [phase, , , , noDev] }: Pep440Point): boolean {
  return phase !== finalRelease || noDev === 0
}

/** As people write it, with at least two parts: 1.0, not 1. */
export function versionAt({ epoch, release, suffix, local }: Pep440Point): Pep440Version {
  const [phase, number, isPost, post, noDev, dev] = suffix
  const name = (['a', 'b', 'rc'] as const)[phase]
  return {
    epoch,
    release: [...release, 0, 0].slice(0, Math.max(2, release.length)),
    pre: name === undefined ? null : { phase: name, number },
    post: isPost === 1 ? post : null,
    dev: noDev === 0 ? dev : null,
    local: local === 'all' ? null : local,
  }
}

function trimmed(release: readonly number[]): readonly number[] {
  return release.slice(0, release.findLastIndex((part) => part !== 0) + 1)
}

function compareLists(left: readonly number[], right: readonly number[]): number {
  for (const [at, part] of left.entries()) {
    const other = right[at]
    if (other === undefined) return 1
    if (part !== other) return part < other ? -1 : 1
  }
  return left.length - right.length
}

/** None before any; segment by segment, words before numbers; a prefix before what continues it. */
function compareLocals(left: Pep440Point['local'], right: Pep440Point['local']): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null)
  if (left === 'all' || right === 'all') return Number(left === 'all') - Number(right === 'all')
  for (const [at, part] of left.entries()) {
    const other = right[at]
    if (other === undefined) return 1
    if (part === other) continue
    if (typeof part === typeof other) return part < other ? -1 : 1
    return typeof part === 'number' ? 1 : -1
  }
  return left.length - right.length
}
