import { AlertRuleDefinition } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { checkPolicy, checkRule, secretFault } from './checks.ts'
import { observe } from './conditions.ts'
import { type ActiveAlert, evaluate, faceOf } from './evaluate.ts'
import { eventFits, valueAt } from './event-conditions.ts'
import type { Subject } from './evidence.ts'
import { defaultPolicy } from './routing.ts'
import { slidingSums } from './sliding.ts'
import { tryRule } from './trial.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5))
const because = { rule: 'r', observed: 1, limit: 0, text: 't' }
const figure = { kind: 'figure', figure: 'failureRate', operator: '>', threshold: 0.5 } as const
const ruleOf = (change: object = {}) =>
  AlertRuleDefinition.parse({ name: 'failing', severity: 'critical', condition: figure, forMinutes: 5, ...change })
const seen = (holds: boolean | null, agent = 'a') => ({ labels: { agent }, holds, because })

function activeOf(state: ActiveAlert['state'], rule = ruleOf(), pendingAt = now): ActiveAlert {
  const { fingerprint, labels } = faceOf(rule, seen(true))
  return { alertId: 'one', fingerprint, labels, state, pendingAt }
}

const kinds = (
  observations: readonly ReturnType<typeof seen>[],
  active: readonly ActiveAlert[],
  at = now,
  rule = ruleOf(),
) => evaluate(rule, observations, active, at).map((change) => (change.kind === 'appeared' ? change.to : change.kind))

describe('evaluate', () => {
  const later = addMs(now, 300_000)
  test.each([
    ['appears as pending when it must hold first', [seen(true)], [], now, ruleOf(), ['pending']],
    ['fires at once when it need not', [seen(true)], [], now, ruleOf({ forMinutes: 0 }), ['firing']],
    ['stays pending before its time', [seen(true)], [activeOf('pending')], addMs(later, -1), ruleOf(), []],
    ['fires when it has held for its time', [seen(true)], [activeOf('pending')], later, ruleOf(), ['fired']],
    ['a pending one that clears is over', [seen(false)], [activeOf('pending')], later, ruleOf(), ['resolved']],
    ['unknown never ripens', [seen(null)], [activeOf('pending')], later, ruleOf(), ['resolved']],
    ['unknown resolves nothing', [seen(null)], [activeOf('firing')], later, ruleOf(), []],
    [
      'unless the rule says so',
      [seen(null)],
      [activeOf('firing')],
      later,
      ruleOf({ whenUnknown: 'resolve' }),
      ['resolved'],
    ],
    ['unknown fires nothing', [seen(null)], [], now, ruleOf({ forMinutes: 0 }), []],
    ['an acknowledged one stays so while it holds', [seen(true)], [activeOf('acknowledged')], later, ruleOf(), []],
    ['and is over when it clears', [seen(false)], [activeOf('acknowledged')], later, ruleOf(), ['resolved']],
    ['what is not observed any more is over', [], [activeOf('firing')], now, ruleOf(), ['resolved']],
    [
      'a rule that is off ends its alerts',
      [seen(true)],
      [activeOf('firing')],
      now,
      ruleOf({ enabled: false }),
      ['resolved'],
    ],
  ])('AL2, AL3: %s', (_, observations, active, at, rule, expected) => {
    expect(kinds(observations, active, at, rule)).toEqual(expected)
  })

  test('AL1: whatever is observed, one label set changes at most once', () => {
    const observation = fc.record({ holds: fc.constantFrom(true, false, null), agent: fc.constantFrom('a', 'b') })
    fc.assert(
      fc.property(fc.array(observation), fc.boolean(), (list, open) => {
        const changes = evaluate(
          ruleOf(),
          list.map(({ holds, agent }) => seen(holds, agent)),
          open ? [activeOf('firing')] : [],
          now,
        )
        expect(new Set(changes.map(({ fingerprint }) => fingerprint)).size).toBe(changes.length)
      }),
    )
  })

  test('labels and annotations are filled, and alertname and severity are the rule’s', () => {
    const rule = ruleOf({
      labels: { team: '{{agent}}-team' },
      annotations: { summary: '{{agent}}: {{value}} > {{limit}}' },
    })
    expect(faceOf(rule, seen(true))).toMatchObject({
      labels: { agent: 'a', team: 'a-team', alertname: 'failing', severity: 'critical' },
      annotations: { summary: 'a: 1 > 0' },
    })
  })
})

type Figures = NonNullable<ReturnType<Subject['figures']>>
const none: Figures = {
  executions: 0,
  successes: 0,
  failures: 0,
  successRate: null,
  latencyP50Ms: null,
  latencyP95Ms: null,
  latencyP99Ms: null,
  actionErrors: 0,
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  costPerSuccessNanoUsd: null,
  unpricedCalls: 0,
}
function subjectOf(figures: (minutes: number) => Partial<Figures> | null, change: Partial<Subject> = {}): Subject {
  const filled = (minutes: number) => {
    const found = figures(minutes)
    return found === null ? null : { ...none, ...found }
  }
  return {
    labels: { agent: 'a' },
    figures: filled,
    health: () => null,
    lastHeardAt: null,
    costs: () => null,
    ...change,
  }
}
const judged = (condition: object, subject: Subject) => {
  const [one] = observe(ruleOf({ condition }).condition, { subjects: [subject], slas: [], events: [] }, now)
  return { holds: one?.holds, observed: one?.because.observed }
}
const failing = (failures: number, successes: number) => ({ failures, successes, executions: failures + successes })

describe('conditions', () => {
  const burn = { kind: 'burn_rate', objective: 0.75, windows: [{ longMinutes: 60, shortMinutes: 5, threshold: 1.1 }] }
  test.each([
    ['a figure', figure, subjectOf(() => failing(6, 4)), { holds: true, observed: 0.6 }],
    ['a figure that nobody measured', figure, subjectOf(() => none), { holds: null, observed: null }],
    [
      'too few executions',
      { ...figure, executionsMin: 20 },
      subjectOf(() => failing(6, 4)),
      { holds: null, observed: null },
    ],
    [
      'a sum against its baseline, per hour',
      { kind: 'baseline', figure: 'costNanoUsd', window: '1h', baselineWindow: '24h', operator: '>', ratio: 2 },
      subjectOf((minutes) => ({ executions: 9, costNanoUsd: minutes === 60 ? 300 : 2_400 })),
      { holds: true, observed: 3 },
    ],
    [
      'a baseline of nothing',
      { kind: 'baseline', figure: 'costNanoUsd', operator: '>', ratio: 2 },
      subjectOf(() => ({ executions: 9, costNanoUsd: 0 })),
      { holds: null, observed: null },
    ],
    ['a budget that burns in both windows', burn, subjectOf(() => failing(30, 70)), { holds: true, observed: 1.2 }],
    [
      'one that has stopped burning',
      burn,
      subjectOf((minutes) => (minutes === 60 ? failing(30, 70) : failing(0, 50))),
      { holds: false, observed: 1.2 },
    ],
    ['too few failures to be a trend', burn, subjectOf(() => failing(3, 7)), { holds: false, observed: 1.2 }],
    [
      'a state of health',
      { kind: 'health_state', states: ['failing'] },
      subjectOf(() => none, { health: () => ({ state: 'failing', score: 10, why: 'so' }) }),
      { holds: true, observed: 'failing' },
    ],
    [
      'a score that is unknown',
      { kind: 'health_score', operator: '<', threshold: 50 },
      subjectOf(() => none, { health: () => ({ state: 'unknown', score: null, why: '' }) }),
      { holds: null, observed: null },
    ],
    [
      'silence',
      { kind: 'silent', silentForMinutes: 30 },
      subjectOf(() => none, { lastHeardAt: addMs(now, -1_800_000) }),
      { holds: true, observed: 30 },
    ],
    [
      'one who was never heard',
      { kind: 'silent', silentForMinutes: 30 },
      subjectOf(() => none),
      { holds: null, observed: null },
    ],
    [
      'costs that differ',
      { kind: 'cost_difference', ratio: 0.1 },
      subjectOf(() => none, { costs: () => ({ reportedNanoUsd: 150, computedNanoUsd: 100 }) }),
      { holds: true, observed: 0.5 },
    ],
  ] as const)('%s', (_, condition, subject, expected) => {
    expect(judged(condition, subject)).toMatchObject(expected)
  })

  test('an SLA is judged by its state, and one without events is unknown', () => {
    const slas = [
      { name: 'fast', state: 'burning', burning: 'It burns.' },
      { name: 'good', state: 'met', burning: null },
      { name: 'new', state: 'unknown', burning: null },
    ] as const
    const found = observe(ruleOf({ condition: { kind: 'sla' } }).condition, { subjects: [], slas, events: [] }, now)
    expect(found.map(({ labels, holds, because: { text } }) => [labels['sla'], holds, text])).toEqual([
      ['fast', true, 'The SLA fast is burning: It burns.'],
      ['good', false, 'The SLA good is met.'],
      ['new', null, 'The SLA new is unknown.'],
    ])
    const one = { kind: 'sla', slas: ['good'], states: ['met'] }
    expect(observe(ruleOf({ condition: one }).condition, { subjects: [], slas, events: [] }, now)).toHaveLength(1)
  })

  test('events are counted per set of the labels that are taken from them', () => {
    const condition = {
      kind: 'event',
      pattern: 'x.*',
      countMin: 2,
      labels: { agent: '/payload/agent' },
      where: [{ pointer: '/payload/n', operator: '>', value: 1 }],
    }
    const event = (agent: string, n: number) => ({
      eventId: '01900000-0000-7000-8000-000000000001',
      type: 'x.y',
      subject: 's',
      actor: { kind: 'system' as const, id: 'a' },
      occurredAt: '2026-01-05T00:00:00.000Z',
      payload: { agent, n },
    })
    const events = [event('a', 2), event('a', 3), event('a', 1), event('b', 2)]
    const found = observe(ruleOf({ condition }).condition, { subjects: [], slas: [], events }, now)
    expect(found.map(({ labels, holds, because: { observed } }) => [labels['agent'], holds, observed])).toEqual([
      ['a', true, 2],
      ['b', false, 1],
    ])
  })

  test.each([
    ['=', { a: 1 }, { a: 1 }, true],
    ['=', null, { a: 1 }, false],
    ['!=', 1, 2, true],
    ['>', 3, 2, true],
    ['>', '3', 2, false],
    ['contains', 'abc', 'b', true],
    ['contains', ['x'], 'x', true],
    ['exists', 0, undefined, true],
    ['exists', undefined, undefined, false],
    ['!=', undefined, 1, true],
  ] as const)('%s of %j and %j is %s', (operator, found, value, expected) => {
    const test = { pointer: '/v', operator, ...(value === undefined ? {} : { value: value as never }) }
    expect(eventFits(test, found === undefined ? {} : { v: found as never })).toBe(expected)
  })

  test('a JSON pointer reads escaped names, lists and nothing else', () => {
    const document = { 'a/b': [{ '~': 1 }] }
    expect(valueAt(document, '/a~1b/0/~0')).toBe(1)
    expect(valueAt(document, '/a~1b/00')).toBeUndefined()
    expect(valueAt(document, '/__proto__')).toBeUndefined()
    expect(valueAt(document, '')).toBe(document)
  })
})

describe('checks', () => {
  const burnRule = (objective: number, threshold: number) =>
    ruleOf({ condition: { kind: 'burn_rate', objective, windows: [{ longMinutes: 60, shortMinutes: 5, threshold }] } })

  test.each([
    [0.9, 14.4, false],
    [0.9, 9.9, true],
    [0.95, 20, false],
    [0.95, 14.4, true],
  ])('AL13: with an objective of %d a burn rate of %d can be reached: %s', (objective, threshold, expected) => {
    expect(checkRule(burnRule(objective, threshold)).ok).toBe(expected)
  })

  test.each([
    ['a value in a label', { labels: { v: '{{value}}' } }],
    ['a label that is ours', { labels: { severity: 'x' } }],
    [
      'a test without a value',
      { condition: { kind: 'event', pattern: 'x', where: [{ pointer: '/a', operator: '=' }] } },
    ],
    ['a rule that feeds itself', { condition: { kind: 'event', pattern: 'alerts.*' } }],
  ])('AL13: %s is refused with what to do', (_, change) => {
    expect(checkRule(ruleOf(change))).toMatchObject({ ok: false, refusal: { code: 'not-processable' } })
  })

  test('a policy that names what does not exist is refused with every fault', () => {
    const route = { ...defaultPolicy.route, channels: ['nobody'], muteTimeIntervals: ['night'] }
    const refused = checkPolicy(
      { ...defaultPolicy, route: { ...route, routes: [...route.routes, ...route.routes] } },
      new Set(),
    )
    expect(refused).toMatchObject({ ok: false, refusal: { extensions: { faults: { length: 3 } } } })
    expect(checkPolicy(defaultPolicy, new Set()).ok).toBe(true)
  })

  test.each([
    [{ kind: 'slack' }, 'no address', false],
    [{ kind: 'slack' }, 'https://hooks.slack.com/services/x', true],
    [{ kind: 'webhook', url: 'https://x.example' }, 'short', false],
    [{ kind: 'webhook', url: 'https://x.example' }, `whsec_${'A'.repeat(32)}`, true],
    [{ kind: 'alertmanager', url: 'https://x.example' }, 'x', false],
  ] as const)('the secret of %j may be %j: %s', (settings, secret, expected) => {
    expect(secretFault(settings, secret, false) === null).toBe(expected)
  })
})

describe('trial', () => {
  test('AL12: the past is judged by the function that judges the present', () => {
    const steps = [true, true, true, false, null].map((holds, step) => ({
      at: addMs(now, step * 300_000),
      observations: [seen(holds)],
    }))
    const trial = tryRule(ruleOf(), steps)
    expect(trial).toMatchObject({ subjects: 1, unknownSteps: 1 })
    expect(trial.alerts).toMatchObject([
      { pendingAt: now, firedAt: addMs(now, 300_000), resolvedAt: addMs(now, 900_000) },
    ])
  })

  test('a sliding window holds what a recount holds', () => {
    const slots = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -9, max: 9 })), {
      selector: ([at]) => at,
    })
    fc.assert(
      fc.property(slots, fc.integer({ min: 1, max: 40 }), (unsorted, lengthMs) => {
        const sorted = unsorted.toSorted(([x], [y]) => x - y)
        const steps = Array.from({ length: 14 }, (_, step) => step * 5)
        const sums = slidingSums(sorted, steps, { lengthMs, empty: 0, merge: (all, slot, sign) => all + sign * slot })
        const recount = steps.map((end) =>
          sorted.filter(([at]) => at >= end - lengthMs && at < end).reduce((sum, [, value]) => sum + value, 0),
        )
        expect(sums).toEqual(recount)
      }),
    )
  })
})
