import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf } from '../../../../kernel/latency-histogram.ts'
import { type DaySums, emptySums } from './day.ts'
import { trendOf } from './trend.ts'

const at = (durationMs: number, executions: number) => ({ [String(bucketOf(durationMs))]: executions })
const runs = (successes: number, failures: number, latency: DaySums['latency'] = {}, more: Partial<DaySums> = {}) => ({
  ...emptySums,
  successes,
  failures,
  latency,
  ...more,
})
const verdicts = (day: DaySums, usual: DaySums) => trendOf(day, usual).map(({ verdict }) => verdict)

test.each([
  ['far fewer succeed', runs(50, 50), runs(950, 50), ['worse', 'unknown', 'unknown']],
  ['all succeed where half did', runs(100, 0), runs(500, 500), ['better', 'unknown', 'unknown']],
  ['three runs say nothing', runs(2, 1), runs(950, 50), ['steady', 'unknown', 'unknown']],
  ['nothing ran', runs(0, 0), runs(950, 50), ['unknown', 'unknown', 'unknown']],
  ['every run is slow', runs(100, 0, at(9_000, 100)), runs(1000, 0, at(1_000, 1_000)), ['steady', 'worse', 'unknown']],
  [
    'the slow tail is gone',
    runs(1000, 0, at(500, 1_000)),
    runs(1000, 0, { ...at(1_000, 900), ...at(9_000, 50), ...at(20_000, 50) }),
    ['steady', 'better', 'unknown'],
  ],
])('%s', (_, day, usual, expected) => {
  expect(verdicts(day, usual)).toEqual(expected)
})

test('costs are compared from thirty successes on, and told from a fifth on', () => {
  const priced = (successes: number, nanoUsd: number) =>
    runs(successes, 0, {}, { pricedCalls: successes, costNanoUsd: successes * nanoUsd })
  expect(verdicts(priced(100, 121), priced(100, 100))[2]).toBe('worse')
  expect(verdicts(priced(100, 119), priced(100, 100))[2]).toBe('steady')
  expect(verdicts(priced(100, 80), priced(100, 100))[2]).toBe('better')
  expect(verdicts(priced(29, 500), priced(100, 100))[2]).toBe('unknown')
})

test('M7: a day that is a fair part of what is usual is never told as a change', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 500 }), (successes, failures) => {
      const part = runs(successes, failures, { ...at(1_000, successes), ...at(5_000, failures) })
      const usual = runs(28 * successes, 28 * failures, { ...at(1_000, 28 * successes), ...at(5_000, 28 * failures) })
      for (const trend of trendOf(part, usual)) expect(['steady', 'unknown']).toContain(trend.verdict)
    }),
  )
})
