import { expect, test } from 'vitest'
import { FakeClock } from './fake-clock.ts'
import { MemoryLog } from './memory-log.ts'
import { seededIds } from './seeded-ids.ts'
import { seededRandom } from './seeded-random.ts'

test('the fake clock fires what falls due in order, each at its own time, also what a timer starts', () => {
  const clock = new FakeClock()
  const start = clock.now()
  const fired: (readonly [string, number])[] = []
  const note = (name: string) => fired.push([name, clock.now() - start])
  clock.after(30, () => note('late'))
  clock.after(10, () => {
    note('early')
    clock.after(5, () => note('started by early'))
    clock.after(500, () => note('not yet'))
  })
  const cancel = clock.after(20, () => note('cancelled'))
  cancel()
  clock.advance(100)
  expect(fired).toEqual([
    ['early', 10],
    ['started by early', 15],
    ['late', 30],
  ])
  expect(clock.now() - start).toBe(100)
  expect(clock.monotonicMs()).toBe(100)
  expect(clock.pendingTimers).toBe(1)
})

test('the same seed gives the same numbers and ids, another seed others', () => {
  const numbers = (seed: number) => {
    const random = seededRandom(seed)
    return [...random.bytes(8), random.unit()]
  }
  expect(numbers(1)).toEqual(numbers(1))
  expect(numbers(1)).not.toEqual(numbers(2))
  const ids = (seed: number) => {
    const source = seededIds(new FakeClock(), seed)
    return [source.uuid(), source.uuid()]
  }
  expect(ids(1)).toEqual(ids(1))
  expect(ids(1)).not.toEqual(ids(2))
})

test('the memory log keeps every line with its level', () => {
  const log = new MemoryLog()
  log.debug({ a: 1 }, 'd')
  log.info({}, 'i')
  log.warn({}, 'w')
  log.error({}, 'e')
  expect(log.lines.map((line) => `${line.level} ${line.message}`)).toEqual(['debug d', 'info i', 'warn w', 'error e'])
})
