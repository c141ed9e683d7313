import { expect, test } from 'vitest'
import { cover, fMeasure } from './metrics.ts'

test('what was marked by all scores 1, and silence on a series without marks too', () => {
  expect(cover({ a: [50], b: [50] }, [50], 100)).toBe(1)
  expect(fMeasure({ a: [50], b: [50] }, [50])).toBe(1)
  expect([cover({ a: [] }, [], 40), fMeasure({ a: [] }, [])]).toEqual([1, 1])
})

test('silence on a marked series covers the longest overlap and finds index 0 alone', () => {
  // Two halves share half of the one segment each: cover .5; precision 1, recall 1/2.
  expect(cover({ a: [50] }, [], 100)).toBeCloseTo(0.5, 12)
  expect(fMeasure({ a: [50] }, [])).toBeCloseTo(2 / 3, 12)
})

test('a mark is found within five rows, once, and each false one costs precision', () => {
  expect(fMeasure({ a: [50] }, [55])).toBe(1)
  expect(fMeasure({ a: [50] }, [56])).toBeCloseTo(0.5, 12)
  expect(fMeasure({ a: [50] }, [49, 51])).toBeCloseTo(0.8, 12)
})
