import { expect, test } from 'vitest'
import { changePointsOf, type DriftMethod, driftSlice, type Reading, surprise } from './index.ts'

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
