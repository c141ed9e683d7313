import {
  type ChaosExperiment,
  type ChaosRun,
  type ChaosRunDetail,
  type FallbackInvocation,
  type FleetHealth,
  type JournalEvent,
  type MacroExecution,
  scopesOfRole,
} from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStoreLeases } from '../../../adapters/leases/store-leases.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { executionReport, freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createJobRunner } from '../../../worker/jobs.ts'
import { createOrganization, issueApiKey } from '../../govern/identity/index.ts'
import { createJournalWorker } from '../../govern/journal/index.ts'
import { playbooksSlice } from '../playbooks/index.ts'
import { chaosSlice } from './index.ts'

describeOnStores('chaos', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const environment = 'staging'
  const macroJobs = () =>
    createJobRunner(
      server.deps,
      [...playbooksSlice.jobs, ...chaosSlice.jobs],
      createStoreLeases(server.testStore.store),
      'test',
    )
  /** Ticks a second each. */
  const ticks = async (count: number) => {
    const jobs = macroJobs()
    for (let second = 0; second < count; second++) {
      await jobs.runAll()
      server.clock.advance(1_000)
    }
    await jobs.runAll()
  }
  const report = async (agent: string, failures: number, successes: number, key?: string) => {
    const nowMs = Number(server.clock.now())
    const at = (ms: number) => new Date(nowMs + ms).toISOString()
    const executions = Array.from({ length: failures + successes }, (_, index) => ({
      ...executionReport({ agent, environment, status: index < failures ? 'failure' : 'success' }),
      startedAt: at(-1_000),
      endedAt: at(-500),
    }))
    const sent = await server.request('POST', '/api/v1/telemetry', { body: { executions }, ...(key ? { key } : {}) })
    expect(sent.status).toBe(200)
  }
  const agentId = async (name: string, key?: string) => {
    const agents = await server.request<{ items: { agentId: string; name: string }[] }>(
      'GET',
      `/api/v1/agents?q=${name}`,
      key ? { key } : {},
    )
    return agents.body.items.find((agent) => agent.name === name)?.agentId ?? ''
  }
  const order = (name: string, change: object) => ({
    name,
    hypothesis: 'Nothing that is real gets worse.',
    environment,
    injection: { kind: 'executions' },
    ratePerMinute: 60,
    durationSeconds: 10,
    settleSeconds: 5,
    steadyState: [{ kind: 'open-alerts', max: 0 }],
    ...change,
  })
  const add = async (name: string, change: object, key?: string) => {
    const body = order(name, change)
    const made = await server.request<ChaosExperiment>('POST', '/api/v1/chaos-experiments', {
      body,
      ...(key ? { key } : {}),
    })
    expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 })
    return made.body
  }
  const start = async (experimentId: string, key?: string) => {
    const path = `/api/v1/chaos-experiments/${experimentId}/runs`
    const started = await server.request<ChaosRunDetail>('POST', path, { body: {}, ...(key ? { key } : {}) })
    expect(started, JSON.stringify(started.body)).toMatchObject({ status: 201 })
    return started.body.runId
  }
  const runOf = async (runId: string, key?: string) =>
    (await server.request<ChaosRunDetail>('GET', `/api/v1/chaos-runs/${runId}`, key ? { key } : {})).body
  const told = (events: readonly JournalEvent[], runId: string) =>
    events.filter(({ subject }) => subject === `chaos-run/${runId}`).map(({ type }) => type)
  const addMacro = async (name: string, definition: object) => {
    const body = { name, enabled: true, environments: [environment], impact: 'LOW', definition }
    expect(await server.request('POST', '/api/v1/macros', { body })).toMatchObject({ status: 201 })
  }
  const call = { name: 'call', kind: 'http-call', arguments: { url: 'http://127.0.0.1:9/never' } }

  test('CH1 CH3: simulated failures fire a fallback that tells what it would do, and the run reports what held', async () => {
    await addMacro('spare', { steps: [call] })
    await report('shop', 0, 5)
    const target = { kind: 'agent', agentId: await agentId('shop') }
    const policy = await server.request<{ policyId: string }>('POST', '/api/v1/fallbacks', {
      body: {
        name: 'shop',
        primary: target,
        environment,
        fallbacks: [{ macro: 'spare' }],
        thresholds: { failuresMax: 4 },
        cooldownMinutes: 5,
      },
    })
    expect(policy.status).toBe(201)
    const lines = [
      { kind: 'success-rate', agentId: target.agentId, min: 0.9 },
      { kind: 'open-alerts', max: 0 },
    ]
    const { experimentId } = await add('shop fails', {
      target,
      steadyState: lines,
      expectedFallback: { withinMs: 6_000, macro: 'spare' },
    })
    await server.newEvents()
    const runId = await start(experimentId)
    await ticks(8)
    await report('shop', 0, 5)
    await ticks(3)
    // The minute after the run, in which real work goes on.
    server.clock.advance(60_000)
    await report('shop', 0, 5)
    await ticks(1)
    const run = await runOf(runId)
    expect(run).toMatchObject({ state: 'ended', verdict: 'held', planned: 10, injected: 10, skipped: 0 })
    expect(run.report.before).toMatchObject([
      { observed: 1, count: 5, holds: true },
      { observed: 0, holds: true },
    ])
    expect(run.report.during[0]?.low).toBeGreaterThan(0.5)
    const fired = run.report.fallbacks.find(({ outcome }) => outcome === 'invoked')
    expect(fired).toMatchObject({ macro: 'spare', because: { rule: 'failures', observed: 5, limit: 4 } })
    expect(fired?.afterMs).toBe(4_000)
    expect(run.report.missing).toEqual([])
    const executions = await server.request<{ items: MacroExecution[] }>('GET', '/api/v1/macro-executions?macro=spare')
    expect(executions.body.items).toMatchObject([{ synthetic: true, dry: true, status: 'succeeded' }])
    const events = await server.newEvents()
    expect(told(events, runId)).toEqual([
      'chaos.experiment.started',
      'chaos.experiment.ended',
      'decision.chaos.experiment',
    ])
    const invoked = events.find(({ type }) => type === 'recovery.fallback.invoked')
    expect(invoked?.payload).toMatchObject({ synthetic: true, runId })
    const real = await server.request<{ items: FallbackInvocation[] }>(
      'GET',
      '/api/v1/fallback-invocations?synthetic=false',
    )
    expect(real.body.items).toEqual([])
  })

  test('CH1: every figure is the same with an experiment and without', async () => {
    const other = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, {
        name: 'Without',
        adminEmail: 'admin@without.example',
        adminName: null,
        actor: { kind: 'system', id: 'test' },
      }),
    )
    const with_ = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, {
        name: 'With',
        adminEmail: 'admin@with.example',
        adminName: null,
        actor: { kind: 'system', id: 'test' },
      }),
    )
    const keyOf = async (organizationId: string) =>
      (
        await server.deps.store.transaction({ organizationId }, (tx) =>
          issueApiKey(server.deps, tx, {
            name: 'test',
            scopes: [...scopesOfRole.admin],
            expiresAt: null,
            actor: { kind: 'system', id: 'test' },
          }),
        )
      ).secret
    const keys = [await keyOf(other.organizationId), await keyOf(with_.organizationId)] as const
    for (const key of keys) {
      await report('shop', 3, 9, key)
      for (const indicator of [{ kind: 'success' }, { kind: 'quality' }, { kind: 'latency' }])
        await server.request('POST', '/api/v1/slas', { key, body: { name: indicator.kind, indicator } })
    }
    for (const { organizationId } of [other, with_]) await judgeBoth(organizationId)
    const target = { kind: 'agent', agentId: await agentId('shop', keys[1]) }
    const failing = await add('executions', { target, injection: { kind: 'executions', latencyMs: 60_000 } }, keys[1])
    const judged = await add('judgments', { target, injection: { kind: 'qa-failures', metric: 'help' } }, keys[1])
    const runIds = [await start(failing.experimentId, keys[1]), await start(judged.experimentId, keys[1])]
    await ticks(16)
    for (const runId of runIds) expect(await runOf(runId, keys[1])).toMatchObject({ state: 'ended', injected: 10 })
    server.clock.advance(6 * 60_000)
    await server.settle()
    for (const path of [
      '/api/v1/fleet/health?window=1h',
      '/api/v1/fleet/health?window=all',
      '/api/v1/slas',
      '/api/v1/costs',
      '/api/v1/trust/metrics',
      '/api/v1/trust/journal',
      '/api/v1/arbitrations',
      '/api/v1/drift/streams',
      '/api/v1/drift/alarms',
    ]) {
      const [without, within] = await Promise.all(keys.map((key) => server.request('GET', path, { key })))
      expect(within?.status, path).toBe(200)
      expect(figuresOf(within?.body), path).toEqual(figuresOf(without?.body))
    }
    const health = await server.request<FleetHealth>('GET', '/api/v1/fleet/health?window=1h', { key: keys[1] })
    expect(health.body.totals).toMatchObject({ successes: 9, failures: 3 })
    // The experiment did happen.
    const simulated = '/api/v1/executions?synthetic=only&limit=200'
    const [none, all] = await Promise.all(
      keys.map((key) => server.request<{ items: unknown[] }>('GET', simulated, { key })),
    )
    expect([none?.body.items.length, all?.body.items.length]).toEqual([0, 10])
  })

  const judgeBoth = async (organizationId: string) =>
    await server.deps.store.transaction({ organizationId }, (tx) =>
      server.deps.recordJudgments(
        tx,
        Array.from({ length: 4 }, (_, index) => ({
          executionId: freshExecutionId(),
          actionId: null,
          metric: 'help',
          verdict: index === 0 ? ('qa_failure' as const) : ('qa_success' as const),
          score: null,
          label: null,
          explanation: null,
          judge: 'grader',
          judgeKind: 'model' as const,
          source: 'test',
          observedAt: server.clock.now(),
          idempotencyKey: `${index}`,
          recordedBy: { kind: 'system' as const, id: 'test' },
        })),
      ),
    )

  test('CH2: a run that a crash interrupts goes on without what it missed, and sends nothing twice', async () => {
    await report('crash', 0, 3)
    const target = { kind: 'agent', agentId: await agentId('crash') }
    const { experimentId } = await add('crash', { target, durationSeconds: 120, ratePerMinute: 60 })
    const runId = await start(experimentId)
    await ticks(4)
    const [jobsAtOnce] = chaosSlice.jobs
    if (jobsAtOnce === undefined) throw new Error('the slice has its job')
    const stored = async () => {
      const path = `/api/v1/executions?synthetic=only&agentId=${target.agentId}&limit=200`
      return (await server.request<{ items: unknown[] }>('GET', path)).body.items.length
    }
    expect(await stored()).toBe(5)
    // It dies between taking slots and confirming them: the slots are sent again under the same ids.
    await server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
      const { sql } = await import('kysely')
      await sql`update chaos_runs set pending_from = 2, injected = 2 where run_id = ${runId}::uuid`.execute(tx.tables())
    })
    await ticks(0)
    expect(await runOf(runId)).toMatchObject({ injected: 5, skipped: 0 })
    expect(await stored()).toBe(5)
    // Several processes look at once: each slot is somebody's.
    server.clock.advance(3_000)
    await Promise.all([0, 1, 2].map(() => jobsAtOnce.run(server.deps)))
    await ticks(0)
    expect(await runOf(runId)).toMatchObject({ injected: 8, skipped: 0 })
    expect(await stored()).toBe(8)
    // Nobody runs for a minute and a half.
    server.clock.advance(90_000)
    await ticks(40)
    const run = await runOf(runId)
    expect(run).toMatchObject({ state: 'ended', planned: 120 })
    expect(run.injected + run.skipped).toBe(120)
    expect(run.skipped).toBeGreaterThanOrEqual(55)
    expect(await stored()).toBe(run.injected)
  })

  test('CH4: a run ends within one tick of a real failure, injects nothing more, and says why', async () => {
    await report('guard', 0, 5)
    const target = { kind: 'agent', agentId: await agentId('guard') }
    const { experimentId } = await add('guard', {
      target,
      durationSeconds: 60,
      abortWhen: [{ kind: 'success-rate', agentId: target.agentId, min: 0.5 }],
    })
    const runId = await start(experimentId)
    await ticks(5)
    expect(await runOf(runId)).toMatchObject({ state: 'running', injected: 6 })
    await report('guard', 20, 0)
    await server.newEvents()
    await ticks(0)
    const aborted = await runOf(runId)
    expect(aborted).toMatchObject({ state: 'settling', injected: 6, because: { rule: 'success-rate-broken' } })
    expect(told(await server.newEvents(), runId)).toEqual(['chaos.experiment.aborted'])
    await ticks(6)
    expect(await runOf(runId)).toMatchObject({ state: 'ended', verdict: 'aborted', injected: 6 })
    const again = await server.request('POST', `/api/v1/chaos-runs/${runId}/abort`, { body: { reason: 'late' } })
    expect(again.status).toBe(409)
  })

  test('CH4: a run is aborted by hand, and one does not begin where it is not steady', async () => {
    await report('hand', 4, 0)
    const target = { kind: 'agent', agentId: await agentId('hand') }
    const { experimentId } = await add('hand', { target })
    const runId = await start(experimentId)
    const twice = await server.request('POST', `/api/v1/chaos-experiments/${experimentId}/runs`, { body: {} })
    expect(twice.status).toBe(409)
    const path = `/api/v1/chaos-runs/${runId}/abort`
    expect((await server.request('POST', path, { body: { reason: 'Enough.' } })).status).toBe(200)
    await ticks(6)
    expect(await runOf(runId)).toMatchObject({ verdict: 'aborted', injected: 0, because: { rule: 'by-hand' } })
    const line = { kind: 'success-rate', agentId: target.agentId, min: 0.5 }
    const sick = await add('sick', { target, steadyState: [line] })
    const run = await runOf(await start(sick.experimentId))
    expect(run).toMatchObject({
      state: 'ended',
      verdict: 'aborted',
      injected: 0,
      because: { rule: 'success-rate-broken' },
    })
    expect(run.because?.text).toMatch(/^It was not steady before/)
  })

  test('CH7: a receiver that refuses delays no other, and none of its signals is lost', async () => {
    const injection = { kind: 'receiver-fault', fault: 'throw', faultMs: 3_000 }
    const line = { kind: 'delivery-p95', maxMs: 1_500 }
    const target = { kind: 'metric', metric: 'delivery' }
    const { experimentId } = await add('receivers', { target, injection, steadyState: [line] })
    const jobs = macroJobs()
    const worker = createJournalWorker(server.deps, chaosSlice.subscriptions)
    await worker.runOnce()
    await server.newEvents()
    const runId = await start(experimentId)
    for (let second = 0; second < 16; second++) {
      await jobs.runAll()
      await worker.runOnce()
      server.clock.advance(1_000)
    }
    const run = await runOf(runId)
    expect(run.report.delivery).toMatchObject({ sent: 10, received: 10, p95Ms: 0, delayed: 10 })
    expect(run).toMatchObject({ verdict: 'held', injected: 10 })
    const sent = (await server.newEvents()).filter(({ type }) => type === 'chaos.signal.sent')
    expect(sent.map(({ payload }) => Object(payload).slot)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const letters = await server.request<{ items: { subscriber: string }[] }>('GET', '/api/v1/journal/dead-letters')
    expect(letters.body.items.filter(({ subscriber }) => subscriber.startsWith('chaos.'))).toEqual([])
  })

  test('CH3: a publication that is simulated tells whom it would block, and publishes nothing', async () => {
    const body = { version: '1.0.0', schema: true }
    await server.request('PUT', '/api/v1/macro-dependencies/stock', { body })
    const dependency = { name: 'stock', direction: 'reading', range: '^1.0.0', schema: true }
    await addMacro('restock', { steps: [call], dependencies: [dependency] })
    await addMacro('restock-spare', { steps: [call] })
    const primary = { kind: 'macro', name: 'restock' }
    const thresholds = { failuresMax: 0 }
    const policy = { name: 'restock', primary, environment, fallbacks: [{ macro: 'restock-spare' }], thresholds }
    expect((await server.request('POST', '/api/v1/fallbacks', { body: policy })).status).toBe(201)
    const { experimentId } = await add('stock 2', {
      target: primary,
      injection: { kind: 'dependency-change', dependency: 'stock', version: '2.0.0', schema: true },
      expectedFallback: { withinMs: 5_000 },
    })
    const runId = await start(experimentId)
    await ticks(16)
    const run = await runOf(runId)
    expect(run.report.blocked).toMatchObject([{ macro: 'restock', because: { rule: 'version-outside-range' } }])
    expect(run.report.fallbacks).toMatchObject([{ macro: 'restock-spare', because: { rule: 'blocked' } }])
    expect(run).toMatchObject({ verdict: 'held', planned: 1, injected: 1 })
    const macro = await server.request<{ state: string }>('GET', '/api/v1/macros/restock')
    expect(macro.body.state).toBe('ready')
  })

  test('CH5: a run passes the gate, and what a schedule starts is approved with the schedule', async () => {
    const target = { kind: 'metric', metric: 'help' }
    const injection = { kind: 'qa-failures', metric: 'help' }
    const production = await add('production', { target, injection, environment: 'production' })
    const path = `/api/v1/chaos-experiments/${production.experimentId}`
    expect(await server.request('POST', `${path}/runs`, { body: {} })).toMatchObject({
      status: 409,
      body: { code: 'approval-required', action: { operation: 'chaos.run', impact: 'MODERATE' } },
    })
    const live = order('live', { target, injection, live: true, schedule: '*/5 * * * *' })
    expect(await server.request('POST', '/api/v1/chaos-experiments', { body: live })).toMatchObject({
      status: 409,
      body: { code: 'approval-required', action: { operation: 'chaos.save', impact: 'HIGH' } },
    })
    const scheduled = await add('scheduled', { target, injection, schedule: '*/5 * * * *' })
    expect(scheduled.nextRunAt).not.toBeNull()
    server.clock.advance(5 * 60_000)
    await ticks(1)
    const runs = await server.request<{ items: ChaosRun[] }>(
      'GET',
      `/api/v1/chaos-runs?experimentId=${scheduled.experimentId}`,
    )
    expect(runs.body.items).toMatchObject([{ startedBy: 'system:chaos', state: 'running' }])
    await server.newEvents()
    const changed = await server.request<ChaosExperiment>('PUT', path, {
      body: { ...order('production', { target, injection, environment: 'production', enabled: false }), version: 1 },
    })
    expect(changed).toMatchObject({ status: 200, body: { version: 2, enabled: false } })
    expect(
      (await server.request('PUT', path, { body: { ...order('x', { target, injection }), version: 1 } })).status,
    ).toBe(412)
    expect((await server.request('POST', `${path}/runs`, { body: {} })).status).toBe(409)
    expect((await server.request('DELETE', path)).status).toBe(204)
    expect((await server.newEvents()).map(({ type }) => type)).toEqual([
      'chaos.experiment.saved',
      'chaos.experiment.removed',
    ])
    expect((await server.request('GET', path)).status).toBe(404)
    expect((await server.request('POST', `${path}/runs`, { body: {} })).status).toBe(404)
  })

  test('what cannot be run is refused with what to do', async () => {
    await server.newEvents()
    const target = { kind: 'metric', metric: 'help' }
    const injection = { kind: 'qa-failures', metric: 'help' }
    for (const [change, status] of [
      [{ target }, 422],
      [{ target: { kind: 'agent', agentId: '01900000-0000-7000-8000-0000000000ff' } }, 422],
      [{ target: { kind: 'macro', name: 'nowhere' }, injection }, 422],
      [{ target, injection, schedule: 'whenever' }, 422],
      [{ target, injection, steadyState: [] }, 400],
      [{ target, injection, name: 'scheduled' }, 409],
    ] as const)
      expect(
        (await server.request('POST', '/api/v1/chaos-experiments', { body: order('wrong', change) })).status,
        JSON.stringify(change),
      ).toBe(status)
    expect(await server.newEvents()).toEqual([])
    for (const path of ['chaos-experiments?cursor=x', 'chaos-runs?cursor=x'])
      expect((await server.request('GET', `/api/v1/${path}`)).status).toBe(400)
    const first = await server.request<{ nextCursor: string }>('GET', '/api/v1/chaos-runs?limit=1')
    const next = `/api/v1/chaos-runs?limit=1&cursor=${encodeURIComponent(first.body.nextCursor)}`
    expect((await server.request('GET', next)).status).toBe(200)
    const page = await server.request<{ nextCursor: string }>('GET', '/api/v1/chaos-experiments?limit=1')
    const more = `/api/v1/chaos-experiments?limit=1&cursor=${encodeURIComponent(page.body.nextCursor)}`
    expect((await server.request('GET', more)).status).toBe(200)
  })
})

/** A reply without what names its organization: ids, and who made it when. */
function figuresOf(body: unknown): unknown {
  const text = JSON.stringify(body, (key, value: unknown) =>
    /Id$|^changedBy$|^createdAt$|^changedAt$/.test(key) && typeof value !== 'number' ? undefined : value,
  )
  return JSON.parse(text)
}
