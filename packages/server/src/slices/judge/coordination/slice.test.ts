import { expect, test } from 'vitest'
import { coordinationSlice } from './index.ts'

test('MA1, MA2: each engine has a cursor of its own in the journal', () => {
  expect(coordinationSlice.subscriptions.map(({ name }) => name)).toEqual([
    'meta-agent.trust',
    'meta-agent.arbitration',
    'meta-agent.drift',
  ])
})
