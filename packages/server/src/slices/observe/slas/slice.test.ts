import type { Sla, SlaBurnSeries, SlaCompliance, SlaReport } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

/** The jobs that these tests wait for. */
const slaJobs = ['ledger.sequence', 'telemetry.outcomes', 'metrics.compute', 'slas.judge']

type Status = 'success' | 'failure'
type Refusal = { code: string; detail: string; highestThreshold?: number }

const times = (count: number, status: Status) => Array.from({ length: count }, () => status)

describeOnStores('slas', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  /** Runs of some duration that ended so many minutes ago, with one priced call each. */
  const report = async (
    agent: string,
    statuses: readonly Status[],
    options: { minutesAgo?: number; durationMs?: number } = {},
  ) => {
    const endedMs = server.clock.now() - (options.minutesAgo ?? 0) * 60_000
    const span = {
      startedAt: new Date(endedMs - (options.durationMs ?? 1_000)).toISOString(),
      endedAt: new Date(endedMs).toISOString(),
    }
    const executions = statuses.map((status) => ({ executionId: freshExecutionId(), agent, status, ...span }))
    const actions = executions.map(({ executionId }) => ({
      executionId,
      actionId: executionId.slice(16),
      agent,
      kind: 'llm',
      name: 'answer',
      provider: 'openai',
      model: 'gpt-4.1',
      usage: { inputTokens: 1_000, outputTokens: 100 },
      status: 'success',
      ...span,
    }))
    const reply = await server.request('POST', '/api/v1/telemetry', { body: { executions, actions } })
    expect(reply.status).toBe(200)
    return executions.map(({ executionId }) => executionId)
  }
  const idOf = async (agent: string) => {
    const { body } = await server.request<{ items: { agentId: string; name: string }[] }>('GET', '/api/v1/agents')
    return body.items.find(({ name }) => name === agent)?.agentId ?? ''
  }
  const create = async (order: object) => {
    const reply = await server.request<Sla>('POST', '/api/v1/slas', { body: order })
    expect(reply).toMatchObject({ status: 201 })
    return reply.body
  }
  /** An SLA of one agent, which has run before. */
  const promise = async (agent: string, indicator: object, more: object = {}) =>
    create({ name: `${agent} ${JSON.stringify(indicator)}`, indicator, scope: { agentId: await idOf(agent) }, ...more })
  const read = async (slaId: string) => (await server.request<Sla>('GET', `/api/v1/slas/${slaId}`)).body
  const eventsOf = async (slaId: string) => {
    const events = await server.newEvents()
    return events.filter(({ subject, type }) => subject === `sla/${slaId}` && type.startsWith('slas.'))
  }
  const remove = (slaId: string) => server.request('DELETE', `/api/v1/slas/${slaId}`)

  test('SL1: an alert that can never fire is refused with a sentence that says so and what can', async () => {
    const burnAlerts = [{ severity: 'page', longMinutes: 60, shortMinutes: 5, threshold: 14.4 }]
    const order = { name: 'impossible', indicator: { kind: 'success' }, objective: 0.9, burnAlerts }
    const refused = await server.request<Refusal>('POST', '/api/v1/slas', { body: order })
    expect(refused).toMatchObject({ status: 422, body: { code: 'sla-threshold-unreachable', highestThreshold: 9.99 } })
    expect(refused.body.detail).toMatch(/at most 10.*14\.4 can never fire.*9\.99/)
    expect((await server.request<{ items: Sla[] }>('GET', '/api/v1/slas')).body.items).toEqual([])
    const possible = await create({ ...order, burnAlerts: [{ ...burnAlerts[0], threshold: 9.99 }] })
    expect(possible.burnAlerts).toHaveLength(1)
    await remove(possible.slaId)
  })

  test('a new SLA shows at once how it would have stood, with seed 2’s target', async () => {
    await report('past', [...times(96, 'success'), ...times(4, 'failure')], { minutesAgo: 60 * 24 * 5 })
    const { slaId, objective } = await promise('past', { kind: 'success' })
    expect(objective).toBe(0.98)
    await server.newEvents()
    await server.settle(slaJobs)
    const sla = await read(slaId)
    expect(sla.compliance).toMatchObject({
      state: 'breached',
      good: 96,
      bad: 4,
      attainment: 0.96,
      budget: { spent: 4, remaining: expect.closeTo(-2), remainingShare: expect.closeTo(-1) },
      because: { rule: 'budget-overspent', observed: 0.96, limit: 0.98 },
    })
    const told = await eventsOf(slaId)
    expect(told.map(({ type }) => type)).toEqual(['slas.objective.breached'])
    expect(told[0]?.payload).toMatchObject({ from: 'unknown', to: 'breached', because: { rule: 'budget-overspent' } })
    await remove(slaId)
  })

  test('SL4: breach, burn and recovery are told once each, in the ledger and as a decision', async () => {
    await report('burning', times(200, 'success'), { minutesAgo: 60 * 24 })
    const { slaId } = await promise('burning', { kind: 'success' }, { window: { kind: 'rolling', days: 7 } })
    await server.settle(slaJobs)
    await server.newEvents()
    expect((await read(slaId)).compliance?.state).toBe('met')
    await report('burning', times(10, 'failure'))
    await server.settle(slaJobs)
    await server.settle(slaJobs)
    const events = await server.newEvents()
    const own = events.filter(({ subject }) => subject === `sla/${slaId}`).map(({ type }) => type)
    expect(own.filter((type) => type === 'slas.objective.breached')).toHaveLength(1)
    expect(own.filter((type) => type === 'slas.burn.started').length).toBeGreaterThan(0)
    expect(own.filter((type) => type === 'decision.slas.objective')).toHaveLength(1)
    const burning = await read(slaId)
    expect(burning.burn.some(({ firing }) => firing)).toBe(true)
    const entries = await server.request<{ items: { type: string }[] }>(
      'GET',
      `/api/v1/ledger/entries?subject=sla/${slaId}`,
    )
    expect(entries.body.items.map(({ type }) => type)).toContain('slas.objective.breached')
    server.clock.advance(8 * 86_400_000)
    await report('burning', times(20, 'success'))
    await server.settle(slaJobs)
    await server.settle(slaJobs)
    const later = (await eventsOf(slaId)).map(({ type }) => type)
    expect(later.filter((type) => type === 'slas.objective.recovered')).toHaveLength(1)
    expect(later).toContain('slas.burn.stopped')
    await remove(slaId)
  })

  test('SL3: late reports change the slots they belong to, and counting again changes nothing', async () => {
    await report('late', times(50, 'success'), { minutesAgo: 3_000 })
    const { slaId } = await promise('late', { kind: 'success' })
    await server.settle(slaJobs)
    expect((await read(slaId)).compliance).toMatchObject({ good: 50, bad: 0, state: 'met' })
    await report('late', times(5, 'failure'), { minutesAgo: 3_000 })
    await report('late', times(7, 'success'), { minutesAgo: 4_000 })
    await server.settle(slaJobs)
    const once = await read(slaId)
    expect(once.compliance).toMatchObject({ good: 57, bad: 5, state: 'breached' })
    await server.settle(slaJobs)
    expect((await read(slaId)).compliance).toMatchObject({ good: 57, bad: 5 })
    await remove(slaId)
  })

  test('latency, cost and freshness are counted as the definition says', async () => {
    await report('kinds', times(18, 'success'), { minutesAgo: 30 })
    await report('kinds', times(2, 'success'), { minutesAgo: 30, durationMs: 9_000 })
    const latency = await promise('kinds', { kind: 'latency' })
    const dear = await promise('kinds', { kind: 'cost', limitNanoUsd: 2_799_999 })
    const cheap = await promise('kinds', { kind: 'cost', limitNanoUsd: 2_800_000 })
    const fresh = await promise('kinds', { kind: 'freshness', maxAgeMinutes: 15 })
    await server.settle(slaJobs)
    const counted = async ({ slaId }: Sla) => {
      const { compliance } = await read(slaId)
      return [compliance?.good, compliance?.bad]
    }
    expect(latency).toMatchObject({ objective: 0.95, indicator: { thresholdMs: 3_000 } })
    expect(await counted(latency)).toEqual([18, 2])
    expect(await counted(dear)).toEqual([0, 20])
    expect(await counted(cheap)).toEqual([20, 0])
    const [good = 0, bad = 0] = await counted(fresh)
    expect(good).toBe(4)
    expect([2, 3]).toContain(bad)
    for (const { slaId } of [latency, dear, cheap, fresh]) await remove(slaId)
  })

  test('quality is the share of verdicts, whenever they come', async () => {
    const [first = '', second = '', third = ''] = await report('judged', times(3, 'success'), { minutesAgo: 600 })
    const { slaId } = await promise('judged', { kind: 'quality', metric: 'helpful' })
    await server.settle(slaJobs)
    const verdict = (executionId: string, of: 'qa_success' | 'qa_failure', metric = 'helpful') => ({
      executionId,
      actionId: null,
      metric,
      verdict: of,
      score: null,
      label: null,
      explanation: null,
      judge: 'reviewer',
      judgeKind: 'human' as const,
      source: 'test',
      observedAt: server.clock.now(),
      idempotencyKey: `${executionId} ${metric}`,
      recordedBy: { kind: 'system' as const, id: 'test' },
    })
    await server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
      server.deps.recordJudgments(tx, [
        verdict(first, 'qa_success'),
        verdict(second, 'qa_failure'),
        verdict(third, 'qa_failure', 'polite'),
      ]),
    )
    await server.settle(slaJobs)
    expect((await read(slaId)).compliance).toMatchObject({ good: 1, bad: 1, state: 'breached' })
    await remove(slaId)
  })

  test('SL5: what happened in an excluded stretch counts nowhere', async () => {
    await report('excluded', times(20, 'success'), { minutesAgo: 600 })
    await report('excluded', times(20, 'failure'), { minutesAgo: 300 })
    const sla = await promise('excluded', { kind: 'success' })
    await server.settle(slaJobs)
    expect((await read(sla.slaId)).compliance).toMatchObject({ state: 'breached', bad: 20 })
    const at = (minutesAgo: number) => new Date(server.clock.now() - minutesAgo * 60_000).toISOString()
    const exclusions = [{ from: at(310), until: at(290), reason: 'maintenance, agreed' }]
    const { name, indicator, scope } = sla
    const changed = await server.request('PUT', `/api/v1/slas/${sla.slaId}`, {
      body: { version: 1, name, indicator, scope, exclusions },
    })
    expect(changed).toMatchObject({ status: 200, body: { version: 2 } })
    await server.settle(slaJobs)
    expect((await read(sla.slaId)).compliance).toMatchObject({ state: 'met', good: 20, bad: 0, version: 2 })
    await remove(sla.slaId)
  })

  test('SL7: a change of a version that is gone is refused; every version can be read', async () => {
    const order = { name: 'versioned', indicator: { kind: 'success' } }
    const { slaId } = await create(order)
    const change = (version: number, objective: number) =>
      server.request<Refusal>('PUT', `/api/v1/slas/${slaId}`, { body: { version, ...order, objective } })
    expect((await change(1, 0.9)).status).toBe(200)
    const stale = await change(1, 0.8)
    expect([stale.status, stale.body.code]).toEqual([412, 'precondition-failed'])
    const twin = await server.request<Refusal>('POST', '/api/v1/slas', { body: order })
    expect([twin.status, twin.body.code]).toEqual([409, 'already-exists'])
    const versions = await server.request<{ items: { version: number; definition: { objective: number } }[] }>(
      'GET',
      `/api/v1/slas/${slaId}/versions`,
    )
    expect(versions.body.items.map(({ version, definition }) => [version, definition.objective])).toEqual([
      [2, 0.9],
      [1, 0.98],
    ])
    expect((await remove(slaId)).status).toBe(200)
    expect((await remove(slaId)).status).toBe(404)
    const types = (await eventsOf(slaId)).map(({ type }) => type)
    expect(types).toEqual(['slas.definition.saved', 'slas.definition.saved', 'slas.definition.removed'])
  })

  test('a finished calendar period is closed once, and its windows can be paged', async () => {
    await report('monthly', times(10, 'success'))
    const { slaId } = await promise('monthly', { kind: 'success' }, { window: { kind: 'calendar', period: 'week' } })
    await server.settle(slaJobs)
    server.clock.advance(7 * 86_400_000)
    await report('monthly', times(3, 'success'))
    await server.settle(slaJobs)
    const page = (query = '') =>
      server.request<{ items: SlaCompliance[]; nextCursor: string | null }>(
        'GET',
        `/api/v1/slas/${slaId}/compliance${query}`,
      )
    const { body } = await page()
    expect(body.items.slice(0, 2).map(({ isClosed, good }) => [isClosed, good])).toEqual([
      [false, 3],
      [true, 10],
    ])
    const first = (await page('?limit=1')).body
    const second = (await page(`?limit=1&cursor=${encodeURIComponent(String(first.nextCursor))}`)).body
    expect([...first.items, ...second.items]).toEqual(body.items.slice(0, 2))
    await remove(slaId)
  })

  test('the burn chart ends with what is spent of the budget', async () => {
    await report('charted', [...times(90, 'success'), ...times(1, 'failure')], { minutesAgo: 60 })
    const { slaId } = await promise('charted', { kind: 'success' })
    await server.settle(slaJobs)
    const { body } = await server.request<SlaBurnSeries>('GET', `/api/v1/slas/${slaId}/burn`)
    expect(body.points.length).toBeLessThanOrEqual(121)
    expect(body.points.at(-1)?.spentShare).toBeCloseTo(1 / (0.02 * 91))
    await remove(slaId)
  })

  test('SL8: a finished month is reported with its place in the ledger; late facts make another edition', async () => {
    await report('reported', [...times(99, 'success'), 'failure'])
    const { slaId } = await promise('reported', { kind: 'success' })
    await server.settle(slaJobs)
    const month = new Date(server.clock.now()).toISOString().slice(0, 7)
    const read = async () => (await server.request<SlaReport>('GET', `/api/v1/slas/${slaId}/reports/${month}`)).body
    expect(await read()).toMatchObject({ issued: null, facts: { month, good: 99, bad: 1, verdict: 'met' } })
    const agoMs = 35 * 86_400_000
    server.clock.advance(agoMs)
    await server.settle(slaJobs)
    await server.settle(slaJobs)
    const first = await read()
    expect(first).toMatchObject({
      issued: { edition: 1, entryIndex: expect.any(Number), checkpoint: expect.any(String) },
    })
    expect(first.facts.days.length).toBeGreaterThanOrEqual(28)
    const entry = await server.request<{ content: unknown }>(
      'GET',
      `/api/v1/ledger/entries/${first.issued?.entryIndex}`,
    )
    expect(JSON.stringify(entry.body.content)).toContain(first.digest)
    await server.settle(slaJobs)
    expect(await read()).toEqual(first)
    await report('reported', times(5, 'failure'), { minutesAgo: agoMs / 60_000 })
    await server.settle(slaJobs)
    expect(await read()).toMatchObject({ issued: { edition: 2 }, facts: { bad: 6, verdict: 'missed' } })
    const issued = (await eventsOf(slaId)).filter(({ type }) => type === 'slas.report.issued')
    expect(
      issued.map(({ payload }) => (payload as { edition: number; month: string }).month === month && payload),
    ).toMatchObject([
      { edition: 1, verdict: 'met' },
      { edition: 2, verdict: 'missed' },
    ])
    const future = await server.request<Refusal>('GET', `/api/v1/slas/${slaId}/reports/2999-01`)
    expect([future.status, future.body.code]).toEqual([404, 'not-found'])
    await remove(slaId)
  })

  test('the list shows what needs a look first, in pages', async () => {
    await report('listed', times(10, 'failure'))
    const bad = await promise('listed', { kind: 'success' })
    const others = [
      await create({ name: 'a list', indicator: { kind: 'quality', metric: 'none' } }),
      await create({ name: 'b list', indicator: { kind: 'quality', metric: 'none' } }),
    ]
    await server.settle(slaJobs)
    type Page = { items: Sla[]; nextCursor: string | null }
    const first = (await server.request<Page>('GET', '/api/v1/slas?limit=1')).body
    expect(first.items.map(({ slaId }) => slaId)).toEqual([bad.slaId])
    const rest = (
      await server.request<Page>('GET', `/api/v1/slas?limit=1&cursor=${encodeURIComponent(String(first.nextCursor))}`)
    ).body
    expect(rest.items.map(({ name }) => name)).toEqual(['a list'])
    const breached = (await server.request<Page>('GET', '/api/v1/slas?state=breached')).body
    expect(breached.items.map(({ slaId }) => slaId)).toEqual([bad.slaId])
    for (const { slaId } of [bad, ...others]) await remove(slaId)
  })
})
