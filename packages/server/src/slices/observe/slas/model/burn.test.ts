import fc from 'fast-check'
import { expect, test } from 'vitest'
import { burnRate, burnRateMax, defaultBurnAlerts, judgeBurn, judgeBurnAlerts } from './burn.ts'

const objectives = fc.double({ min: 0.5, max: 0.9999, noNaN: true })
const days = fc.integer({ min: 1, max: 90 })

test('the defaults of a 30-day window are the table of the SRE workbook', () => {
  expect(defaultBurnAlerts(0.99, 30)).toEqual([
    { severity: 'page', longMinutes: 60, shortMinutes: 5, threshold: 14.4 },
    { severity: 'page', longMinutes: 360, shortMinutes: 30, threshold: 6 },
    { severity: 'ticket', longMinutes: 1_440, shortMinutes: 120, threshold: 3 },
    { severity: 'ticket', longMinutes: 4_320, shortMinutes: 360, threshold: 1 },
  ])
})

test('windows scale with the SLA’s own, thresholds stay', () => {
  const week = defaultBurnAlerts(0.99, 7)
  expect(week.map(({ threshold }) => threshold)).toEqual([14.4, 6, 3, 1])
  expect(week.map(({ longMinutes }) => longMinutes)).toEqual([15, 85, 335, 1_010])
})

test('at 90 % the threshold of 14.4 is out of reach: it is lowered, and its window grows by as much', () => {
  const [fast, second] = defaultBurnAlerts(0.9, 30)
  expect(fast).toMatchObject({ threshold: 8, longMinutes: 110 })
  expect(second).toMatchObject({ threshold: 6, longMinutes: 360 })
  // The same 2 % of the budget: threshold × long / window.
  expect(((fast?.threshold ?? 0) * (fast?.longMinutes ?? 0)) / (30 * 1_440)).toBeCloseTo(0.02, 2)
})

test('SL2: default alerts can fire at every objective and window', () => {
  fc.assert(
    fc.property(objectives, days, (objective, windowDays) => {
      const alerts = defaultBurnAlerts(objective, windowDays)
      expect(judgeBurnAlerts(alerts, objective, windowDays)).toMatchObject({ ok: true })
      for (const alert of alerts) {
        const failing = { good: 0, bad: 1_000 }
        const judged = judgeBurn(alert, { long: failing, short: failing }, { objective, minimumBadEvents: 5 })
        expect(judged.firing).toBe(true)
      }
    }),
  )
})

const alert = { severity: 'page', longMinutes: 60, shortMinutes: 5, threshold: 14.4 } as const

test('SL1: 14.4 at an objective of 90 % is refused, and the sentence says what would be possible', () => {
  const refused = judgeBurnAlerts([alert], 0.9, 30)
  expect(refused).toMatchObject({
    ok: false,
    refusal: {
      code: 'sla-threshold-unreachable',
      detail:
        'With an objective of 90 % the burn rate is at most 10, even if everything fails, so a threshold of 14.4 can never fire. The highest that can is 9.99.',
      extensions: { highestThreshold: 9.99 },
    },
  })
})

test('SL1: a threshold is refused exactly if total failure does not exceed it, and the named highest one is taken', () => {
  fc.assert(
    fc.property(objectives, fc.double({ min: 0.1, max: 12_000, noNaN: true }), (objective, threshold) => {
      const judged = judgeBurnAlerts([{ ...alert, threshold }], objective, 30)
      const failing = { good: 0, bad: 1_000_000 }
      const fires = judgeBurn(
        { ...alert, threshold },
        { long: failing, short: failing },
        { objective, minimumBadEvents: 1 },
      )
      fc.pre(Math.abs(threshold - burnRateMax(objective)) > 1e-6)
      expect(judged.ok).toBe(fires.firing)
      if (judged.ok) return
      const highest = Number(judged.refusal.extensions?.['highestThreshold'])
      expect(judgeBurnAlerts([{ ...alert, threshold: highest }], objective, 30).ok).toBe(true)
    }),
  )
})

test.each([
  ['a short window longer than the long one', { ...alert, threshold: 2, shortMinutes: 120 }],
  ['a window longer than the SLA’s', { ...alert, threshold: 2, longMinutes: 60 * 24 * 31 }],
  ['a window of broken slots', { ...alert, threshold: 2, longMinutes: 61 }],
])('%s is refused', (_, wrong) => {
  expect(judgeBurnAlerts([wrong], 0.9, 30)).toMatchObject({ ok: false, refusal: { code: 'not-processable' } })
})

test('a burn rate of 1 spends the budget exactly; without events it is unknown', () => {
  expect(burnRate({ good: 98, bad: 2 }, 0.98)).toBeCloseTo(1)
  expect(burnRate({ good: 0, bad: 0 }, 0.98)).toBeNull()
})

test.each([
  ['both burn', { good: 80, bad: 20 }, { good: 8, bad: 2 }, true, 'burning-too-fast'],
  ['the trouble is over', { good: 80, bad: 20 }, { good: 10, bad: 0 }, false, 'short-window-calm'],
  ['it has hardly begun', { good: 990, bad: 10 }, { good: 0, bad: 10 }, false, 'long-window-calm'],
  ['nothing happened', { good: 0, bad: 0 }, { good: 0, bad: 0 }, false, 'long-window-calm'],
])('%s: firing is %#', (_, long, short, firing, rule) => {
  const judged = judgeBurn({ ...alert, threshold: 6 }, { long, short }, { objective: 0.98, minimumBadEvents: 5 })
  expect([judged.firing, judged.because.rule]).toEqual([firing, rule])
})

test('SL6: too few bad events never fire, however fast they burn', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(49), (minimumBadEvents, some) => {
      const bad = Math.min(some, minimumBadEvents - 1)
      const judged = judgeBurn(
        alert,
        { long: { good: 0, bad }, short: { good: 0, bad } },
        { objective: 0.99, minimumBadEvents },
      )
      expect(judged.firing).toBe(false)
    }),
  )
})
