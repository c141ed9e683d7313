import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMs, instantFromEpochMs, toIso } from './instant.ts'
import { addDays, isTimeZone, localDay, startOfLocalDay } from './time-zone.ts'

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Beirut',
  'Africa/Cairo',
  'Pacific/Apia',
]

test('every day begins where the calendar turns, whatever the zone', () => {
  const days = fc.integer({ min: 0, max: 9_000 }).map((offset) => addDays('2005-01-01', offset))
  fc.assert(
    fc.property(fc.constantFrom(...zones), days, (zone, day) => {
      // Samoa skipped 30 December 2011 as it changed sides of the date line: that day has no instant.
      fc.pre(!(zone === 'Pacific/Apia' && day === '2011-12-30'))
      const start = startOfLocalDay(day, zone)
      expect(localDay(start, zone)).toBe(day)
      expect(localDay(addMs(start, -1), zone) < day).toBe(true)
    }),
  )
})

test.each([
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
  ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
  ['2026-11-21', 'Asia/Kolkata', '2026-11-20T18:30:00.000Z'],
  // Clocks jump from 0:00 to 1:00.
  ['2026-03-29', 'Asia/Beirut', '2026-03-28T22:00:00.000Z'],
  // Clocks are set back from 24:00 to 23:00.
  ['2026-10-25', 'Asia/Beirut', '2026-10-24T22:00:00.000Z'],
])('the day %s of %s begins at %s', (day, zone, at) => {
  expect(toIso(startOfLocalDay(day, zone))).toBe(at)
})

test('days are counted by the calendar, and an unknown zone is told apart', () => {
  expect(addDays('2026-02-28', 1)).toBe('2026-03-01')
  expect(localDay(instantFromEpochMs(0), 'America/New_York')).toBe('1969-12-31')
  expect([isTimeZone('Europe/Berlin'), isTimeZone('Middle/Earth')]).toEqual([true, false])
})
