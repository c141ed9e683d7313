import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMs, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { judgeCompliance } from './compliance.ts'
import { countSlots, freshnessSlots } from './counting.ts'
import { judgeDefinition } from './definition.ts'
import { boundsOfMonth, periodAt, periodBefore, slotMs } from './windows.ts'

const now = instantFromEpochMs(Date.UTC(2026, 10, 21, 12))
const day = 86_400_000
const judge = (good: number, bad: number, objective: number, pace = { good: 0, bad: 0 }) =>
  judgeCompliance({
    counted: { good, bad, unknown: 0 },
    objective,
    burn: [],
    pace: { ...pace, durationMs: day },
    now,
    horizon: addMs(now, 30 * day),
  })

test.each([
  [98, 2, 0.98, 'met'],
  [97, 3, 0.98, 'breached'],
  [0, 0, 0.98, 'unknown'],
  [9, 1, 0.9, 'met'],
  [7, 3, 0.7, 'met'],
])('%i good and %i bad at %d is %s', (good, bad, objective, state) => {
  expect(judge(good, bad, objective).state).toBe(state)
})

test('a budget that is spent exactly is no breach, whatever the rounding', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 1_000_000 }), (permille, times) => {
      expect(judge((1_000 - permille) * times, permille * times, 1 - permille / 1_000).state).toBe('met')
      expect(judge((1_000 - permille) * times, permille * times + 1, 1 - permille / 1_000).state).toBe('breached')
    }),
  )
})

test('the end of the budget is projected from the pace, and is null when it lasts', () => {
  // 1,000 events with 10 bad of 20 allowed; 100 a day with 7 bad of 2 allowed: 5 a day too many, so two days.
  const judged = judge(990, 10, 0.98, { good: 93, bad: 7 })
  expect(toIso(judged.budget.exhaustionAt ?? now)).toBe('2026-11-23T12:00:00.000Z')
  expect(judge(990, 10, 0.98, { good: 99, bad: 1 }).budget.exhaustionAt).toBeNull()
  expect(judge(990, 10, 0.98).budget.exhaustionAt).toBeNull()
  expect(judge(900, 100, 0.98, { good: 93, bad: 7 }).budget).toMatchObject({
    exhaustionAt: null,
    remaining: expect.any(Number),
  })
})

test('calendar windows follow each other in the organization’s zone', () => {
  const month = periodAt({ kind: 'calendar', period: 'month' }, now, 'Europe/Berlin')
  expect([month.periodStart, toIso(month.from), toIso(month.until)]).toEqual([
    '2026-11-01',
    '2026-10-31T23:00:00.000Z',
    '2026-11-30T23:00:00.000Z',
  ])
  const before = periodBefore({ kind: 'calendar', period: 'month' }, month, 'Europe/Berlin')
  expect([before.periodStart, before.until]).toEqual(['2026-10-01', month.from])
  const week = periodAt({ kind: 'calendar', period: 'week' }, now, 'UTC')
  expect([week.periodStart, toIso(week.until)]).toEqual(['2026-11-16', '2026-11-23T00:00:00.000Z'])
  const quarter = periodAt({ kind: 'calendar', period: 'quarter' }, now, 'UTC')
  expect([quarter.periodStart, toIso(quarter.until)]).toEqual(['2026-10-01', '2027-01-01T00:00:00.000Z'])
  expect(toIso(boundsOfMonth('2026-02', 'UTC').until)).toBe('2026-03-01T00:00:00.000Z')
})

test('a rolling window ends with the running slot and has one row per day', () => {
  const rolling = periodAt({ kind: 'rolling', days: 30 }, now, 'UTC')
  expect([rolling.periodStart, rolling.until - rolling.from, rolling.until - now]).toEqual([
    '2026-11-21',
    30 * day,
    slotMs,
  ])
  const before = periodBefore({ kind: 'rolling', days: 30 }, rolling, 'UTC')
  expect([before.periodStart, toIso(before.until)]).toEqual(['2026-11-20', '2026-11-21T00:00:00.000Z'])
})

const figures = {
  slotAt: 0,
  successes: 8,
  failures: 2,
  costNanoUsd: 400,
  pricedCalls: 10,
  unpricedCalls: 0,
  within: 9,
  timed: 10,
}

test.each([
  ['success', { kind: 'success' }, {}, [{ good: 8, bad: 2, unknown: 0 }]],
  ['latency', { kind: 'latency', thresholdMs: 3_000 }, {}, [{ good: 9, bad: 1, unknown: 0 }]],
  ['a cost at the limit', { kind: 'cost', limitNanoUsd: 50 }, {}, [{ good: 10, bad: 0, unknown: 0 }]],
  ['a cost over it', { kind: 'cost', limitNanoUsd: 49 }, {}, [{ good: 0, bad: 10, unknown: 0 }]],
  ['money for no success', { kind: 'cost', limitNanoUsd: 50 }, { successes: 0 }, [{ good: 0, bad: 2, unknown: 0 }]],
  [
    'a call without a price',
    { kind: 'cost', limitNanoUsd: 50 },
    { unpricedCalls: 1 },
    [{ good: 0, bad: 0, unknown: 10 }],
  ],
  ['no call', { kind: 'cost', limitNanoUsd: 50 }, { pricedCalls: 0, costNanoUsd: 0 }, []],
] as const)('%s is counted as said', (_, indicator, change, expected) => {
  expect(countSlots(indicator, [{ ...figures, ...change }])).toEqual(expected.map((one) => ({ slotAt: 0, ...one })))
})

test('freshness: good while the last success is young enough, nothing before the first', () => {
  const at = (slot: number) => instantFromEpochMs(slot * slotMs)
  const slots = freshnessSlots([at(2), at(3)], { from: at(0), until: at(8) }, 2 * slotMs, false)
  expect(slots.map(({ slotAt, good }) => [slotAt / slotMs, good])).toEqual([
    [2, 1],
    [3, 1],
    [4, 1],
    [5, 1],
    [6, 0],
    [7, 0],
  ])
  expect(freshnessSlots([], { from: at(0), until: at(2) }, slotMs, true).map(({ bad }) => bad)).toEqual([1, 1])
})

const order = {
  name: 'x',
  description: null,
  indicator: { kind: 'success' },
  scope: { agentId: null, domain: null, environment: null },
  window: { kind: 'rolling', days: 30 },
  minimumBadEvents: 5,
  exclusions: [],
  enabled: true,
} as const

test('a definition takes seed 2’s targets where it names none, and refuses what contradicts itself', () => {
  const judged = judgeDefinition({ ...order, exclusions: [] })
  expect(judged).toMatchObject({ ok: true, value: { objective: 0.98 } })
  const both = { agentId: '0190', domain: 'support', environment: null }
  expect(judgeDefinition({ ...order, exclusions: [], scope: both })).toMatchObject({ ok: false })
  const backwards = [{ from: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z', reason: 'r' }]
  expect(judgeDefinition({ ...order, exclusions: backwards })).toMatchObject({ ok: false })
})
