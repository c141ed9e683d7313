import { getHeapStatistics } from 'node:v8'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { giveBackStartingMemory } from './starting-memory.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the heap that nobody needs any more is smaller a moment after the start', () => {
  let garbage: unknown[] | null = Array.from({ length: 200_000 }, (_, number) => ({ number, text: `text ${number}` }))
  expect(garbage).toHaveLength(200_000)
  giveBackStartingMemory()
  garbage = null
  const before = getHeapStatistics().used_heap_size
  vi.advanceTimersByTime(2_000)
  expect(getHeapStatistics().used_heap_size).toBeLessThan(before)
})

test('a process that ends before collects nothing', () => {
  const collect = vi.fn()
  giveBackStartingMemory(collect)()
  vi.advanceTimersByTime(60_000)
  expect(collect).not.toHaveBeenCalled()
})
