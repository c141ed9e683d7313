import type { ReadClaim } from './claims.ts'
import { literalStart } from './glob.ts'

/**
 * Pairs of claims that may be in each other's way, as indices, each once, the smaller first, sorted: those with a key in
 * common, those with a key above another's, and each glob with what begins as it does.
 */
export function candidatePairs(claims: readonly ReadClaim[]): readonly (readonly [number, number])[] {
  const pairs = new Map<number, readonly [number, number]>()
  const add = (a: number, b: number) => {
    if (a !== b) pairs.set(Math.min(a, b) * claims.length + Math.max(a, b), a < b ? [a, b] : [b, a])
  }
  const byKey = claimsByKey(claims)
  addByKeys(byKey, add)
  addByGlobs(claims, byKey, add)
  return [...pairs.values()].toSorted(([a, b], [c, d]) => a - c || b - d)
}

type Add = (a: number, b: number) => void

function claimsByKey(claims: readonly ReadClaim[]): ReadonlyMap<string, readonly number[]> {
  const byKey = new Map<string, number[]>()
  for (const [index, { touches }] of claims.entries()) {
    for (const { key } of touches) {
      const holders = byKey.get(key)
      if (holders === undefined) byKey.set(key, [index])
      else holders.push(index)
    }
  }
  return byKey
}

/** Each key with itself and with the keys of the directories above it. */
function addByKeys(byKey: ReadonlyMap<string, readonly number[]>, add: Add): void {
  for (const [key, here] of byKey) {
    for (const [at, one] of here.entries()) for (const other of here.slice(at + 1)) add(one, other)
    for (let end = key.lastIndexOf('/'); end > 0; end = key.lastIndexOf('/', end - 1)) {
      const above = byKey.get(key.slice(0, end)) ?? []
      for (const one of above) for (const other of here) add(one, other)
    }
  }
}

/** By the characters with which every match begins: a glob meets keys and globs that begin alike, or are a beginning of it. */
function addByGlobs(claims: readonly ReadClaim[], byKey: ReadonlyMap<string, readonly number[]>, add: Add): void {
  const keys = [...byKey.keys()].toSorted(byCodeUnit)
  const globs = claims.flatMap(({ glob }, index) =>
    (glob?.alternatives ?? []).map((steps) => ({ index, start: literalStart(steps) })),
  )
  for (const [at, { index, start }] of globs.entries()) {
    for (let near = lowerBound(keys, start); keys[near]?.startsWith(start) === true; near++)
      for (const one of byKey.get(keys[near] as string) ?? []) add(index, one)
    // A file whose path is a directory of the glob's.
    for (let end = start.lastIndexOf('/'); end > 0; end = start.lastIndexOf('/', end - 1))
      for (const one of byKey.get(start.slice(0, end)) ?? []) add(index, one)
    for (const other of globs.slice(at + 1))
      if (other.start.startsWith(start) || start.startsWith(other.start)) add(index, other.index)
  }
}

function lowerBound(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (byCodeUnit(sorted[middle] as string, text) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
