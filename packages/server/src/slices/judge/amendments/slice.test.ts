import { expect, test } from 'vitest'
import { amendmentsSlice } from './index.ts'

test('the slice stands on its floor', () => {
  expect([amendmentsSlice.floor, amendmentsSlice.name]).toEqual(['judge', 'amendments'])
})
