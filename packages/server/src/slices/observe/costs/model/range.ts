import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

const quarterMs = 900_000
const dayMs = 86_400_000
const defaultDays = 30
const mostDays = 400

export interface CostRange {
  readonly from: Instant
  readonly until: Instant
}

/**
 * The range of a question, rounded out to quarters of an hour, which is how costs are kept. By default it ends now and
 * lasts 30 days; more than 400 days are refused.
 */
export function rangeOf(from: string | undefined, to: string | undefined, now: Instant): Result<CostRange> {
  const until = Math.ceil((to === undefined ? now + 1 : Date.parse(to)) / quarterMs) * quarterMs
  const start = from === undefined ? until - defaultDays * dayMs : Date.parse(from)
  const since = Math.floor(start / quarterMs) * quarterMs
  if (since >= until) return refuse('not-processable', '`to` must be later than `from`.')
  if (until - since > mostDays * dayMs)
    return refuse(
      'not-processable',
      `Ask for at most ${mostDays} days at a time; these are ${Math.ceil((until - since) / dayMs)}.`,
    )
  return ok({ from: instantFromEpochMs(since), until: instantFromEpochMs(until) })
}

/** The days of a range in a time zone, `YYYY-MM-DD`, in order. */
export function daysIn({ from, until }: CostRange, timeZone: string): readonly string[] {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const days = new Set<string>()
  // Days are 23 to 25 hours long: a step of 20 meets each.
  for (let at: number = from; at < until; at += 20 * 3_600_000) days.add(format.format(at))
  days.add(format.format(until - 1))
  return [...days].sort()
}
