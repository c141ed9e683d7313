import { expect, test } from 'vitest'
import {
  formatAgo,
  formatClock,
  formatDay,
  formatInstant,
  fromLocalInput,
  shortZoneLabel,
  toLocalInput,
  zoneLabel,
} from './time.ts'

const at = '2026-11-21T09:14:03.042Z'
const now = Date.parse(at)

test('times are sortable and as precise as asked', () => {
  expect(formatInstant(at, 'utc')).toBe('2026-11-21 09:14:03')
  expect(formatInstant(at, 'utc', 'minute')).toBe('2026-11-21 09:14')
  expect(formatInstant(at, 'utc', 'millisecond')).toBe('2026-11-21 09:14:03.042')
  expect(formatInstant(null, 'utc')).toBe('–')
})

test('midnight is 00, not 24', () => {
  expect(formatInstant('2026-11-21T00:00:00.000Z', 'utc', 'minute')).toBe('2026-11-21 00:00')
})

test('axes show the clock or the day', () => {
  expect(formatClock(now, 'utc')).toBe('09:14')
  expect(formatDay(now, 'utc')).toBe('Nov 21')
})

test('the zone has a name, so that nobody has to guess', () => {
  expect(zoneLabel('utc', now)).toBe('UTC')
  expect(shortZoneLabel('utc', now)).toBe('UTC')
  expect(zoneLabel('local', now)).toMatch(/^UTC$|^.+, UTC([+-]\d.*)?$/)
  expect(shortZoneLabel('local', now)).toMatch(/^UTC/)
})

test.each([
  [2, 'now'],
  [-60, 'now'],
  [42, '42 s ago'],
  [300, '5 min ago'],
  [3 * 3600, '3 h ago'],
  [12 * 86_400, '12 d ago'],
])('%i seconds before now is %s', (seconds, text) => {
  expect(formatAgo(new Date(now - seconds * 1000).toISOString(), now)).toBe(text)
})

test('what never was, was never', () => {
  expect(formatAgo(null, now)).toBe('never')
})

test('what a reader types in a zone is the time of that zone', () => {
  expect(toLocalInput(at, 'utc')).toBe('2026-11-21T09:14')
  expect(toLocalInput(undefined, 'utc')).toBe('')
  expect(fromLocalInput('2026-11-21T09:14', 'utc')).toBe('2026-11-21T09:14:00.000Z')
  expect(fromLocalInput(toLocalInput(at, 'local'), 'local')).toBe('2026-11-21T09:14:00.000Z')
  expect(fromLocalInput('', 'utc')).toBeNull()
  expect(fromLocalInput('not a time', 'local')).toBeNull()
})
