import { expect, test } from 'vitest'
import { benchmarkScore, profiles } from './score.ts'

const stream = {
  name: 'one',
  rows: Array.from({ length: 200 }, (_, at) => ({ atMs: at, value: 0 })),
  windows: [[100, 119]] as const,
}
const scoreOf = (flagged: readonly number[], profile: keyof typeof profiles = 'standard') => {
  const scores = stream.rows.map((_, at) => (flagged.includes(at) ? 1 : 0))
  return benchmarkScore([stream], new Map([['one', scores]]), profiles[profile]).score
}

test('silence scores 0 and a window found at its first row 100', () => {
  expect(scoreOf([])).toBe(0)
  expect(scoreOf([100])).toBeCloseTo(100, 9)
  expect(scoreOf([100, 105, 110])).toBeCloseTo(100, 9)
})

test('a late find scores less, and the earliest counts', () => {
  expect(scoreOf([118])).toBeLessThan(scoreOf([105]))
  expect(scoreOf([105, 118])).toBeCloseTo(scoreOf([105]), 12)
})

test('a false alarm costs its profile’s price, half of it in the score, and nothing in the probation', () => {
  expect(scoreOf([60, 100])).toBeCloseTo(100 - 11 / 2, 9)
  expect(scoreOf([60, 100], 'lowFp')).toBeCloseTo(100 - 22 / 2, 9)
  expect(scoreOf([60, 100], 'lowFn')).toBeCloseTo(100 - 11 / 3, 9)
  expect(scoreOf([20, 100])).toBeCloseTo(100, 9)
})
