import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { compareSides, timesAround } from './effect.ts'

const minute = 60_000
const day = 86_400_000
const now = instantFromEpochMs(Date.UTC(2026, 0, 10, 12, 0, 30))
const times = timesAround(instantFromEpochMs(now - 3_600_000), now)
const side = (
  successes: number,
  failures: number,
  latencyP95Ms = 1_000,
  costPerSuccessNanoUsd: number | null = null,
) => ({
  executions: successes + failures,
  successes,
  failures,
  successRate: successes + failures === 0 ? null : successes / (successes + failures),
  latencyP95Ms,
  costPerSuccessNanoUsd,
})

test('a change is set between the day before it and what came after, from five minutes to a day', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 * day }), (ago) => {
      const { before, after } = timesAround(instantFromEpochMs(now - ago), now)
      const length = after.until - after.from
      expect(before.until - before.from).toBe(day)
      expect(before.until).toBe(after.from)
      expect(length).toBeGreaterThanOrEqual(5 * minute)
      expect(length).toBeLessThanOrEqual(day)
      expect([before.from % minute, after.until % minute]).toEqual([0, 0])
    }),
  )
})

test.each([
  ['OV2: two runs on a side are too few to compare', side(50, 0), side(1, 1), 'unknown', ['too-few-runs']],
  [
    'OV2: 98 of 100 and 95 of 100 are not told apart',
    side(98, 2),
    side(95, 5),
    'steady',
    ['success-difference', 'latency-ratio'],
  ],
  ['OV2: 98 of 100 and 70 of 100 are', side(98, 2), side(70, 30), 'worse', ['success-difference', 'latency-ratio']],
  ['more successes are better', side(70, 30), side(98, 2), 'better', ['success-difference', 'latency-ratio']],
  [
    'a p95 of a quarter more is worse',
    side(50, 0),
    side(50, 0, 1_250),
    'worse',
    ['success-difference', 'latency-ratio'],
  ],
  ['with few runs durations say nothing', side(10, 0), side(10, 0, 9_000), 'steady', ['success-difference']],
  [
    'a success that costs a fifth more is worse',
    side(50, 0, 1_000, 100),
    side(50, 0, 1_000, 120),
    'worse',
    ['success-difference', 'latency-ratio', 'cost-ratio'],
  ],
  [
    'dearer and faster is mixed',
    side(50, 0, 2_000, 100),
    side(50, 0, 1_000, 200),
    'mixed',
    ['success-difference', 'latency-ratio', 'cost-ratio'],
  ],
])('%s', (_, before, after, verdict, rules) => {
  const effect = compareSides(times, before, after)
  expect(effect.verdict).toBe(verdict)
  expect(effect.because.map(({ rule }) => rule)).toEqual(rules)
})

test('a difference is told in the numbers of both sides', () => {
  const { because, before, after } = compareSides(times, side(98, 2), side(70, 30, 4_000))
  expect(because[0]?.text).toMatch(/^Success 98\.0 % → 70\.0 %: worse, by -3\d\.\d to -1\d\.\d points/)
  expect(because[1]?.text).toBe('p95 1.00 s → 4.00 s: 4.00 times.')
  expect([before.successRate, after.successRate]).toEqual([0.98, 0.7])
})
