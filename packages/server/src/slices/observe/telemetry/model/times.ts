import { lastTimeMs } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'

/** Agents before 2020 are clocks that were never set. */
export const earliestTime: Instant = instantFromEpochMs(Date.UTC(2020, 0, 1))
/** A client's clock may run ahead; further ahead it is wrong. */
export const furthestAheadMs = 86_400_000

const zero = 48
const digit = (text: string, at: number): number => text.charCodeAt(at) - zero

function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at++) {
    const next = digit(text, at)
    if (next < 0 || next > 9) return Number.NaN
    value = value * 10 + next
  }
  return value
}

// The last day read: the rows of a batch share it.
let lastDay = ''
let lastDayMs = Number.NaN

/** Epoch milliseconds of `YYYY-MM-DD`, NaN when it is none. */
function epochOfDay(day: string): number {
  if (day === lastDay) return lastDayMs
  const year = digits(day, 0, 4)
  const date = digits(day, 8, 2)
  if (day[4] !== '-' || day[7] !== '-' || !(year >= 1000)) return Number.NaN
  const epoch = Date.UTC(year, digits(day, 5, 2) - 1, date)
  // Date.UTC carries over: 31 April is 1 May, month 13 is next year.
  if (Number.isNaN(epoch) || new Date(epoch).toISOString().slice(0, 10) !== day) return Number.NaN
  lastDay = day
  lastDayMs = epoch
  return epoch
}

/**
 * Reads the one form that our SDKs send, `YYYY-MM-DDTHH:MM:SS.mmmZ`, several times faster than a general parser. Null
 * for every other form, which goes through the contract's schema.
 */
export function readCanonicalTime(text: string): Instant | null {
  if (
    text.length !== 24 ||
    text[10] !== 'T' ||
    text[13] !== ':' ||
    text[16] !== ':' ||
    text[19] !== '.' ||
    text[23] !== 'Z'
  )
    return null
  const hours = digits(text, 11, 2)
  const minutes = digits(text, 14, 2)
  const seconds = digits(text, 17, 2)
  if (!(hours <= 23 && minutes <= 59 && seconds <= 59)) return null
  const epoch =
    epochOfDay(text.slice(0, 10)) + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000 + digits(text, 20, 3)
  return epoch >= 0 && epoch <= lastTimeMs ? (epoch as Instant) : null
}

/** Reads any ISO 8601 time that the contract's schema let through. Finer than milliseconds is cut off. */
export function readTime(text: string): Instant {
  return instantFromEpochMs(Math.floor(Date.parse(text)))
}

/** What is wrong with a time, or null. */
export function timeFault(at: Instant, now: Instant): string | null {
  if (at < earliestTime) return 'is before 2020: the clock of the sender was not set'
  if (at > addMs(now, furthestAheadMs)) return 'is more than a day ahead of this server: check the clock of the sender'
  return null
}
