import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../testkit/seeded-random.ts'
import { bestSegmentations, segmentCost, totalCost } from './change-points/segments.ts'
import { changePointDefaults, changePointsOf } from './change-points.ts'

function normals(seed: number, length: number): number[] {
  const random = seededRandom(seed)
  return Array.from(
    { length },
    () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit()),
  )
}

const indices = (values: readonly (number | null)[]) => changePointsOf(values).changes.map(({ index }) => index)
const near = (found: readonly number[], place: number) => found.some((index) => Math.abs(index - place) <= 3)

describe('where a series changed', () => {
  test('DR1: a shift of level is found, with what the fit would lose without it', () => {
    const found = changePointsOf(normals(1, 200).map((noise, at) => noise + (at < 120 ? 0 : 3)))
    expect(found.changes).toHaveLength(1)
    expect(Math.abs((found.changes[0]?.index ?? 0) - 120)).toBeLessThanOrEqual(2)
    expect(found.changes[0]?.because).toMatchObject({ rule: 'segments-bic', limit: 0 })
    expect(found.changes[0]?.because.observed).toBeGreaterThan(10)
  })

  test.each([
    ['white noise', (noise: number) => noise],
    ['noise on a straight line', (noise: number, at: number) => noise + at * 0.3],
    ['a season', (noise: number, at: number) => noise + 5 * Math.sin((at * Math.PI) / 6)],
    ['spikes', (noise: number, at: number) => noise - (at % 37 === 20 ? 20 : 0)],
    ['a constant', () => 4],
  ])('DR1: of 40 series of %s at most four are said to change', (_, of) => {
    const changed = Array.from({ length: 40 }, (_each, seed) => indices(normals(seed + 10, 240).map(of)).length > 0)
    expect(changed.filter(Boolean).length).toBeLessThanOrEqual(4)
  })

  test('DR1: a change under a season, spikes and gaps is still found', () => {
    const season = normals(3, 240).map((noise, at) => noise + 4 * Math.sin((at * Math.PI) / 6) + (at < 110 ? 0 : 5))
    expect(near(indices(season), 110)).toBe(true)
    const spiked = normals(4, 240).map((noise, at) => noise + (at % 41 === 7 ? 25 : 0) + (at < 110 ? 0 : 3))
    expect(near(indices(spiked), 110)).toBe(true)
    const gaps = normals(5, 240).map((noise, at) => (at % 5 === 2 ? null : noise + (at < 110 ? 0 : 4)))
    expect(near(indices(gaps), 110)).toBe(true)
  })

  test('DR2: scale, shift and missing rows at the end change nothing; too short a series has no change', () => {
    const values = normals(6, 90).map((noise, at) => noise + (at < 40 ? 0 : 4))
    const found = indices(values)
    expect(indices(values.map((value) => value * 1000 + 5))).toEqual(found)
    expect(indices([...values, null, null])).toEqual(found)
    expect(changePointsOf([1, 2, 9, null, 9]).changes).toEqual([])
    expect(changePointsOf([]).changes).toEqual([])
  })

  test('DR2: changes rise, lie inside, and keep the least length apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { nil: null }), { maxLength: 80 }),
        (values) => {
          const found = changePointsOf(values).changes
          expect(found.length).toBeLessThanOrEqual(changePointDefaults.changesMax)
          const known = values.flatMap((value, index) => (value === null ? [] : [index]))
          const places = [0, ...found.map(({ index }) => known.indexOf(index)), known.length]
          for (const [at, place] of places.entries())
            if (at > 0 && found.length > 0) expect(place - (places[at - 1] ?? 0)).toBeGreaterThanOrEqual(3)
        },
      ),
      { numRuns: 60, seed: 9 },
    )
  })

  test('DR3: the programme finds what trying every segmentation finds', () => {
    const values = Float64Array.from(normals(7, 16))
    for (const shape of ['constant', 'linear'] as const) {
      const cost = segmentCost(values, shape)
      const limits = { changesMax: 2, lengthMin: 3, positionsMax: 1000 }
      const pairs = Array.from({ length: 16 }, (_, one) =>
        Array.from({ length: 16 }, (_each, two) => [one, two] as const),
      )
      const totals = pairs
        .flat()
        .filter(([one, two]) => one >= 3 && two - one >= 3 && 16 - two >= 3)
        .map((pair) => totalCost(pair, 16, cost))
      expect(bestSegmentations(16, cost, limits)[2]?.residualSumOfSquares).toBeCloseTo(Math.min(...totals), 9)
    }
  })

  test('DR3: 5,000 values take less than 2 s of work and the coarse search ends at the exact place', () => {
    const values = normals(8, 5000).map((noise, at) => noise + (at < 2113 ? 0 : 4))
    const started = process.cpuUsage()
    const found = indices(values)
    const { user } = process.cpuUsage(started)
    expect(near(found, 2113)).toBe(true)
    expect(user / 1e6).toBeLessThan(2)
  })
})
