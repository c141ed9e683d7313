import { expect, test } from 'vitest'
import { fallbacksSlice } from './index.ts'

test('the slice stands on its floor', () => {
  expect([fallbacksSlice.floor, fallbacksSlice.name]).toEqual(['act', 'fallbacks'])
})
