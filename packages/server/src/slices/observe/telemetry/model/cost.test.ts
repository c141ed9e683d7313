import { expect, test } from 'vitest'
import { usdToNano } from './cost.ts'

test.each([
  [1, 1_000_000_000],
  [0.1, 100_000_000],
  [0.003737412, 3_737_412],
  [0.00039827199999999997, 398_272],
  [1e-10, 0],
  [5e-10, 0],
  [1.5e-9, 2],
  [1e21, null],
])('T9: %d USD are %d nano-dollars', (usd, nano) => {
  expect(usdToNano(usd)).toBe(nano)
})
