import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../testkit/seeded-random.ts'
import { adwin } from './adwin.ts'
import { cusum, pageHinkley } from './control-charts.ts'
import { eBenjaminiHochberg, eDetector, meanWithin, runLengthFor } from './e-detector.ts'
import { ddm } from './failures.ts'
import type { DriftMethod } from './method.ts'

type Stream = (seed: number) => (row: number) => number

const bernoulli = (rate: number): Stream => {
  return (seed) => {
    const random = seededRandom(seed)
    return () => (random.unit() < rate ? 1 : 0)
  }
}
const uniform = (highest: number): Stream => {
  return (seed) => {
    const random = seededRandom(seed)
    return () => highest * random.unit()
  }
}
const normal: Stream = (seed) => {
  const random = seededRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit())
}
/** As `rate` in the long run, each row equal to the one before with probability `repeats`. */
const repeating = (rate: number, repeats: number): Stream => {
  return (seed) => {
    const random = seededRandom(seed)
    let last = random.unit() < rate ? 1 : 0
    return () => {
      if (random.unit() >= repeats) last = random.unit() < rate ? 1 : 0
      return last
    }
  }
}

/** Mean rows to the first alarm over streams of seeds 1, 2, …; one without an alarm counts `rowsMax`. */
function meanRunLength<State>(method: DriftMethod<State>, stream: Stream, streams: number, rowsMax: number): number {
  const lengths = Array.from({ length: streams }, (_, at) => firstAlarm(method, stream(at + 1), rowsMax) ?? rowsMax)
  return lengths.reduce((sum, length) => sum + length, 0) / streams
}

function firstAlarm<State>(method: DriftMethod<State>, next: (row: number) => number, rowsMax: number): number | null {
  let state = method.start
  for (let row = 1; row <= rowsMax; row += 1) {
    const step = method.step(state, { atMs: row, value: next(row) })
    if (step.alarm) return row
    state = step.state
  }
  return null
}

const limit = 200
const known = (side: 'up' | 'both') =>
  eDetector({ averageRunLengthMin: limit, baseline: { kind: 'known', mean: 0.2 }, side })

describe('false alarms', () => {
  test.each([
    ['failures at the known rate, up', known('up'), bernoulli(0.2)],
    ['failures at the known rate, both ways', known('both'), bernoulli(0.2)],
    ['bounded values of the known mean, up', known('up'), uniform(0.4)],
    ['bounded values of the known mean, both ways', known('both'), uniform(0.4)],
    ['failures below the known rate, up', known('up'), bernoulli(0.15)],
    [
      'failures at a learned rate',
      eDetector({
        averageRunLengthMin: limit,
        baseline: { kind: 'learned', rows: 100, confidence: 0.95 },
        side: 'both',
      }),
      bernoulli(0.2),
    ],
  ])('DR6: 100 streams of %s run at least the stated length on average', (_, method, stream) => {
    expect(meanRunLength(method, stream, 100, 5000)).toBeGreaterThanOrEqual(limit)
  })

  test('DR6: rows that repeat the one before break the assumption, and the length falls to a quarter', () => {
    const measured = meanRunLength(known('both'), repeating(0.2, 0.5), 100, 5000)
    expect(measured).toBeGreaterThan(limit / 8)
    expect(measured).toBeLessThan(limit / 2)
  })

  test('DR6: a rise is seen soon after a learned baseline, and the evidence then starts again', () => {
    const method = eDetector({
      averageRunLengthMin: runLengthFor(300_000),
      baseline: { kind: 'learned', rows: 200, confidence: 0.95 },
      side: 'both',
    })
    const rising: Stream = (seed) => {
      const [before, after] = [bernoulli(0.1)(seed), bernoulli(0.5)(seed + 1000)]
      return (row) => (row <= 400 ? before(row) : after(row))
    }
    const lengths = Array.from({ length: 50 }, (_, seed) => firstAlarm(method, rising(seed), 600) ?? 600)
    expect(Math.min(...lengths)).toBeGreaterThan(400)
    expect(lengths.reduce((sum, length) => sum + length, 0) / 50).toBeLessThan(450)
    const alarm = method.step(
      { learned: { rows: 200, sum: 20 }, evidence: Array.from({ length: 8 }, () => 1e6) },
      { atMs: 0, value: 1 },
    )
    expect(alarm).toMatchObject({ alarm: true, because: { rule: 'e-detector', limit: 8640 } })
    expect(alarm.state.evidence.every((one) => one === 0)).toBe(true)
  })

  test('DR6: a learned mean lies in its interval as often as stated', () => {
    const inside = Array.from({ length: 400 }, (_, seed) => {
      const next = bernoulli(0.2)(seed)
      const sum = Array.from({ length: 100 }, (_each, row) => next(row)).reduce((all, one) => all + one, 0)
      const { low, high } = meanWithin(sum / 100, 100, 0.95)
      return low <= 0.2 && 0.2 <= high
    })
    expect(inside.filter(Boolean).length / 400).toBeGreaterThanOrEqual(0.95)
    expect(meanWithin(0, 50, 0.95)).toMatchObject({ low: 1e-12 })
  })

  test('DR6: what an e-detector cannot read is refused', () => {
    expect(() => known('up').step(known('up').start, { atMs: 0, value: 2 })).toThrow(RangeError)
    expect(() => eDetector({ averageRunLengthMin: 9, baseline: { kind: 'known', mean: 0 }, side: 'up' })).toThrow(
      RangeError,
    )
  })
})

describe('many streams', () => {
  test.each([
    [[100, 1, 19, 2], 0.1, [0]],
    [[100, 1, 30, 2], 0.1, [0, 2]],
    [[100, 1, 30, 20], 0.1, [0, 2, 3]],
    [[39, 19, 13, 9], 0.1, []],
    [[], 0.1, []],
  ])('DR7: e-BH on %j at %s alarms on %j', (eValues, rate, expected) => {
    expect(eBenjaminiHochberg(eValues, rate)).toEqual(expected)
  })
})

describe('the other methods', () => {
  test('DR8: CUSUM at k = .5, h = 5 runs 465 rows between false alarms, as published', () => {
    expect(Math.abs(meanRunLength(cusum(), normal, 400, 10_000) - 465)).toBeLessThan(50)
  })

  test('DR8: ADWIN is silent without a change and sees one about where trying every cut sees it', () => {
    const shifted: Stream = (seed) => {
      const [before, after] = [bernoulli(0.2)(seed), bernoulli(0.6)(seed + 500)]
      return (row) => (row <= 500 ? before(row) : after(row))
    }
    for (let seed = 1; seed <= 20; seed += 1) {
      expect(firstAlarm(adwin(), bernoulli(0.2)(seed), 2000)).toBe(null)
      const found = firstAlarm(adwin(), shifted(seed), 2000) ?? 0
      const plain = plainAdwin(shifted(seed), 2000)
      expect(found).toBeGreaterThan(500)
      expect(Math.abs(found - plain)).toBeLessThanOrEqual(32)
    }
  })

  test('DR8: ADWIN remembers the sum and the variance of its window exactly, in few buckets', () => {
    const method = adwin()
    let state = method.start
    const next = uniform(1)(3)
    const values = Array.from({ length: 1000 }, (_, row) => next(row))
    for (const value of values) state = method.step(state, { atMs: 0, value }).state
    expect(state.buckets.reduce((sum, bucket) => sum + bucket.rows, 0)).toBe(1000)
    expect(state.buckets.reduce((sum, bucket) => sum + bucket.sum, 0)).toBeCloseTo(
      values.reduce((sum, value) => sum + value, 0),
      8,
    )
    expect(state.buckets.length).toBeLessThan(50)
  })

  test('DR8: Page–Hinkley and DDM follow their formulas row by row', () => {
    const rising = (row: number) => (row <= 100 ? 0 : 1)
    expect(firstAlarm(pageHinkley(), rising, 400)).toBe(plainPageHinkley(rising))
    const failing = (row: number) => (row <= 100 ? (row % 10 === 0 ? 1 : 0) : 1)
    expect(firstAlarm(ddm(), failing, 400)).toBe(plainDdm(failing))
  })
})

function plainAdwin(next: (row: number) => number, rowsMax: number): number {
  const values: number[] = []
  for (let row = 1; row <= rowsMax; row += 1) {
    values.push(next(row))
    if (row % 32 !== 0) continue
    const total = values.reduce((sum, value) => sum + value, 0)
    const variance = values.reduce((sum, value) => sum + (value - total / row) ** 2, 0) / row
    const confidence = Math.log((2 * Math.log(row)) / 0.002)
    let sum = 0
    for (const [at, value] of values.slice(0, -5).entries()) {
      sum += value
      const first = at + 1
      if (first < 5) continue
      const inverse = 1 / first + 1 / (row - first)
      const bound = Math.sqrt(2 * inverse * variance * confidence) + (2 / 3) * inverse * confidence
      if (Math.abs(sum / first - (total - sum) / (row - first)) > bound) return row
    }
  }
  return rowsMax
}

/** As river writes it: a running sum against its least value so far. */
function plainPageHinkley(next: (row: number) => number): number | null {
  let [mean, sum, least] = [0, 0, Number.POSITIVE_INFINITY]
  for (let row = 1; row <= 400; row += 1) {
    mean += (next(row) - mean) / row
    sum = 0.9999 * sum + (next(row) - mean) - 0.005
    if (row < 30) continue
    least = Math.min(least, sum)
    if (sum - least > 50) return row
  }
  return null
}

function plainDdm(next: (row: number) => number): number | null {
  let failures = 0
  let [least, leastRate, leastError] = [Number.POSITIVE_INFINITY, 0, 0]
  for (let row = 1; row <= 400; row += 1) {
    failures += next(row)
    const rate = failures / row
    const error = Math.sqrt((rate * (1 - rate)) / row)
    if (row < 30) continue
    if (rate + error <= least) [least, leastRate, leastError] = [rate + error, rate, error]
    if (rate + error > leastRate + 3 * leastError) return row
  }
  return null
}
