import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { afterAttempt, attemptsMax } from './delivery.ts'
import { byUrgency, summaryOf, titleOf, worstOf } from './notices.ts'
import { nextReports } from './reports.ts'
import { intervalHolds, nextOccurrence, wallTime } from './time-intervals.ts'
import { planWatch } from './watch.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5))

describe('delivery', () => {
  const failed = { kind: 'failed', detail: 'HTTP 503', retryAfterMs: null } as const
  test('AL10: waits double from 5 s to 10 min, and the tenth failure is the last', () => {
    const waits = Array.from({ length: attemptsMax }, (_, n) => {
      const next = afterAttempt(failed, n + 1, now)
      return next.kind === 'retry' ? (next.at - now) / 1_000 : next.kind
    })
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600, 'dead'])
    expect(afterAttempt(failed, attemptsMax, now)).toMatchObject({ reason: 'Given up after 10 attempts: HTTP 503' })
  })

  test('AL10: it never comes sooner than it was asked to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 3_600_000 }), (attempt, retryAfterMs) => {
        const next = afterAttempt({ ...failed, retryAfterMs }, attempt, now)
        expect(next.kind === 'retry' && next.at - now >= retryAfterMs).toBe(true)
      }),
    )
  })

  test('AL10: what can never work is given up at once, with its reason', () => {
    expect(afterAttempt({ kind: 'refused', detail: 'no_service' }, 1, now)).toEqual({
      kind: 'dead',
      reason: 'no_service',
    })
  })
})

describe('wall clocks', () => {
  test.each([
    ['2026-03-29T00:59:00.000Z', 'Europe/Berlin', 119],
    ['2026-03-29T01:00:00.000Z', 'Europe/Berlin', 180],
    ['2026-01-05T00:00:00.000Z', 'Asia/Kathmandu', 345],
    ['2026-01-05T00:00:00.000Z', 'America/New_York', 19 * 60],
  ])('%s in %s shows minute %d', (at, zone, minute) => {
    expect(wallTime(instantFromEpochMs(Date.parse(at)), zone).minute).toBe(minute)
  })

  test.each([
    ['08:00', null, 'Europe/Berlin', '2026-01-05T00:00:00.000Z', '2026-01-05T07:00:00.000Z'],
    ['08:00', null, 'Europe/Berlin', '2026-01-05T07:00:00.000Z', '2026-01-06T07:00:00.000Z'],
    ['08:07', 'monday', 'UTC', '2026-01-05T08:07:00.000Z', '2026-01-12T08:07:00.000Z'],
    // 02:30 does not exist on this night: the first moment after the gap stands for it.
    ['02:30', null, 'Europe/Berlin', '2026-03-28T12:00:00.000Z', '2026-03-29T01:00:00.000Z'],
    ['23:59', 'sunday', 'America/New_York', '2026-01-05T00:00:00.000Z', '2026-01-05T04:59:00.000Z'],
  ] as const)('the next %s (%s) in %s after %s is %s', (time, weekday, zone, after, expected) => {
    expect(toIso(nextOccurrence({ time, weekday }, zone, instantFromEpochMs(Date.parse(after))))).toBe(expected)
  })

  test('the next report lies ahead and shows its time on the wall, on any day of any zone', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata')
    fc.assert(
      fc.property(
        zones,
        fc.integer({ min: 0, max: 525_600 }),
        fc.integer({ min: 0, max: 23 }),
        (zone, minute, hour) => {
          const after = addMs(now, minute * 60_000)
          const time = `${String(hour).padStart(2, '0')}:00`
          const { dailyAt } = nextReports({ dailyAt: time, weeklyOn: null, weeklyAt: '08:00' }, zone, after)
          expect(dailyAt !== null && dailyAt > after && dailyAt - after <= 26 * 3_600_000).toBe(true)
          const shown = dailyAt === null ? -1 : wallTime(dailyAt, zone).minute
          // In a gap the first moment after it stands for the time.
          expect(shown - hour * 60).toBeLessThanOrEqual(60)
          expect(shown).toBeGreaterThanOrEqual(hour * 60)
        },
      ),
      { numRuns: 200 },
    )
  })

  test.each([
    [{ weekdays: ['monday'] }, true],
    [{ weekdays: ['sunday'] }, false],
    [{ times: [{ start: '00:00', end: '00:01' }] }, true],
    [{ times: [{ start: '00:01', end: '24:00' }] }, false],
    [{ daysOfMonth: [{ from: -27, to: -27 }] }, true],
    [{ daysOfMonth: [{ from: 6, to: -1 }] }, false],
    [{ months: [1], years: [2026] }, true],
    [{ months: [2] }, false],
    [{ timeZone: 'America/New_York', weekdays: ['sunday'] }, true],
  ] as const)('Monday the 5th of January 2026, midnight UTC, lies in %j: %s', (parts, expected) => {
    const none = { name: 'n', timeZone: null, times: [], weekdays: [], daysOfMonth: [], months: [], years: [] }
    expect(intervalHolds({ ...none, ...(parts as object) }, now, 'UTC')).toBe(expected)
  })
})

describe('watching', () => {
  const idle = {
    hasRules: true,
    openAlerts: 0,
    evaluatedAt: addMs(now, -2_000),
    evaluatedEventId: 'a',
    evaluationMs: 10,
    newestEventId: 'a',
    nextFlushAt: null,
    nextReportAt: null,
    forwards: false,
    forwardedAt: null,
  }
  const plan = (change: Partial<typeof idle> | object) => planWatch({ ...idle, ...change }, now)

  test('an event only wakes, time alone does it too, and slow evaluations come seldom', () => {
    expect(plan({})).toEqual({ evaluate: false, notify: false, report: false, forward: false })
    expect(plan({ newestEventId: 'b' }).evaluate).toBe(true)
    expect(plan({ evaluatedAt: addMs(now, -15_000) }).evaluate).toBe(true)
    expect(plan({ newestEventId: 'b', evaluationMs: 600 }).evaluate).toBe(false)
    expect(plan({ hasRules: false, newestEventId: 'b' }).evaluate).toBe(false)
    expect(plan({ nextFlushAt: now }).notify).toBe(true)
    expect(plan({ nextReportAt: now, forwards: true })).toMatchObject({ report: true, forward: true })
  })
})

describe('messages', () => {
  test('what fires comes before what is over, then what is worse, then what is older', () => {
    const line = (status: 'firing' | 'resolved', severity: 'info' | 'critical', startsAt: string) => ({
      status,
      severity,
      startsAt,
      labels: {},
      summary: '',
      because: '',
      endsAt: null,
      url: '',
    })
    const lines = [
      line('resolved', 'critical', '1'),
      line('firing', 'info', '1'),
      line('firing', 'critical', '2'),
      line('firing', 'critical', '1'),
    ]
    expect(
      lines.toSorted(byUrgency).map(({ status, severity, startsAt }) => `${status} ${severity} ${startsAt}`),
    ).toEqual(['firing critical 1', 'firing critical 2', 'firing info 1', 'resolved critical 1'])
    expect(worstOf(['info', 'critical', 'warning'])).toBe('critical')
  })

  test('a title names the group and its count', () => {
    const group = {
      status: 'firing',
      firing: 3,
      resolved: 0,
      labels: { alertname: 'slow', domain: 'x' },
      escalated: false,
    } as const
    expect(titleOf(group)).toBe('3 firing: slow (domain=x)')
    expect(titleOf({ ...group, labels: { alertname: 'y'.repeat(300) }, escalated: true })).toHaveLength(200)
    expect(summaryOf({}, { alertname: 'slow', agent: 'a' })).toBe('slow: a')
    expect(summaryOf({ summary: 's' }, {})).toBe('s')
  })
})
