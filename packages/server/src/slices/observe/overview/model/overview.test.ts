import type { AgentHealth, Alert, JournalEvent, Sla } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { byUrgency, fallsOf, ofAlert, ofCost, ofSla } from './burning.ts'
import { changesOf, changeTypes } from './changes.ts'

const agentId = '01900000-0000-7000-8000-00000000000a'
const because = { rule: 'seen', observed: 1, limit: 0, text: 'It was seen.' }
const names = new Map([[agentId, 'claims']])

let count = 0
function event(
  type: string,
  payload: object,
  at = '2026-01-01T10:00:00.000Z',
  subject = `agent/${agentId}`,
): JournalEvent {
  const eventId = `01900000-0000-7000-8000-${String(++count).padStart(12, '0')}`
  const actor = { kind: 'user', id: 'u1' } as const
  const ids = { eventId, organizationId: eventId, correlationId: 'c', causationId: null }
  return { ...ids, type, subject, actor, payload: payload as JournalEvent['payload'], occurredAt: at }
}
const titles = (...events: readonly JournalEvent[]) => changesOf(events, names).map(({ title }) => title)

test('a first release, a first model, a price, a rule and a setting are changes, told in words', () => {
  expect(
    titles(
      event('registry.release.registered', { agentId, releaseId: agentId, name: 'v2' }),
      event('registry.dependency.learned', { agentId, kind: 'model', target: 'gpt-9' }),
      event('registry.dependency.learned', { agentId, kind: 'tool', target: 'search' }),
      event('registry.agent.changed', { agentId, changed: ['domain', 'owner'] }),
      event('prices.override.withdrawn', { priceId: agentId, revision: 2, addedInRevision: 1 }),
      event('alerts.rule.saved', { ruleId: agentId, name: 'gone', version: 2, severity: 'info', enabled: false }),
      event('alerts.policy.changed', { version: 2, digest: 'x' }),
      event('slas.definition.removed', { slaId: agentId, name: 'fast', version: 3 }),
      event('tunables.value.changed', {
        key: 'health.success_target',
        from: 0.98,
        to: 0.95,
        version: 2,
        reason: 'as agreed',
        approvalId: null,
      }),
    ),
  ).toEqual([
    'Release v2 of claims ran for the first time',
    'claims called the model gpt-9 for the first time',
    'claims: domain, owner changed',
    'A price of your own was withdrawn',
    'The alert rule gone was switched off',
    'Who is told of alerts was changed',
    'The service level fast was ended',
    'health.success_target: 0.98 → 0.95',
  ])
})

test('a fallback that took over is a change, a simulated one is not', () => {
  const ids = { invocationId: agentId, policyId: agentId, chainId: agentId }
  const facts = { ...ids, policy: 'checkout', depth: 1, trigger: 't', because, passedOver: [], runId: null }
  const saved = { policyId: agentId, name: 'checkout', impact: 'HIGH', because, reason: 'r', approvalId: null }
  const taken = { ...facts, synthetic: false, macro: 'spare', macroExecutionId: agentId, chosenBecause: because }
  expect(
    titles(
      event('recovery.fallback.invoked', taken),
      event('recovery.fallback.invoked', { ...taken, synthetic: true, runId: agentId }),
      event('recovery.fallback.exhausted', { ...facts, synthetic: false }),
      event('recovery.fallback.exhausted', { ...facts, synthetic: true }),
      event('fallbacks.policy.saved', { ...saved, version: 2, environment: 'production', enabled: false }),
      event('fallbacks.policy.removed', { ...saved, version: 2 }),
    ),
  ).toEqual([
    'checkout: spare took over',
    'checkout: no fallback is left',
    'The fallback checkout was switched off',
    'The fallback checkout was removed',
  ])
})

test('what an agent brings with it is no change of its own, what it does later is', () => {
  expect(
    titles(
      event('registry.release.registered', { agentId, releaseId: agentId, name: 'v2' }, '2026-01-01T12:00:00.000Z'),
      event('registry.release.registered', { agentId, releaseId: agentId, name: 'v1' }),
      event('registry.agent.registered', { agentId, name: 'claims', domain: 'general' }),
    ),
  ).toEqual(['Release v2 of claims ran for the first time', 'claims reported for the first time'])
})

test('an event of a form or type unknown here is left out, and changes of state explain nothing', () => {
  expect(titles(event('registry.release.registered', { odd: true }), event('some.other.type', {}))).toEqual([])
  expect(changeTypes).not.toContain('health.state.changed')
})

test('OV1: a firing alert is told with its own reason', () => {
  const alert = {
    alertId: agentId,
    severity: 'critical',
    rule: 'failing runs',
    annotations: {},
    because,
    firedAt: null,
    pendingAt: '2026-01-01T10:00:00.000Z',
  } as unknown as Alert
  expect(ofAlert(alert)).toMatchObject({
    title: 'failing runs',
    because,
    link: `/alerts/${agentId}`,
    severity: 'critical',
  })
  expect(ofAlert({ ...alert, annotations: { summary: 'half fail' } }).title).toBe('half fail')
})

const sla = (state: string, remainingShare: number | null, exhaustionAt: string | null = null, change: object = {}) =>
  ({
    slaId: agentId,
    name: 'fast',
    enabled: true,
    scope: { agentId: null },
    burn: [],
    compliance: { state, because, budget: { remainingShare, exhaustionAt } },
    ...change,
  }) as unknown as Sla

test.each([
  ['a kept promise with budget is no news', sla('met', 0.9), null],
  ['one that is switched off is no news', sla('breached', -1, null, { enabled: false }), null],
  ['one that was never judged is no news', sla('met', 0.1, null, { compliance: null }), null],
  ['a broken promise is critical', sla('breached', -0.2), ['critical', 'fast: promise broken']],
  [
    'a budget that is spent in sight is a warning',
    sla('met', 0.6, '2026-01-02T00:00:00.000Z'),
    ['warning', 'fast: 60 % of its budget left'],
  ],
  ['less than a quarter left is a warning', sla('met', 0.1), ['warning', 'fast: 10 % of its budget left']],
  [
    'a page burns critically, with the reason of its burn alert',
    sla('burning', 0.7, null, { burn: [{ firing: true, severity: 'page', because }] }),
    ['critical', 'fast: 70 % of its budget left'],
  ],
])('OV1: %s', (_, of, expected) => {
  const told = ofSla(of)
  expect(told === null ? null : [told.severity, told.title]).toEqual(expected)
  if (told !== null) expect(told.because).toEqual(because)
})

test('OV1: a fall that lasts is told once, with the reason of now; one that was made good is not', () => {
  const health = (state: string) => ({ agentId, agent: 'claims', state, because: [because] }) as unknown as AgentHealth
  const fall = (from: string, to: string) =>
    event('health.state.changed', { agentId, from, to, score: null, because: [because] })
  const events = [fall('degraded', 'failing'), fall('healthy', 'degraded')]
  expect(fallsOf(events, [health('failing')])).toMatchObject([
    { title: 'claims went from degraded to failing', severity: 'critical', because },
  ])
  expect(fallsOf(events, [health('healthy')])).toEqual([])
  expect(fallsOf([fall('failing', 'degraded')], [health('degraded')])).toEqual([])
  expect(fallsOf([fall('unknown', 'silent')], [health('silent')])).toEqual([])
  expect(fallsOf([fall('healthy', 'silent')], [health('silent')])).toHaveLength(1)
})

const cost = (present: number | null, past: number | null, pastWindows = 7, runs = [20, 70]) =>
  ofCost({
    agentId,
    agent: 'claims',
    present: { costNanoUsd: present, executions: runs[0] ?? 0 },
    past: { costNanoUsd: past, executions: runs[1] ?? 0 },
    pastWindows,
    windowWords: 'last 24 hours',
  })

test.each([
  ['twice the usual is told', cost(2e9, 7e9), true],
  ['a few cents more are not', cost(4e7, 7e7), false],
  ['a third more is not', cost(1.3e9, 7e9), false],
  ['without a past nothing is usual', cost(2e9, 7e9, 0), false],
  ['an unknown cost is not held against anybody', cost(null, 7e9), false],
  ['what cost nothing before has no ratio', cost(2e9, 0), false],
])('OV1: of costs, %s', (_, told, expected) => {
  expect(told !== null).toBe(expected)
})

test('OV1: a cost above its baseline says whether there were more runs or dearer ones', () => {
  expect(cost(4e9, 7e9)?.because).toMatchObject({ rule: 'cost-above-baseline', observed: 4e9, limit: 1.5e9 })
  expect(cost(4e9, 7e9)?.because.text).toBe(
    '$4.00 in the last 24 hours; the mean of the 7 before is $1.00. Runs: 2.0 times as many, each 2.0 times as dear.',
  )
  expect(cost(4e9, 7e9, 7, [0, 0])?.because.text).toBe('$4.00 in the last 24 hours; the mean of the 7 before is $1.00.')
})

test('what burns comes the most severe first, then by kind, then what began last', () => {
  const of = (severity: 'critical' | 'warning', kind: 'alert' | 'cost', since: string | null) =>
    ({ severity, kind, since }) as unknown as Parameters<typeof byUrgency>[0]
  const sorted = [
    of('warning', 'alert', null),
    of('critical', 'cost', null),
    of('critical', 'alert', '2026-01-01T00:00:00.000Z'),
    of('critical', 'alert', '2026-01-02T00:00:00.000Z'),
  ].toSorted(byUrgency)
  expect(sorted.map(({ severity, kind, since }) => [severity, kind, since?.slice(9, 10)])).toEqual([
    ['critical', 'alert', '2'],
    ['critical', 'alert', '1'],
    ['critical', 'cost', undefined],
    ['warning', 'alert', undefined],
  ])
})
