import { expect, test } from 'vitest'
import { seededRandom } from '../../../../testkit/seeded-random.ts'
import { emptySketch, tailProbability, withValue } from './surprise/tail-sketch.ts'
import { surprise, surpriseDefaults } from './surprise.ts'

const hourMs = 3_600_000

function scoresOf(values: readonly number[], throughJson = false) {
  const method = surprise()
  let state = method.start
  const steps = values.map((value, at) => {
    const step = method.step(state, { atMs: at * hourMs, value })
    state = throughJson ? JSON.parse(JSON.stringify(step.state)) : step.state
    return step
  })
  return { steps, state, scores: steps.map(({ score }) => score) }
}

function daily(seed: number, length: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length }, (_, at) => 10 + 4 * Math.sin((at * Math.PI) / 12) + random.unit())
}

test('DR4: an outage by day is an alarm with its reason, at a value that every night has', () => {
  const values = daily(1, 900).map((value, at) => (at >= 800 && at < 806 ? 6.5 : value))
  const { steps } = scoresOf(values)
  const alarms = steps.flatMap(({ alarm }, at) => (alarm ? [at] : []))
  expect(alarms.some((at) => at >= 800 && at < 806)).toBe(true)
  expect(alarms.filter((at) => at > 200 && at < 800).length).toBeLessThanOrEqual(2)
  expect(steps[alarms.at(-1) ?? 0]?.because).toMatchObject({ rule: 'surprise', limit: surpriseDefaults.limit })
})

test('DR4: a row is scored by its past alone', () => {
  const values = daily(2, 400)
  const { scores } = scoresOf(values)
  expect(scoresOf([...values.slice(0, 300), 99, 99]).scores.slice(0, 300)).toEqual(scores.slice(0, 300))
})

test('DR5: the state through JSON at each row gives the same scores, bit for bit', () => {
  const values = daily(3, 400)
  expect(scoresOf(values, true).scores).toEqual(scoresOf(values).scores)
})

test('DR4: after an alarm only what is odder counts for a while, and a value that is no number changes nothing', () => {
  const values = daily(4, 600).map((value, at) => (at === 500 || at === 503 ? 60 : value))
  const { steps, state } = scoresOf(values)
  expect(steps[500]?.score).toBeGreaterThan(surpriseDefaults.limit)
  expect(steps[503]?.alarm).toBe(false)
  const step = surprise().step(state, { atMs: 600 * hourMs, value: Number.NaN })
  expect(step).toMatchObject({ state, alarm: false, because: { observed: null } })
})

test('DR4: the state stays small however long the stream is', () => {
  const { state } = scoresOf(daily(5, 6000))
  expect(state.recent.length).toBeLessThanOrEqual(300)
  expect(state.peaks.length).toBeLessThan(100)
  for (const sketch of Object.values(state.sketches))
    expect(sketch.largest.length + sketch.sample.length).toBeLessThanOrEqual(768)
})

test('DR4: tail probabilities are calibrated on values of the same kind, also beyond all that was seen', () => {
  const random = seededRandom(6)
  let sketch = emptySketch
  for (let at = 0; at < 20_000; at += 1) sketch = withValue(sketch, -Math.log(1 - random.unit()))
  for (const p of [0.5, 0.1, 0.01, 1e-3, 1e-6]) {
    const found = tailProbability(sketch, -Math.log(p))
    expect(Math.abs(Math.log(found / p))).toBeLessThan(p < 1e-3 ? 2 : 0.4)
  }
})
