import { expect, test } from 'vitest'
import type { Pacer } from '../ports/pacer.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { createPacer, pauseAfter } from './pacer.ts'

const paced = async (clock: FakeClock, pacer: Pacer, stepMs: number) => {
  let done = false
  const step = pacer
    .step(() => {
      clock.advance(stepMs)
      return Promise.resolve('result')
    })
    .then((result) => {
      done = true
      return result
    })
  await new Promise(setImmediate)
  return { step, isDone: () => done }
}

test('without telemetry a step returns as soon as it is done', async () => {
  const clock = new FakeClock()
  const { step, isDone } = await paced(clock, createPacer(clock), 100)
  expect(isDone()).toBe(true)
  expect(await step).toBe('result')
})

test('while telemetry is stored all the time a step is followed by nine times its own time', async () => {
  const clock = new FakeClock()
  const pacer = createPacer(clock)
  const stored = pacer.storing()
  clock.advance(60_000)
  const { step, isDone } = await paced(clock, pacer, 100)
  clock.advance(890)
  await new Promise(setImmediate)
  expect(isDone()).toBe(false)
  clock.advance(20)
  expect(await step).toBe('result')
  stored()
})

test('what was stored a while ago is forgotten', async () => {
  const clock = new FakeClock()
  const pacer = createPacer(clock)
  const stored = pacer.storing()
  clock.advance(5_000)
  stored()
  clock.advance(30_000)
  const { isDone } = await paced(clock, pacer, 100)
  expect(isDone()).toBe(true)
})

test('steps get the share of time that storing leaves, a tenth at the least, and no pause is longer than two seconds', () => {
  expect(pauseAfter(100, 0)).toBe(0)
  expect(pauseAfter(100, 0.5)).toBeCloseTo(100, 9)
  expect(pauseAfter(100, 0.75)).toBeCloseTo(300, 9)
  expect(pauseAfter(100, 1)).toBeCloseTo(900, 9)
  expect(pauseAfter(1_000, 1)).toBe(2_000)
})

test('a step that fails fails at once', async () => {
  const clock = new FakeClock()
  const pacer = createPacer(clock)
  pacer.storing()
  clock.advance(60_000)
  await expect(pacer.step(() => Promise.reject(new Error('away')))).rejects.toThrow('away')
})

test('closing ends a pause', async () => {
  const clock = new FakeClock()
  const pacer = createPacer(clock)
  pacer.storing()
  clock.advance(60_000)
  const { step } = await paced(clock, pacer, 100)
  pacer.close()
  expect(await step).toBe('result')
  expect(clock.pendingTimers).toBe(0)
})
