import { expect, test } from 'vitest'
import { changePointsOf, driftSlice } from './index.ts'

test('DR1: through the door, a success rate that falls is dated to the row', () => {
  const rate = Array.from({ length: 80 }, (_, at) => (at < 50 ? 0.9 : 0.6) + ((at * 7) % 5) / 100)
  expect(changePointsOf(rate).changes.map(({ index }) => index)).toEqual([50])
  expect(driftSlice).toMatchObject({ name: 'drift', floor: 'judge' })
})
