import { expect, test } from 'vitest'
import { chaosSlice } from './index.ts'

test('the slice stands on its floor', () => {
  expect([chaosSlice.floor, chaosSlice.name]).toEqual(['act', 'chaos'])
})
