import { type SlaWindow, slaSlotMinutes } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { addDays, localDay, startOfLocalDay } from '../../../../kernel/time-zone.ts'

export const slotMs = slaSlotMinutes * 60_000

/** The slot that an instant lies in, by its start. */
export function slotOf(at: number): Instant {
  return instantFromEpochMs(Math.floor(at / slotMs) * slotMs)
}

/** A window of an SLA: what it covers, and the day by which its row is known. */
export interface Period {
  readonly periodStart: string
  readonly from: Instant
  readonly until: Instant
}

/** Nominal length of a window, from which burn windows are scaled. A month counts 30 days, a quarter 90. */
export function nominalDays(window: SlaWindow): number {
  if (window.kind === 'rolling') return window.days
  return { week: 7, month: 30, quarter: 90 }[window.period]
}

/**
 * The window that is open at `now`. Rolling: the last days up to the end of the running slot, one row per day. Calendar:
 * the whole week, month or quarter that `now` lies in.
 */
export function periodAt(window: SlaWindow, now: Instant, zone: string): Period {
  const today = localDay(now, zone)
  if (window.kind === 'rolling') {
    const until = addMs(slotOf(now), slotMs)
    return { periodStart: today, from: addMs(until, -window.days * 86_400_000), until }
  }
  const periodStart = startOfPeriod(window.period, today)
  return {
    periodStart,
    from: startOfLocalDay(periodStart, zone),
    until: startOfLocalDay(nextPeriod(window.period, periodStart), zone),
  }
}

/** The window before the open one: the period before, or the rolling window that ended with yesterday. */
export function periodBefore(window: SlaWindow, open: Period, zone: string): Period {
  const before = addDays(open.periodStart, -1)
  if (window.kind === 'calendar') return periodAt(window, startOfLocalDay(before, zone), zone)
  const until = startOfLocalDay(open.periodStart, zone)
  return { periodStart: before, from: addMs(until, -window.days * 86_400_000), until }
}

type CalendarPeriod = Extract<SlaWindow, { kind: 'calendar' }>['period']

function startOfPeriod(period: CalendarPeriod, day: string): string {
  if (period === 'week') return addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7))
  const month = Number(day.slice(5, 7))
  const first = period === 'month' ? month : month - ((month - 1) % 3)
  return `${day.slice(0, 4)}-${String(first).padStart(2, '0')}-01`
}

function nextPeriod(period: CalendarPeriod, start: string): string {
  return period === 'week' ? addDays(start, 7) : startOfPeriod(period, addDays(start, period === 'month' ? 31 : 92))
}

/** From where to where a calendar month, `YYYY-MM`, lasts in a zone. */
export function boundsOfMonth(month: string, zone: string): { readonly from: Instant; readonly until: Instant } {
  const first = `${month}-01`
  return { from: startOfLocalDay(first, zone), until: startOfLocalDay(nextPeriod('month', first), zone) }
}
