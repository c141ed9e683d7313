import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../testkit/seeded-random.ts'
import { adwin } from './adwin.ts'
import { cusum, pageHinkley } from './control-charts.ts'
import { eDetector } from './e-detector.ts'
import { betaBinomialTail, ddm, repeatedFailures, windowedCounts } from './failures.ts'
import type { DriftMethod } from './method.ts'
import { defaultDriftMethod, driftMethods } from './methods.ts'
import { surprise } from './surprise.ts'
import { coverageLoss, hardEvents } from './test-suite.ts'

function alarmsOf<State>(method: DriftMethod<State>, values: readonly number[], throughJson = false) {
  let state = method.start
  return values.map((value, at) => {
    const { state: next, ...told } = method.step(state, { atMs: at * 60_000, value })
    state = throughJson ? JSON.parse(JSON.stringify(next)) : next
    return told
  })
}

const failuresAt = (length: number, ...rows: readonly number[]) =>
  Array.from({ length }, (_, at) => (rows.includes(at) ? 1 : 0))
const alarmRows = <State>(method: DriftMethod<State>, values: readonly number[]) =>
  alarmsOf(method, values).flatMap(({ alarm }, at) => (alarm ? [at] : []))

describe('every method', () => {
  const detector = eDetector({
    averageRunLengthMin: 50,
    baseline: { kind: 'learned', rows: 10, confidence: 0.9 },
    side: 'both',
  })
  test.each([
    ['e-detector', (values: readonly number[], json: boolean) => alarmsOf(detector, values, json)],
    ['adwin', (values: readonly number[], json: boolean) => alarmsOf(adwin(), values, json)],
    ['cusum', (values: readonly number[], json: boolean) => alarmsOf(cusum(), values, json)],
    ['page-hinkley', (values: readonly number[], json: boolean) => alarmsOf(pageHinkley(), values, json)],
    ['ddm', (values: readonly number[], json: boolean) => alarmsOf(ddm(), values, json)],
    ['windowed-counts', (values: readonly number[], json: boolean) => alarmsOf(windowedCounts(), values, json)],
    ['repeated-failures', (values: readonly number[], json: boolean) => alarmsOf(repeatedFailures(), values, json)],
    ['coverage-loss', (values: readonly number[], json: boolean) => alarmsOf(coverageLoss(), values, json)],
    ['surprise', (values: readonly number[], json: boolean) => alarmsOf(surprise(), values, json)],
  ])('DR5: %s replayed from its state as JSON tells the same, bit for bit', (_, run) => {
    const outcome = fc.constantFrom(0, 0, 0, 1)
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 120 }), (values) => {
        expect(run(values, true)).toEqual(run(values, false))
      }),
      { numRuns: 25, seed: 4 },
    )
  })

  test('DR5: methods are chosen by name, the e-detector by default', () => {
    expect(defaultDriftMethod).toBe('e-detector')
    expect(Object.keys(driftMethods)).toContain('windowed-counts')
    expect(driftMethods['windowed-counts']({ windowRows: 3, failuresMin: 2 }).start).toEqual({ window: [] })
  })
})

describe('failures, tests and coverage', () => {
  test('DR9: repeated failures are measured by the test’s own rate', () => {
    const steady = failuresAt(200)
    const steadyThenBroken = [...steady, 1, 1, 1, 1]
    expect(alarmRows(repeatedFailures(), steadyThenBroken)[0]).toBe(202)
    const flaky = Array.from({ length: 200 }, (_, at) => at % 2)
    expect(alarmRows(repeatedFailures(), [...flaky, 1, 1, 1, 1])).toEqual([])
    expect(alarmRows(repeatedFailures(), [1, 1, 1, 1, 1])).toEqual([])
  })

  test.each([
    [3, 10, 1, 1, 8 / 11],
    [1, 1, 0.5, 0.5, 0.5],
    [0, 5, 2, 3, 1],
    [2, 2, 1, 1, 1 / 3],
  ])('DR9: the Beta-binomial tail of %s in %s from Beta(%s, %s) is %s', (successes, trials, a, b, expected) => {
    expect(betaBinomialTail(successes, trials, a, b)).toBeCloseTo(expected, 12)
  })

  test('DR9: a disabled or deleted test alarms by itself, an enabled one never', () => {
    const told = (['enabled', 'disabled', 'deleted'] as const).map((kind) => hardEvents().step(null, { atMs: 0, kind }))
    expect(told.map(({ alarm, because }) => [alarm, because.rule])).toEqual([
      [false, 'test-disabled'],
      [true, 'test-disabled'],
      [true, 'test-deleted'],
    ])
  })

  test('DR9: coverage alarms on a drop over 2 points, or over its own unrest where that is larger', () => {
    expect(alarmRows(coverageLoss(), [0.8, 0.8, 0.781, 0.76, 0.739])).toEqual([3, 4])
    const random = seededRandom(2)
    const restless = Array.from({ length: 40 }, () => 0.7 + 0.05 * random.unit())
    expect(alarmRows(coverageLoss(), restless).filter((at) => at > 6)).toEqual([])
    expect(restless.some((value, at) => at > 6 && (restless[at - 1] ?? 0) - value > 0.025)).toBe(true)
    expect(alarmRows(coverageLoss(), [...restless, 0.72, 0.4]).at(-1)).toBe(41)
  })

  test('DR9: windowed counts are the specification’s: so many failures among the last so many', () => {
    expect(alarmRows(windowedCounts(), failuresAt(60, 0, 10, 12, 19, 21, 23, 42))).toEqual([23])
    expect(alarmRows(windowedCounts(), failuresAt(60, 0, 10, 20, 30, 40))).toEqual([])
  })
})
