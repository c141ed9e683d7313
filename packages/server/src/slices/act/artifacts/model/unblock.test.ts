import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactConflictsMax, fewestToTakeBack, type Hittable } from './unblock.ts'

const artifacts = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const
const costs: Readonly<Record<string, number>> = { a: 1, b: 2, c: 1, d: 2, e: 1, f: 2, g: 1 }
const costOf = (id: string) => costs[id] ?? 1
const cost = (ids: readonly string[]) => ids.reduce((sum, id) => sum + costOf(id), 0)

const conflictsOf = (sets: readonly (readonly string[])[]): readonly Hittable[] =>
  sets.map((members, at) => ({ conflictId: String(at), members }))
const hits = (ids: readonly string[], sets: readonly (readonly string[])[]) =>
  sets.every((set) => set.length === 0 || set.some((member) => ids.includes(member)))

/** Every subset of the artifacts, looked at one by one. */
function byForce(sets: readonly (readonly string[])[]): { size: number; cost: number } {
  let best = { size: Number.POSITIVE_INFINITY, cost: Number.POSITIVE_INFINITY }
  for (let mask = 0; mask < 2 ** artifacts.length; mask++) {
    const ids = artifacts.filter((_, at) => (mask & (1 << at)) !== 0)
    if (!hits(ids, sets)) continue
    const found = { size: ids.length, cost: cost(ids) }
    if (found.size < best.size || (found.size === best.size && found.cost < best.cost)) best = found
  }
  return best
}

const someSets = (most: number) =>
  fc.array(fc.uniqueArray(fc.constantFrom(...artifacts), { minLength: 1, maxLength: 4 }), { maxLength: most })

describe('the fewest artifacts to take back', () => {
  test('AF9: up to 20 conflicts the set hits all, is the smallest there is, and of these the cheapest', () => {
    fc.assert(
      fc.property(someSets(exactConflictsMax), (sets) => {
        const { artifactIds, exact, lowerBound } = fewestToTakeBack(conflictsOf(sets), costOf)
        expect(hits(artifactIds, sets)).toBe(true)
        expect({ size: artifactIds.length, cost: cost(artifactIds) }).toEqual(byForce(sets))
        expect([exact, lowerBound]).toEqual([true, artifactIds.length])
      }),
    )
  })

  test('AF9: above it the set hits all, within H(d) of the minimum, and the lower bound holds', () => {
    const ids = Array.from({ length: 12 }, (_, at) => `x${at}`)
    const many = fc.array(fc.uniqueArray(fc.constantFrom(...ids), { minLength: 2, maxLength: 2 }), {
      minLength: 40,
      maxLength: 60,
    })
    fc.assert(
      fc.property(many, (sets) => {
        const { artifactIds, lowerBound } = fewestToTakeBack(conflictsOf(sets), () => 1)
        expect(hits(artifactIds, sets)).toBe(true)
        const most = Math.max(...ids.map((id) => sets.filter((set) => set.includes(id)).length))
        const harmonic = Array.from({ length: most }, (_, at) => 1 / (at + 1)).reduce((sum, one) => sum + one, 0)
        const minimum = smallestCover(ids, sets)
        expect(lowerBound).toBeLessThanOrEqual(minimum)
        expect(artifactIds.length).toBeLessThanOrEqual(Math.ceil(harmonic * minimum))
      }),
      { numRuns: 20 },
    )
  })

  test('AF9: no conflict needs nothing, and one that contains another changes nothing', () => {
    expect(fewestToTakeBack([], costOf)).toEqual({ artifactIds: [], exact: true, lowerBound: 0 })
    const two = fewestToTakeBack(conflictsOf([['a', 'b']]), costOf)
    expect(
      fewestToTakeBack(
        conflictsOf([
          ['a', 'b', 'c'],
          ['a', 'b'],
        ]),
        costOf,
      ),
    ).toEqual(two)
    expect(two.artifactIds).toEqual(['a'])
  })
})

function smallestCover(ids: readonly string[], sets: readonly (readonly string[])[]): number {
  const masks = sets.map((set) => set.reduce((mask, id) => mask | (1 << ids.indexOf(id)), 0))
  let best = ids.length
  for (let chosen = 0; chosen < 2 ** ids.length; chosen++) {
    const size = chosen.toString(2).replaceAll('0', '').length
    if (size < best && masks.every((mask) => (mask & chosen) !== 0)) best = size
  }
  return best
}
