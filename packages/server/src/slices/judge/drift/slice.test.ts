import { expect, test } from 'vitest'
import {
  changePointsOf,
  type DriftMethod,
  driftMethods,
  driftSlice,
  eBenjaminiHochberg,
  type Reading,
  runLengthFor,
  surprise,
} from './index.ts'

test('DR1: through the door, a success rate that falls is dated to the row', () => {
  const rate = Array.from({ length: 80 }, (_, at) => (at < 50 ? 0.9 : 0.6) + ((at * 7) % 5) / 100)
  expect(changePointsOf(rate).changes.map(({ index }) => index)).toEqual([50])
  expect(driftSlice).toMatchObject({ name: 'drift', floor: 'judge' })
})

test('DR4, DR5: through the door, a metric series is watched by a method whose state the caller keeps', () => {
  const watch = <State>(method: DriftMethod<State>, readings: readonly Reading[]) => {
    let state = method.start
    return readings.map((reading) => {
      const step = method.step(state, reading)
      state = JSON.parse(JSON.stringify(step.state))
      return step.alarm
    })
  }
  const latency = Array.from({ length: 200 }, (_, at) => ({
    atMs: at * 300_000,
    value: at === 180 ? 900 : (at * 7) % 13,
  }))
  expect(watch(surprise(), latency).indexOf(true)).toBe(180)
})

test('DR6, DR7: through the door, a rate on a five-minute tick is watched at one false alarm in 30 days', () => {
  const averageRunLengthMin = runLengthFor(300_000)
  expect(averageRunLengthMin).toBe(8640)
  const method = driftMethods['e-detector']({ averageRunLengthMin, baseline: { kind: 'known', mean: 0.1 }, side: 'up' })
  const step = method.step(method.start, { atMs: 0, value: 1 })
  expect(step).toMatchObject({ alarm: false, because: { rule: 'e-detector', limit: 8640 } })
  expect(eBenjaminiHochberg([step.because.observed ?? 0, 9000], 0.1)).toEqual([1])
})
