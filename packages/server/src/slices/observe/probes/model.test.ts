import type { ProbeAssertion } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../kernel/instant.ts'
import { nextRun, scheduleFault } from '../../../kernel/schedule.ts'
import { judgeProbe, stateAfter } from './model.ts'

const reply = { kind: 'reply', status: 200, latencyMs: 120, body: '{"a":{"b/c":[1,{"d":"x"}]}}' } as const
const json = (pointer: string, value: string | number | null): ProbeAssertion => ({
  kind: 'json-equals',
  pointer,
  value,
})

test.each<[ProbeAssertion, boolean]>([
  [{ kind: 'status', min: 200, max: 299 }, true],
  [{ kind: 'status', min: 204, max: 204 }, false],
  [{ kind: 'latency', maxMs: 120 }, true],
  [{ kind: 'latency', maxMs: 119 }, false],
  [{ kind: 'body-contains', text: '"d":"x"' }, true],
  [{ kind: 'body-contains', text: 'ok' }, false],
  [json('/a/b~1c/1/d', 'x'), true],
  [json('/a/b~1c/0', 1), true],
  [json('/a/b~1c/7', null), false],
  [json('/a/constructor', null), false],
])('PB2: %j holds: %s', (assertion, passed) => {
  const verdict = judgeProbe(reply, [assertion])
  expect(verdict.passed).toBe(passed)
  expect(verdict.because).toHaveLength(1)
  expect(verdict.because[0]?.rule).toBe(passed ? assertion.kind : `${assertion.kind}-broken`)
})

test('PB2: broken assertions come first, and no reply is the one reason', () => {
  const assertions: ProbeAssertion[] = [
    { kind: 'status', min: 200, max: 200 },
    { kind: 'latency', maxMs: 1 },
  ]
  expect(judgeProbe(reply, assertions).because.map(({ rule }) => rule)).toEqual(['latency-broken', 'status'])
  const none = judgeProbe({ kind: 'no-reply', reason: 'timeout', detail: 'No reply came.', latencyMs: 9 }, assertions)
  expect(none).toMatchObject({ passed: false, because: [{ rule: 'timeout', observed: 9 }] })
})

test('failures are counted until one passes', () => {
  expect(stateAfter(false, 2)).toEqual({ state: 'failing', failuresInRow: 3 })
  expect(stateAfter(true, 3)).toEqual({ state: 'passing', failuresInRow: 0 })
})

test('the next time is after now, in the zone that is meant, summer time included', () => {
  const at = (iso: string) => instantFromEpochMs(Date.parse(iso))
  const next = (expression: string, zone: string, iso: string) => {
    const found = nextRun(expression, zone, at(iso))
    return found === null ? null : new Date(found).toISOString()
  }
  expect(next('*/5 * * * *', 'UTC', '2026-01-05T10:05:00Z')).toBe('2026-01-05T10:10:00.000Z')
  expect(next('0 9 * * *', 'Europe/Berlin', '2026-01-05T10:00:00Z')).toBe('2026-01-06T08:00:00.000Z')
  expect(next('0 9 * * *', 'Europe/Berlin', '2026-07-05T10:00:00Z')).toBe('2026-07-06T07:00:00.000Z')
  expect(next('0 0 30 2 *', 'UTC', '2026-01-05T10:00:00Z')).toBeNull()
})

test.each([
  ['* * * * * *', 'UTC'],
  ['whenever', 'UTC'],
  ['0 0 30 2 *', 'UTC'],
  ['*/5 * * * *', 'Mars/Olympus'],
])('the schedule %s in %s is refused with a sentence', (expression, zone) => {
  expect(scheduleFault(expression, zone, instantFromEpochMs(0))).toMatch(/\w+/)
})
