import type { AgentHealth, FleetHealth, HealthFigures } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, instantFromEpochMs } from '../../../kernel/instant.ts'
import { bucketOf, quantile, valueOf } from '../../../kernel/latency-histogram.ts'
import { addSums, coverOf, figuresOf, lastClosedWindow, noSums, type RollupSums, seriesStep } from './model/figures.ts'
import { judgeGroup, judgeGroups } from './model/groups.ts'
import { byUrgency, defaultHealthPolicy, judgeHealth } from './model/score.ts'
import { fleetChange, groupsDiffer } from './model/telling.ts'

const now = instantFromEpochMs(Date.UTC(2026, 10, 21, 12, 34, 56))
const idle = { running: 0, waiting: 0 }

function sums(part: Partial<RollupSums>): RollupSums {
  return { ...noSums, ...part }
}

function judged(part: Partial<RollupSums>) {
  const figures = figuresOf(sums(part), idle)
  return judgeHealth({ figures, lastExecutionAt: addMs(now, -60_000), policy: defaultHealthPolicy, now })
}

describe('state', () => {
  test.each([
    { name: 'no finished execution is unknown, not bad', part: {}, state: 'unknown' },
    { name: 'one failure proves nothing', part: { failures: 1 }, state: 'unknown' },
    { name: 'three failures of three prove failing', part: { failures: 3 }, state: 'failing' },
    { name: 'half of fifty is failing', part: { successes: 25, failures: 25 }, state: 'failing' },
    { name: '90 of 100 is degraded, not failing', part: { successes: 90, failures: 10 }, state: 'degraded' },
    { name: '49 of 50 is healthy', part: { successes: 49, failures: 1 }, state: 'healthy' },
    { name: 'cancelled executions say nothing about success', part: { cancelled: 50 }, state: 'unknown' },
  ])('$name', ({ part, state }) => {
    expect(judged(part).state).toBe(state)
  })

  test('H3: silence beyond the limit is told as silent, with how long it lasts', () => {
    const verdict = judgeHealth({
      figures: figuresOf(noSums, idle),
      lastExecutionAt: addMs(now, -25 * 3_600_000),
      policy: defaultHealthPolicy,
      now,
    })
    expect(verdict.state).toBe('silent')
    expect(verdict.because[0]).toMatchObject({ rule: 'silent', observed: 90_000_000, limit: 86_400_000 })
  })

  test('in a window of history silence is told but the evidence decides', () => {
    const figures = figuresOf(sums({ successes: 100 }), idle)
    const quiet = { figures, lastExecutionAt: addMs(now, -400 * 86_400_000), policy: defaultHealthPolicy, now }
    expect(judgeHealth(quiet).state).toBe('silent')
    expect(judgeHealth({ ...quiet, silenceCounts: false })).toMatchObject({ state: 'healthy' })
    expect(judgeHealth({ ...quiet, silenceCounts: false }).because[1]?.rule).toBe('silent')
  })

  test('an agent that was never heard is unknown, not silent', () => {
    const verdict = judgeHealth({
      figures: figuresOf(noSums, idle),
      lastExecutionAt: null,
      policy: defaultHealthPolicy,
      now,
    })
    expect(verdict.state).toBe('unknown')
  })

  test('a p95 over ten times its target degrades an agent that succeeds', () => {
    const verdict = judged({ successes: 100, executionsByBucket: new Map([[bucketOf(31_000), 100]]) })
    expect(verdict).toMatchObject({ state: 'degraded' })
    expect(verdict.because[0]?.rule).toBe('latency-far-over-target')
  })
})

describe('score', () => {
  test('everything at its target is 100', () => {
    const part = {
      successes: 98,
      failures: 2,
      pricedCalls: 100,
      costNanoUsd: 98 * 50_000_000,
      executionsByBucket: new Map([[bucketOf(2_900), 100]]),
    }
    expect(judged(part).score).toBe(100)
  })

  test('H2: an unknown cost is left out and said so, never counted as 0', () => {
    const verdict = judged({
      successes: 98,
      failures: 2,
      unpricedCalls: 5,
      executionsByBucket: new Map([[bucketOf(2_000), 100]]),
    })
    expect(verdict.score).toBe(100)
    expect(verdict.because.find(({ rule }) => rule === 'score-cost')).toMatchObject({ observed: null })
  })

  test('a cost with unpriced calls beside it is a lower bound and gives no cost per success', () => {
    const figures = figuresOf(sums({ successes: 10, pricedCalls: 5, unpricedCalls: 1, costNanoUsd: 1_000 }), idle)
    expect(figures).toMatchObject({ costNanoUsd: 1_000, unpricedCalls: 1, costPerSuccessNanoUsd: null })
  })

  test('H1: the score is the weighted mean of the parts that its because names', () => {
    const verdict = judged({
      successes: 74,
      failures: 26,
      pricedCalls: 1,
      costNanoUsd: 74 * 500_000_000,
      executionsByBucket: new Map([[bucketOf(9_486), 100]]),
    })
    // success (.74−.5)/.48 = .5; latency 1−log10(3.162) = .5; cost 1−log10(10) = 0
    expect(verdict.score).toBeCloseTo(100 * (0.6 * 0.5 + 0.25 * 0.5), 0)
  })

  test('law: a score is between 0 and 100 and never falls when a failure becomes a success', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: 500 }), fc.nat(2_000), (successes, failures, bucket) => {
        const executionsByBucket = new Map([[bucket, successes + failures]])
        const worse = judged({ successes, failures, executionsByBucket })
        const better = judged({ successes: successes + 1, failures: failures - 1, executionsByBucket })
        expect(worse.score).toBeGreaterThanOrEqual(0)
        expect(better.score ?? 0).toBeLessThanOrEqual(100)
        expect(better.score ?? 0).toBeGreaterThanOrEqual(worse.score ?? 0)
      }),
    )
  })
})

describe('figures', () => {
  test('H4: merging rollups in any order gives the same figures', () => {
    const part = fc.record({
      successes: fc.nat(100),
      failures: fc.nat(100),
      costNanoUsd: fc.nat(1_000_000),
      pricedCalls: fc.nat(10),
      executionsByBucket: fc
        .array(fc.tuple(fc.nat(700), fc.integer({ min: 1, max: 50 })), { maxLength: 20 })
        .map((pairs) => new Map(pairs)),
    })
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const forward = parts.map(sums).reduce(addSums, noSums)
        const backward = parts.map(sums).reverse().reduce(addSums, noSums)
        expect(figuresOf(forward, idle)).toEqual(figuresOf(backward, idle))
      }),
    )
  })

  test('no execution gives unknown rates and latencies, not zeros', () => {
    expect(figuresOf(noSums, idle)).toMatchObject({
      executions: 0,
      successRate: null,
      successRateLow: null,
      latencyP95Ms: null,
      costPerSuccessNanoUsd: null,
    } satisfies Partial<HealthFigures>)
  })

  test('law: quantiles out of the histogram are within 1 % of the exact ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (values, q) => {
          const histogram = new Map<number, number>()
          for (const value of values) histogram.set(bucketOf(value), (histogram.get(bucketOf(value)) ?? 0) + 1)
          const exact = values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1] ?? Number.NaN
          expect(Math.abs((quantile(histogram, q) ?? 0) - exact) / exact).toBeLessThanOrEqual(0.0101)
        },
      ),
    )
  })

  test('a bucket stands for a value that falls into it', () => {
    for (let bucket = 1; bucket < 900; bucket++) expect(bucketOf(valueOf(bucket))).toBe(bucket)
  })
})

describe('windows', () => {
  test('law: minutes, hours and days of a cover tile the window without gap or overlap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
        fc.constantFrom('5m', '1h', '24h', '7d', '30d'),
        (seconds, window) => {
          const at = instantFromEpochMs(seconds * 1000)
          const cover = coverOf(window, at)
          const lengthMinutes = { '5m': 5, '1h': 60, '24h': 1_440, '7d': 10_080, '30d': 43_200 }[window] ?? 0
          const end = Math.floor(at / 60_000) * 60_000 + 60_000
          expect(cover.minutes.from).toBe(end - lengthMinutes * 60_000)
          expect(cover.hours.from).toBe(cover.minutes.until)
          if (cover.hours.until !== cover.hours.from) expect(cover.hours.from % 3_600_000).toBe(0)
          if (cover.daysFrom === null) expect(cover.hours.until ?? end).toBe(end)
          else expect([cover.hours.until, cover.daysFrom % 86_400_000]).toEqual([cover.daysFrom, 0])
        },
      ),
    )
  })

  test('a chart has at most a few hundred points', () => {
    for (const hours of [1, 6, 7, 100, 1_000, 8_760]) {
      const from = addMs(now, -hours * 3_600_000)
      expect((hours * 3_600) / seriesStep(from, now).stepSeconds).toBeLessThanOrEqual(400)
    }
  })

  test('the closed window ends before now', () => {
    expect(now - lastClosedWindow(now)).toBeGreaterThanOrEqual(300_000)
    expect(now - lastClosedWindow(now)).toBeLessThan(600_000)
  })
})

describe('telling', () => {
  const health = (agent: string, part: Partial<RollupSums> = {}): AgentHealth => ({
    agentId: agent,
    agent,
    domain: 'support',
    environment: null,
    window: '24h',
    state: 'healthy',
    score: 90,
    because: [],
    figures: figuresOf(sums(part), idle),
    lastExecutionAt: null,
  })
  const fleet = (agents: AgentHealth[]): FleetHealth => ({
    window: '24h',
    asOf: '2026-11-21T12:00:00.000Z',
    agents,
    totals: figuresOf(noSums, idle),
    states: { healthy: 0, degraded: 0, failing: 0, silent: 0, unknown: 0 },
  })

  test('an equal picture tells nothing', () => {
    expect(fleetChange(fleet([health('a')]), fleet([health('a')]))).toEqual({ changed: [], reshaped: false })
  })

  test('only the agents that moved are told', () => {
    const change = fleetChange(fleet([health('a'), health('b')]), fleet([health('a'), health('b', { successes: 1 })]))
    expect(change.changed.map(({ agent }) => agent)).toEqual(['b'])
  })

  test('a new agent reshapes the picture', () => {
    expect(fleetChange(fleet([health('a')]), fleet([health('a'), health('b')])).reshaped).toBe(true)
  })

  test('what needs a look comes first', () => {
    const order = [
      { ...health('fine'), score: 99 },
      { ...health('slow'), state: 'degraded' as const, score: 70 },
      { ...health('broken'), state: 'failing' as const, score: 20 },
      { ...health('quiet'), state: 'silent' as const, score: null },
    ].sort(byUrgency)
    expect(order.map(({ agent }) => agent)).toEqual(['broken', 'slow', 'quiet', 'fine'])
  })
})

describe('groups', () => {
  const member = (agent: string, part: Partial<RollupSums>) => {
    const figures = figuresOf(sums(part), idle)
    const { state, score, because } = judgeHealth({ figures, lastExecutionAt: now, policy: defaultHealthPolicy, now })
    const health = { agent, agentId: agent, state, score, because: [...because], figures, lastExecutionAt: null }
    return { sums: sums(part), health: health as unknown as AgentHealth }
  }
  const context = { window: '24h', policy: defaultHealthPolicy, now } as const
  const counts = fc.record({ successes: fc.nat(60), failures: fc.nat(60) })

  test('H8: a group is the sum of its agents and in the state of the worst that is known', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 6 }), (parts) => {
        const members = parts.map((part, index) => member(`agent-${index}`, part))
        const group = judgeGroup('domain', 'claims', members, context)
        expect(group.figures.executions).toBe(parts.reduce((sum, part) => sum + part.successes + part.failures, 0))
        expect(Object.values(group.states).reduce((sum, count) => sum + count, 0)).toBe(parts.length)
        const states = members.map(({ health }) => health.state)
        const worst = (['failing', 'degraded', 'silent', 'healthy', 'unknown'] as const).find((s) => states.includes(s))
        expect(group.state).toBe(worst)
        expect(group.because.length).toBeGreaterThan(0)
      }),
    )
  })

  test('H8: its because names the worst agent, or says that nothing is known', () => {
    const fine = member('calm', { successes: 200 })
    const quiet = member('quiet', {})
    const bad = member('shaky', { failures: 30 })
    const first = (members: readonly ReturnType<typeof member>[]) =>
      judgeGroup('environment', 'production', members, context).because[0]
    expect(first([fine, bad, quiet])).toMatchObject({ rule: 'worst-agent', observed: 'shaky' })
    expect(first([fine, bad, quiet])?.text).toContain('1 of 3 failing, first shaky: Success is at most')
    expect(first([fine])?.text).toBe('Nothing is proven wrong of 1 of its 1 agents.')
    expect(first([fine, quiet])?.text).toBe(
      'Nothing is proven wrong of 1 of its 2 agents. Of the others too little is known.',
    )
    expect(first([quiet])).toMatchObject({ rule: 'no-agent-known' })
  })

  test('H8: groups come the most urgent first, and pictures that differ in nothing but their time are the same', () => {
    const named = [
      { name: 'b', member: member('calm', { successes: 200 }) },
      { name: 'a', member: member('calm', { successes: 200 }) },
      { name: 'z', member: member('shaky', { failures: 30 }) },
    ]
    const domains = judgeGroups('domain', named, context)
    expect(domains.map(({ name }) => name)).toEqual(['z', 'a', 'b'])
    const picture = { window: '24h', asOf: '2026-11-21T12:00:00.000Z', domains, environments: [] } as const
    const groups = { ...picture, domains, environments: [] }
    expect(groupsDiffer(groups, { ...groups, asOf: '2026-11-21T12:00:01.000Z' })).toBe(false)
    expect(groupsDiffer(groups, { ...groups, domains: domains.slice(1) })).toBe(true)
  })
})
