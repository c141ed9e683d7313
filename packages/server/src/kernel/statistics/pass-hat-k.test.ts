import fc from 'fast-check'
import { expect, test } from 'vitest'
import { passHatK } from './pass-hat-k.ts'

test('pass^1 is the success rate, pass^n counts the tasks that always succeed', () => {
  const tasks = [
    { tries: 4, successes: 4 },
    { tries: 4, successes: 2 },
    { tries: 4, successes: 0 },
  ]
  expect(passHatK(tasks, 1)).toBeCloseTo(0.5, 12)
  // C(2, 2) / C(4, 2) = 1/6
  expect(passHatK(tasks, 2)).toBeCloseTo((1 + 1 / 6) / 3, 12)
  expect(passHatK(tasks, 4)).toBeCloseTo(1 / 3, 12)
  expect(passHatK(tasks, 5)).toBeNull()
  expect(passHatK([], 1)).toBeNull()
})

test('more tries that must all succeed never make it likelier', () => {
  const task = fc.tuple(fc.nat(6), fc.nat(6)).map(([a, b]) => ({ tries: a + b + 3, successes: a }))
  fc.assert(
    fc.property(fc.array(task, { minLength: 1 }), fc.integer({ min: 1, max: 2 }), (tasks, k) => {
      expect(passHatK(tasks, k + 1)).toBeLessThanOrEqual((passHatK(tasks, k) ?? 0) + 1e-12)
    }),
  )
})
