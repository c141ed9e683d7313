import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { addDays, localDay } from '../../../../kernel/time-zone.ts'
import { addUp, boundsOfDay, type DaySums, dayCounts, daysOfHours, emptySums, figuresOfDay } from './day.ts'

const sums: fc.Arbitrary<DaySums> = fc
  .tuple(
    fc.array(fc.nat(1_000), { minLength: dayCounts.length, maxLength: dayCounts.length }),
    fc.dictionary(fc.nat(300).map(String), fc.nat(50)),
  )
  .map(([counts, latency]) => ({
    ...emptySums,
    ...Object.fromEntries(dayCounts.map((count, at) => [count, counts[at] ?? 0])),
    latency,
  }))

test('M5: days merge in any order to the same figures', () => {
  fc.assert(
    fc.property(fc.array(sums, { maxLength: 6 }), (all) => {
      const once = figuresOfDay(addUp(all))
      expect(figuresOfDay(addUp(all.toReversed()))).toEqual(once)
      const [first = emptySums, ...others] = all
      expect(figuresOfDay(addUp([first, addUp(others)]))).toEqual(once)
    }),
  )
})

test('M6: what is unknown stays null', () => {
  const of = (change: Partial<DaySums>) => figuresOfDay({ ...emptySums, ...change })
  expect(of({})).toMatchObject({ successRate: null, successRateLow: null, latencyP95Ms: null, costNanoUsd: 0 })
  expect(of({}).costPerSuccessNanoUsd).toBeNull()
  expect(of({ successes: 2, unpricedCalls: 1 })).toMatchObject({ costNanoUsd: null, costPerSuccessNanoUsd: null })
  expect(of({ successes: 2, pricedCalls: 1, unpricedCalls: 1, costNanoUsd: 10 }).costPerSuccessNanoUsd).toBeNull()
  expect(of({ successes: 2, pricedCalls: 2, costNanoUsd: 10 }).costPerSuccessNanoUsd).toBe(5)
  expect(of({ failures: 2, pricedCalls: 2, costNanoUsd: 10 }).costPerSuccessNanoUsd).toBeNull()
})

test('M4: days follow each other without a gap or an overlap in every time zone', () => {
  const zones = ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Asia/Beirut', 'America/St_Johns']
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 7_000 }), (zone, offset) => {
      const day = addDays('2010-01-01', offset)
      const { from, until } = boundsOfDay(day, zone)
      expect(until).toBe(boundsOfDay(addDays(day, 1), zone).from)
      expect((until - from) / 3_600_000).toBeGreaterThanOrEqual(23)
      expect((until - from) / 3_600_000).toBeLessThanOrEqual(25)
    }),
  )
})

test('M2: an hour touches exactly the days that some minute of it lies in', () => {
  const zones = ['UTC', 'Asia/Kolkata', 'Asia/Kathmandu', 'America/New_York']
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 500_000 }), (zone, hour) => {
      const hourAt = instantFromEpochMs(hour * 3_600_000)
      const touched = [...daysOfHours([{ agentId: 'a', hourAt }], zone).keys()]
      const lived = Array.from({ length: 60 }, (_, minute) =>
        localDay(instantFromEpochMs(hourAt + minute * 60_000), zone),
      )
      expect(touched).toEqual([...new Set(lived)])
    }),
  )
})
