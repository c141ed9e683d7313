import type { AlertTimeInterval } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
export type WeekdayName = (typeof weekdays)[number]

/** A moment as a calendar and a clock on a wall of some time zone show it. */
export interface WallTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly weekday: WeekdayName
  /** Minutes since midnight. */
  readonly minute: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const parts = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const
  const made = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', { timeZone, hourCycle: 'h23', ...parts })
  formats.set(timeZone, made)
  return made
}

/** What the wall shows at an instant. Throws a RangeError for an unknown time zone; they are checked on save. */
export function wallTime(at: Instant, timeZone: string): WallTime {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0
  const [year, month, day] = [part('year'), part('month'), part('day')]
  const weekday = weekdays[new Date(Date.UTC(year, month - 1, day)).getUTCDay()] ?? 'sunday'
  return { year, month, day, weekday, minute: part('hour') * 60 + part('minute') }
}

/** Whether an interval holds at an instant: each part that it gives must fit (Alertmanager's `time_intervals`). */
export function intervalHolds(interval: AlertTimeInterval, at: Instant, ownTimeZone: string): boolean {
  const wall = wallTime(at, interval.timeZone ?? ownTimeZone)
  const some = <T>(items: readonly T[], fits: (item: T) => boolean) => items.length === 0 || items.some(fits)
  return (
    some(interval.times, ({ start, end }) => wall.minute >= minutesOf(start) && wall.minute < minutesOf(end)) &&
    some(interval.weekdays, (day) => day === wall.weekday) &&
    some(interval.daysOfMonth, ({ from, to }) => dayFits(wall, from, to)) &&
    some(interval.months, (month) => month === wall.month) &&
    some(interval.years, (year) => year === wall.year)
  )
}

function dayFits(wall: WallTime, from: number, to: number): boolean {
  const length = new Date(Date.UTC(wall.year, wall.month, 0)).getUTCDate()
  const dayOf = (day: number) => (day < 0 ? length + 1 + day : day)
  return wall.day >= Math.max(1, dayOf(from)) && wall.day <= Math.min(length, dayOf(to))
}

/** `HH:MM` as minutes since midnight. */
export function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

const minuteMs = 60_000
const quarterMs = 15 * minuteMs

/**
 * The next instant after `after` at which the wall of the time zone shows this time (of this weekday, if one is given).
 * A time that the clock skips in spring counts as the first one after it; one that comes twice in autumn, once. Null
 * never comes: every time of day comes within eight days.
 */
export function nextOccurrence(
  wanted: { readonly time: string; readonly weekday: WeekdayName | null },
  timeZone: string,
  after: Instant,
): Instant {
  const minute = minutesOf(wanted.time)
  // Zones lie on quarters of an hour since 1986, so a wall clock passes each of its own quarters at one of these.
  let at = instantFromEpochMs(Math.floor(after / quarterMs) * quarterMs)
  let before = wallTime(at, timeZone)
  for (let step = 0; step < 8 * 96 + 8; step++) {
    const next = addMs(at, quarterMs)
    const shown = wallTime(next, timeZone)
    const sameDay = shown.day === before.day
    const passed = sameDay ? before.minute <= minute && minute < shown.minute : before.minute <= minute
    const due = addMs(at, Math.min(minute - before.minute, 15) * minuteMs)
    if (passed && due > after && (wanted.weekday === null || before.weekday === wanted.weekday)) return due
    at = next
    before = shown
  }
  throw new RangeError(`no ${wanted.time} comes in ${timeZone} within eight days`)
}
