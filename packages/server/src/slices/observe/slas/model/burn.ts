import type { Because, BurnAlert, BurnStatus } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { slotMs } from './windows.ts'

/** Good and bad events of a window. */
export interface Events {
  readonly good: number
  readonly bad: number
}

/**
 * The table of Google's SRE workbook (chapter 5, with Sloth's fourth row) for a window of 30 days: which share of the
 * budget a long window may cost before it fires, and the short window that ends an alert soon after the trouble.
 */
const tiersOf30Days = [
  { severity: 'page', budgetShare: 0.02, longMinutes: 60, shortMinutes: 5 },
  { severity: 'page', budgetShare: 0.05, longMinutes: 360, shortMinutes: 30 },
  { severity: 'ticket', budgetShare: 0.1, longMinutes: 1_440, shortMinutes: 120 },
  { severity: 'ticket', budgetShare: 0.1, longMinutes: 4_320, shortMinutes: 360 },
] as const

/** Of what a burn rate can be at most, so much is the highest default: at the very most only total failure would fire. */
const reachableShare = 0.8

/** How fast a budget can burn: when every event is bad. 1/(1 − objective). */
export function burnRateMax(objective: number): number {
  return 1 / (1 - objective)
}

/**
 * The alerts for an objective and a window. Long and short windows scale with the window's length, as Pyrra does it, so
 * the thresholds stay 14.4, 6, 3 and 1. Where an objective makes a threshold unreachable, it is lowered to 80 % of the
 * highest possible rate and the windows grow, so that the alert still stands for the same share of the budget.
 */
export function defaultBurnAlerts(objective: number, windowDays: number): readonly BurnAlert[] {
  const scale = windowDays / 30
  const slotMinutes = slotMs / 60_000
  const whole = (minutes: number) => Math.max(slotMinutes, Math.round(minutes / slotMinutes) * slotMinutes)
  return tiersOf30Days.map(({ severity, budgetShare, longMinutes, shortMinutes }) => {
    const threshold = (budgetShare * 30 * 1_440) / longMinutes
    const lowered = Math.min(threshold, reachableShare * burnRateMax(objective))
    const stretch = scale * (threshold / lowered)
    return {
      severity,
      longMinutes: Math.min(whole(longMinutes * stretch), windowDays * 1_440),
      shortMinutes: whole(shortMinutes * stretch),
      threshold: Math.round(lowered * 1_000) / 1_000,
    }
  })
}

/** Refuses alerts that can never fire or whose windows contradict each other, and says what would be possible. */
export function judgeBurnAlerts(
  alerts: readonly BurnAlert[],
  objective: number,
  windowDays: number,
): Result<readonly BurnAlert[]> {
  const most = burnRateMax(objective)
  for (const [at, { threshold, longMinutes, shortMinutes }] of alerts.entries()) {
    const field = { burnAlert: at }
    // The rate must exceed the threshold, so the highest rate itself is out of reach, too.
    if (threshold >= most - 1e-9) {
      const highest = Math.floor(most * 100 - 1e-6) / 100
      const reachable = highest < most - 1e-9 ? highest : Math.round((most - 0.01) * 100) / 100
      return refuse(
        'sla-threshold-unreachable',
        `With an objective of ${percent(objective)} the burn rate is at most ${trim(most)}, even if everything fails, so a threshold of ${trim(threshold)} can never fire. The highest that can is ${trim(reachable)}.`,
        { ...field, highestThreshold: reachable, burnRateMax: Math.round(most * 1e6) / 1e6 },
      )
    }
    if (shortMinutes > longMinutes)
      return refuse('not-processable', 'The short window of a burn alert must not be longer than its long one.', field)
    if (longMinutes > windowDays * 1_440)
      return refuse(
        'not-processable',
        `A burn window of ${longMinutes} minutes is longer than the SLA’s own window of ${windowDays} days.`,
        field,
      )
    if (longMinutes % (slotMs / 60_000) !== 0 || shortMinutes % (slotMs / 60_000) !== 0)
      return refuse('not-processable', 'Burn windows are whole multiples of five minutes.', field)
  }
  return ok(alerts)
}

/** How fast the budget burns: the share of bad events by the share that the objective allows. Null without events. */
export function burnRate({ good, bad }: Events, objective: number): number | null {
  return good + bad === 0 ? null : bad / (good + bad) / (1 - objective)
}

/** Judges one alert: it fires while both windows burn faster than the threshold, on enough bad events. */
export function judgeBurn(
  alert: BurnAlert,
  events: { readonly long: Events; readonly short: Events },
  policy: { readonly objective: number; readonly minimumBadEvents: number },
): BurnStatus {
  const longRate = burnRate(events.long, policy.objective)
  const shortRate = burnRate(events.short, policy.objective)
  const of = (firing: boolean, because: Because): BurnStatus => ({
    ...alert,
    longRate,
    shortRate,
    longBad: events.long.bad,
    firing,
    because,
  })
  const { threshold } = alert
  const rates = `${trim(longRate)} over ${span(alert.longMinutes)} and ${trim(shortRate)} over ${span(alert.shortMinutes)}`
  if (longRate === null || longRate <= threshold)
    return of(false, {
      rule: 'long-window-calm',
      observed: longRate,
      limit: threshold,
      text: `The budget burns ${rates}; from ${trim(threshold)} on it would be told.`,
    })
  if (shortRate === null || shortRate <= threshold)
    return of(false, {
      rule: 'short-window-calm',
      observed: shortRate,
      limit: threshold,
      text: `The budget burnt ${rates}: it has stopped burning faster than ${trim(threshold)}.`,
    })
  if (events.long.bad < policy.minimumBadEvents)
    return of(false, {
      rule: 'too-few-bad-events',
      observed: events.long.bad,
      limit: policy.minimumBadEvents,
      text: `The budget burns ${rates}, but on ${events.long.bad} bad events alone; from ${policy.minimumBadEvents} on it is told.`,
    })
  return of(true, {
    rule: 'burning-too-fast',
    observed: longRate,
    limit: threshold,
    text: `The budget burns ${rates}, both faster than ${trim(threshold)}.`,
  })
}

const percent = (share: number) => `${trim(100 * share)} %`
const trim = (value: number | null) => (value === null ? 'unknown' : String(Math.round(value * 100) / 100))
const span = (minutes: number) =>
  minutes % 1_440 === 0 ? `${minutes / 1_440} d` : minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
