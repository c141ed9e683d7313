import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../kernel/instant.ts'
import { deletionsInTable, dueInTable, firstHeldDay, judgeChange, keptFrom } from './model.ts'

const noon = instantFromEpochMs(Date.parse('2026-03-01T12:00:00Z'))

test.each([
  [0, '2026-03-01'],
  [1, '2026-02-28'],
  [30, '2026-01-30'],
])('RT1: %d days back from noon of March 1 is %s', (days, day) => {
  expect(keptFrom(noon, days)).toBe(day)
})

test('RT2: a day goes as a whole when nobody keeps it, and rows go where the time is shorter', () => {
  const kept = [
    { organizationId: 'a', days: 30 },
    { organizationId: 'b', days: 90 },
  ]
  expect(dueInTable(kept, noon)).toMatchObject({
    dropBefore: '2025-12-01',
    because: { rule: 'kept-by-nobody', observed: 90 },
    deletions: [{ organizationId: 'a', before: '2026-01-30' }],
  })
  expect(dueInTable([], noon)).toBe(null)
})

test('RT1, RT2: whatever the times are, no organization loses a day that it keeps', () => {
  const days = fc.integer({ min: 1, max: 3_650 })
  fc.assert(
    fc.property(fc.array(days, { minLength: 1, maxLength: 8 }), (all) => {
      const kept = all.map((one, at) => ({ organizationId: String(at), days: one }))
      const due = dueInTable(kept, noon)
      for (const { organizationId, days: own } of kept) {
        const from = keptFrom(noon, own)
        expect((due?.dropBefore ?? '') <= from).toBe(true)
        const deletion = due?.deletions.find((one) => one.organizationId === organizationId)
        expect(deletion?.before ?? due?.dropBefore).toBe(from)
      }
    }),
  )
})

test('RT1: where no day can be dropped, each organization loses its own rows alone', () => {
  const kept = [
    { organizationId: 'a', days: 1 },
    { organizationId: 'b', days: 30 },
  ]
  expect(deletionsInTable(kept, noon)).toEqual([
    { organizationId: 'a', before: '2026-02-28' },
    { organizationId: 'b', before: '2026-01-30' },
  ])
})

test.each([
  [30, 7, 'HIGH', 'kept-shorter'],
  [30, 31, 'LOW', 'kept-longer'],
  [30, 30, null, 'kept-as-long'],
] as const)('RT8: from %d days to %d is of impact %s', (from, to, impact, rule) => {
  const asked = { from, to, rowsAtLeast: false, before: '2026-01-30' }
  expect(judgeChange({ ...asked, rows: 1 })).toMatchObject({ impact, because: { rule, observed: to, limit: from } })
  expect(judgeChange({ ...asked, rows: 1 }).because.text).toContain('1 row from')
  expect(judgeChange({ ...asked, rows: 0 }).because.text).toContain('Nothing lies before 2026-01-30')
  expect(judgeChange({ ...asked, rows: 5, rowsAtLeast: true }).because.text).toContain('more than 5 rows')
})

test.each([
  [[], null],
  [
    [
      { from: '2026-01-05', to: null },
      { from: '2025-12-31', to: '2026-01-01' },
    ],
    '2025-12-31',
  ],
  [
    [
      { from: '2026-01-05', to: null },
      { from: null, to: '2026-01-01' },
    ],
    '0001-01-01',
  ],
])('RT9: of the holds %j the first day held is %s', (held, day) => {
  expect(firstHeldDay(held)).toBe(day)
})
