import { AlertPolicy } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs } from '../../../../kernel/instant.ts'
import { alertOf, Clockwork, clockworkStart as start } from '../../../../testkit/alert-clockwork.ts'
import { compileRoutes, defaultPolicy, groupKeyOf } from './routing.ts'

const channel = '01900000-0000-7000-8000-000000000001'
const second = '01900000-0000-7000-8000-000000000002'

const policy = AlertPolicy.parse({
  timeZone: 'UTC',
  route: { name: 'all', channels: [channel], groupBy: ['alertname'] },
  inhibitions: [],
  timeIntervals: [],
})

const a = { alertname: 'a', agent: 'x' }
const b = { alertname: 'a', agent: 'y' }

describe('notification', () => {
  test('a group waits 30 s, tells what is new after 5 min, and repeats after 4 h', () => {
    const clock = new Clockwork(policy)
    clock.alerts = [alertOf(a)]
    clock.runUntil(60)
    clock.alerts.push(alertOf(b, clock.now))
    clock.runUntil(4 * 3_600 + 700)
    expect(clock.story()).toEqual(
      [
        '30: 1+0 new-alerts-fire',
        '330: 2+0 new-alerts-fire',
        // The first look at which more than four hours have passed.
        `${330 + 49 * 300}: 2+0 repeat-interval-passed`,
      ].filter((line) => Number(line.split(':')[0]) <= 4 * 3_600 + 700),
    )
  })

  test('AL5: resolved before group_wait sends nothing', () => {
    const clock = new Clockwork(policy)
    clock.alerts = [alertOf(a)]
    clock.runUntil(10)
    clock.change(a, { resolvedAt: clock.now })
    clock.runUntil(700)
    expect(clock.story()).toEqual([])
    expect(clock.alerts).toEqual([])
    expect(clock.groups.size).toBe(0)
  })

  test('a part that resolves is told, and the end of all is told once', () => {
    const clock = new Clockwork(policy)
    clock.alerts = [alertOf(a), alertOf(b)]
    clock.runUntil(40)
    clock.change(a, { resolvedAt: clock.now })
    clock.runUntil(340)
    clock.change(b, { resolvedAt: clock.now })
    clock.runUntil(1_500)
    expect(clock.story()).toEqual(['30: 2+0 new-alerts-fire', '330: 1+1 some-resolved', '630: 0+1 all-resolved'])
  })

  test('AL4: ten thousand alerts of one group are one message', () => {
    const clock = new Clockwork(policy)
    clock.alerts = Array.from({ length: 10_000 }, (_, n) => alertOf({ alertname: 'a', agent: `agent ${n}` }))
    clock.runUntil(300)
    expect(clock.story()).toEqual(['30: 10000+0 new-alerts-fire'])
  })

  test('AL8: what a silence fits is not told while it holds, and is told after it', () => {
    const clock = new Clockwork(policy)
    clock.alerts = [alertOf(a)]
    const matchers = [{ name: 'agent', operator: '=' as const, value: 'x' }]
    clock.silences = [{ silenceId: 's', matchers, startsAt: start, endsAt: addMs(start, 400_000) }]
    clock.runUntil(700)
    expect(clock.story()).toEqual(['630: 1+0 new-alerts-fire'])
  })

  test('AL8: a firing source mutes targets with equal labels, and alerts that fit both sides mute nothing', () => {
    const inhibiting = AlertPolicy.parse({
      ...policy,
      inhibitions: [
        {
          sourceMatchers: [{ name: 'severity', operator: '=~', value: 'critical|warning' }],
          targetMatchers: [{ name: 'severity', operator: '=', value: 'warning' }],
          equal: ['agent'],
        },
      ],
    })
    const clock = new Clockwork(inhibiting)
    const critical = { alertname: 'c', agent: 'x', severity: 'critical' }
    const warned = { alertname: 'w', agent: 'x', severity: 'warning' }
    const other = { alertname: 'o', agent: 'y', severity: 'warning' }
    clock.alerts = [critical, warned, other].map((labels) => alertOf(labels))
    clock.runUntil(60)
    expect(
      clock.sent.flatMap(({ notification }) => notification.firing.map(({ labels }) => labels['alertname'])),
    ).toEqual(['c', 'o'])
  })

  test('AL9: an acknowledged alert is neither repeated nor escalated, and its end is told', () => {
    const escalating = AlertPolicy.parse({
      ...policy,
      route: { ...policy.route, repeatIntervalMs: 600_000, escalation: [{ afterMinutes: 10, channels: [second] }] },
    })
    const ignored = new Clockwork(escalating)
    ignored.alerts = [alertOf(a)]
    ignored.runUntil(1_300)
    expect(ignored.story()).toContain('630: 1+0 not-acknowledged')
    const cared = new Clockwork(escalating)
    cared.alerts = [alertOf(a)]
    cared.runUntil(120)
    cared.change(a, { acknowledged: true })
    cared.runUntil(3_000)
    expect(cared.story()).toEqual(['30: 1+0 new-alerts-fire'])
    cared.change(a, { resolvedAt: cared.now })
    cared.runUntil(3_700)
    expect(cared.story().at(-1)).toMatch(/0\+1 all-resolved$/)
  })

  test('an escalation goes up step by step, and who was called in hears how it ends', () => {
    const third = '01900000-0000-7000-8000-000000000003'
    const steps = [
      { afterMinutes: 5, channels: [second] },
      { afterMinutes: 15, channels: [third] },
    ]
    const clock = new Clockwork(AlertPolicy.parse({ ...policy, route: { ...policy.route, escalation: steps } }))
    clock.alerts = [alertOf(a)]
    clock.runUntil(1_000)
    expect(clock.sent.map(({ notification }) => [notification.purpose, notification.channels])).toEqual([
      ['alert', [channel]],
      ['escalation', [second]],
      ['escalation', [third]],
    ])
    clock.change(a, { resolvedAt: clock.now })
    clock.runUntil(1_500)
    expect(clock.sent.at(-1)?.notification).toMatchObject({ status: 'resolved', channels: [channel, second, third] })
  })

  test('a muted time interval holds messages back; an active one lets them through only while it holds', () => {
    const night = { name: 'night', times: [{ start: '00:00', end: '00:10' }] }
    const muted = AlertPolicy.parse({
      ...policy,
      timeIntervals: [night],
      route: { ...policy.route, muteTimeIntervals: ['night'] },
    })
    const clock = new Clockwork(muted)
    clock.alerts = [alertOf(a)]
    clock.runUntil(1_000)
    expect(clock.story()).toEqual(['630: 1+0 new-alerts-fire'])
    const active = AlertPolicy.parse({ ...muted, route: { ...policy.route, activeTimeIntervals: ['night'] } })
    const atNight = new Clockwork(active)
    atNight.alerts = [alertOf(a)]
    atNight.runUntil(1_000)
    expect(atNight.story()).toEqual(['30: 1+0 new-alerts-fire'])
  })

  test('AL7: whatever happens, a channel is told of each alert that fires for long, and never twice of the same news', () => {
    const happening = fc.record({
      agent: fc.constantFrom('x', 'y', 'z'),
      second: fc.integer({ min: 0, max: 1_500 }),
      kind: fc.constantFrom('fire', 'resolve'),
    })
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 12 }), (happenings) => {
        const clock = new Clockwork(policy)
        for (const { agent, second: at, kind } of happenings.toSorted((x, y) => x.second - y.second)) {
          clock.runUntil(at)
          const labels = { alertname: 'a', agent }
          const open = clock.alerts.some(
            ({ fingerprint, resolvedAt }) => fingerprint === JSON.stringify(labels) && resolvedAt === null,
          )
          if (kind === 'fire' && !open) clock.fire(labels)
          if (kind === 'resolve' && open) clock.resolve(labels)
        }
        clock.runUntil(2_500)
        const firing = clock.alerts
          .filter(({ resolvedAt }) => resolvedAt === null)
          .map(({ fingerprint }) => fingerprint)
        const last = clock.sent.at(-1)?.notification
        expect((last?.firing ?? []).map(({ fingerprint }) => fingerprint).toSorted()).toEqual(firing.toSorted())
        // A second process that comes up with the same rows decides nothing new.
        const before = clock.sent.length
        clock.step()
        expect(clock.sent.length).toBe(before)
      }),
      { numRuns: 60 },
    )
  })
})

describe('routes', () => {
  const tree = AlertPolicy.parse({
    ...policy,
    route: {
      name: 'root',
      groupBy: ['alertname'],
      channels: [channel],
      routes: [
        { name: 'audit', continue: true, matchers: [{ name: 'domain', operator: '=', value: 'money' }] },
        {
          name: 'money',
          matchers: [{ name: 'domain', operator: '=', value: 'money' }],
          groupWaitMs: 5_000,
          routes: [
            { name: 'urgent', matchers: [{ name: 'severity', operator: '=', value: 'critical' }], channels: [second] },
          ],
        },
        { name: 'rest', matchers: [{ name: 'domain', operator: '=~', value: '.+' }] },
      ],
    },
  })
  const names = (labels: Record<string, string>) => compileRoutes(tree.route)(labels).map(({ name }) => name)

  test.each([
    [{}, ['root']],
    [{ domain: 'support' }, ['rest']],
    [{ domain: 'money' }, ['audit', 'money']],
    [{ domain: 'money', severity: 'critical' }, ['audit', 'urgent']],
  ])('%j goes to %j: depth first, first match unless it continues', (labels, expected) => {
    expect(names(labels)).toEqual(expected)
  })

  test('children inherit what they do not say', () => {
    const [, urgent] = compileRoutes(tree.route)({ domain: 'money', severity: 'critical' })
    expect(urgent).toMatchObject({ groupWaitMs: 5_000, groupBy: ['alertname'], channels: [second] })
    expect(urgent === undefined ? '' : groupKeyOf(urgent, { alertname: 'n', domain: 'money' })).toBe(
      '{}/{domain="money"}/{severity="critical"}:urgent:{alertname="n"}',
    )
  })

  test('the default policy is one that can be saved', () => {
    expect(AlertPolicy.parse(defaultPolicy)).toEqual(defaultPolicy)
  })
})
