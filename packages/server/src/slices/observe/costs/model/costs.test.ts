import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { daysIn, rangeOf } from './range.ts'
import { advanced } from './repricing.ts'
import { type Counts, type DayCost, linesOf, sumsOf } from './sums.ts'

const at = (iso: string) => instantFromEpochMs(Date.parse(iso))
const noCounts: Counts = {
  pricedCalls: 0,
  unpricedCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  unpricedTokens: 0,
  costNanoUsd: 0,
  reportedCalls: 0,
  reportedNanoUsd: 0,
  comparedCalls: 0,
  comparedCostNanoUsd: 0,
  comparedReportedNanoUsd: 0,
}

test('CO2: what no call says is unknown, and what free calls cost is 0', () => {
  expect(sumsOf({ ...noCounts, unpricedCalls: 2, unpricedTokens: 9 })).toMatchObject({
    calls: 2,
    unpricedCalls: 2,
    unpricedTokens: 9,
    costNanoUsd: null,
    reportedNanoUsd: null,
    comparedCostNanoUsd: null,
    reportedRatio: null,
  })
  expect(sumsOf({ ...noCounts, pricedCalls: 1 })).toMatchObject({ costNanoUsd: 0, reportedRatio: null })
  expect(sumsOf({ ...noCounts, comparedCalls: 1, comparedCostNanoUsd: 4, comparedReportedNanoUsd: 6 })).toMatchObject({
    reportedRatio: 1.5,
  })
})

test('CO2: lines keep each day’s cost once, the costliest first and the rest in one', () => {
  const days = ['2026-01-01', '2026-01-02', '2026-01-03']
  const cost = fc.record({
    day: fc.constantFrom(...days),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    pricedCalls: fc.nat({ max: 2 }),
    unpricedCalls: fc.nat({ max: 2 }),
    costNanoUsd: fc.nat({ max: 1_000 }),
  })
  const unique = fc.uniqueArray(cost, { selector: ({ day, key }) => day + key })
  fc.assert(
    fc.property(unique, (raw) => {
      const costs: DayCost[] = raw.map((one) => (one.pricedCalls === 0 ? { ...one, costNanoUsd: 0 } : one))
      const lines = linesOf(costs, days, 2)
      const keys = new Set(costs.map(({ key }) => key))
      expect(lines.length).toBe(keys.size > 2 ? 3 : keys.size)
      days.forEach((day, place) => {
        const ofDay = costs.filter((one) => one.day === day)
        const shown = lines.map((line) => line.costNanoUsd[place] ?? null)
        expect(shown.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(
          ofDay.reduce((sum, one) => sum + one.costNanoUsd, 0),
        )
        if (ofDay.every(({ pricedCalls }) => pricedCalls === 0))
          expect(shown.every((value) => value === null)).toBe(true)
      })
      const sums = lines
        .filter(({ key }) => key !== null)
        .map((line) => line.costNanoUsd.reduce<number>((s, v) => s + (v ?? 0), 0))
      expect(sums).toEqual(sums.toSorted((a, b) => b - a))
    }),
  )
})

test('CO3: a range is rounded out to quarters of an hour, and lasts 30 days unless told', () => {
  const range = rangeOf('2026-01-05T12:07:00Z', '2026-01-05T12:31:00Z', at('2026-02-01T00:00:00Z'))
  expect(range).toEqual({ ok: true, value: { from: at('2026-01-05T12:00:00Z'), until: at('2026-01-05T12:45:00Z') } })
  const open = rangeOf(undefined, undefined, at('2026-02-01T00:00:00Z'))
  expect(open).toEqual({ ok: true, value: { from: at('2026-01-02T00:15:00Z'), until: at('2026-02-01T00:15:00Z') } })
})

test.each([
  ['2026-01-05T12:00:00Z', '2026-01-05T12:00:00Z'],
  ['2026-01-06T12:00:00Z', '2026-01-05T12:00:00Z'],
  ['2020-01-01T00:00:00Z', '2026-01-05T12:00:00Z'],
])('CO3: from %s to %s is refused', (from, to) => {
  expect(rangeOf(from, to, at('2026-02-01T00:00:00Z'))).toMatchObject({ ok: false })
})

test.each([
  ['UTC', ['2026-03-28', '2026-03-29', '2026-03-30']],
  ['Asia/Kolkata', ['2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31']],
  ['America/New_York', ['2026-03-27', '2026-03-28', '2026-03-29', '2026-03-30']],
  ['Europe/Berlin', ['2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31']],
])('CO3: the days of a range in %s are all there, once, over the change to summer time', (timeZone, days) => {
  expect(daysIn({ from: at('2026-03-28T00:00:00Z'), until: at('2026-03-31T00:00:00Z') }, timeZone)).toEqual(days)
})

test('CO5: a re-pricing’s sums are those of its steps, and it is done where no step follows', () => {
  const none = {
    calls: 0,
    changedCalls: 0,
    newlyPricedCalls: 0,
    noLongerPricedCalls: 0,
    beforeNanoUsd: 0,
    afterNanoUsd: 0,
  }
  const row = { ...none, positionDay: null, positionExecutionId: null }
  const step = {
    calls: 2,
    changedCalls: 1,
    newlyPricedCalls: 1,
    noLongerPricedCalls: 0,
    beforeNanoUsd: 5,
    afterNanoUsd: 7,
  }
  const going = advanced(row, { ...step, next: { day: '2026-01-01', executionId: 'a' } }, at('2026-01-01T00:00:00Z'))
  expect(going).toMatchObject({ ...step, state: 'running', positionDay: '2026-01-01', positionExecutionId: 'a' })
  const done = advanced(going, { ...step, next: null }, at('2026-01-02T00:00:00Z'))
  expect(done).toMatchObject({
    calls: 4,
    beforeNanoUsd: 10,
    afterNanoUsd: 14,
    state: 'done',
    finishedAt: at('2026-01-02T00:00:00Z'),
  })
})
