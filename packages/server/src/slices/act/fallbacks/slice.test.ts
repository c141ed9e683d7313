import { createServer, type Server } from 'node:http'
import type {
  FallbackDryRun,
  FallbackInvocation,
  FallbackPolicy,
  JournalEvent,
  MacroExecution,
} from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStoreLeases } from '../../../adapters/leases/store-leases.ts'
import type { Subscription } from '../../../ports/slice.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { executionReport } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createJobRunner } from '../../../worker/jobs.ts'
import { createJournalWorker } from '../../govern/journal/index.ts'
import { noSums } from '../../observe/health/index.ts'
import { playbooksSlice } from '../playbooks/index.ts'
import { FallbackManager, fallbacksSlice } from './index.ts'

describeOnStores('fallbacks', (kind) => {
  let server: TestServer
  let target: Server
  let url = ''
  /** What the receiver answers, by macro. */
  const answers: Record<string, number> = {}
  const asked: string[] = []

  beforeAll(async () => {
    target = createServer((request, response) => {
      const name = (request.url ?? '/').slice(1)
      asked.push(name)
      response.writeHead(answers[name] ?? 200).end('{}')
    })
    await new Promise<void>((done) => target.listen(0, '127.0.0.1', done))
    const address = target.address()
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
    target.closeAllConnections()
    await new Promise((done) => target.close(done))
  })

  const environment = 'staging'
  const addMacro = async (name: string, change: object = {}, definition: object = {}) => {
    const step = { name: 'call', kind: 'http-call', arguments: { url: `${url}/${name}` }, retries: { attemptsMax: 1 } }
    const body = {
      name,
      enabled: true,
      environments: [environment],
      impact: 'LOW',
      definition: { steps: [step], ...definition },
      ...change,
    }
    const made = await server.request('POST', '/api/v1/macros', { body })
    expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 })
  }
  const order = (name: string, change: object = {}) => ({
    name,
    primary: { kind: 'macro', name },
    environment,
    fallbacks: [{ macro: `${name}-spare` }, { macro: `${name}-last` }],
    thresholds: { failuresMax: 0 },
    cooldownMinutes: 5,
    ...change,
  })
  const addPolicy = async (name: string, change: object = {}) => {
    const made = await server.request<FallbackPolicy>('POST', '/api/v1/fallbacks', { body: order(name, change) })
    expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 })
    return made.body
  }
  const run = async (name: string) => {
    const body = { environment, reason: 'A test.' }
    const started = await server.request<MacroExecution>('POST', `/api/v1/macros/${name}/run`, { body })
    expect(started, JSON.stringify(started.body)).toMatchObject({ status: 201 })
    await settleTimes(1)
  }
  const invocations = async (policyId: string) =>
    (await server.request<{ items: FallbackInvocation[] }>('GET', `/api/v1/fallback-invocations?policyId=${policyId}`))
      .body.items
  const policyOf = async (policyId: string) =>
    (await server.request<FallbackPolicy>('GET', `/api/v1/fallbacks/${policyId}`)).body
  const dryRun = async (policyId: string) =>
    (await server.request<FallbackDryRun>('POST', `/api/v1/fallbacks/${policyId}/dry-run`)).body
  /** Both slices' jobs alone: what is due of macros, then what fallbacks make of it. */
  const settleTimes = async (times: number) => {
    const leases = createStoreLeases(server.testStore.store)
    const jobs = createJobRunner(server.deps, [...playbooksSlice.jobs, ...fallbacksSlice.jobs], leases, 'test')
    for (let turn = 0; turn < times; turn++) await jobs.runAll()
  }
  const told = async (policyId: string) =>
    (await server.newEvents()).filter(({ subject }) => subject === `fallback-policy/${policyId}`)
  const addAll = async (name: string) => {
    await addMacro(name)
    await addMacro(`${name}-spare`)
    await addMacro(`${name}-last`)
  }

  test('FB4: a run that fails starts the first fallback once, with because, in the ledger and as a decision', async () => {
    await addAll('orders')
    const { policyId } = await addPolicy('orders')
    expect(await dryRun(policyId)).toMatchObject({ outcome: 'none', because: { rule: 'unmeasured' } })
    answers['orders'] = 500
    await run('orders')
    await server.newEvents()
    const looks = Array.from({ length: 3 }, () => new FallbackManager(server.deps).watch())
    await Promise.all(looks)
    await settleTimes(3)
    const [invoked, ...others] = await invocations(policyId)
    expect(others).toEqual([])
    expect(invoked).toMatchObject({
      outcome: 'invoked',
      macro: 'orders-spare',
      depth: 1,
      because: {
        rule: 'failures',
        observed: 1,
        limit: 0,
        text: 'orders failed once in the window; no failure is allowed.',
      },
      chosenBecause: { rule: 'unmeasured' },
      passedOver: [{ candidate: 'orders', because: { rule: 'failures' } }],
      synthetic: false,
    })
    expect(invoked?.trigger).toMatch(/^macro-execution\//)
    expect(asked.filter((name) => name === 'orders-spare')).toHaveLength(1)
    const executions = await server.request<{ items: MacroExecution[] }>(
      'GET',
      '/api/v1/macro-executions?macro=orders-spare',
    )
    expect(executions.body.items).toMatchObject([
      { macroExecutionId: invoked?.macroExecutionId, status: 'succeeded', correlationId: invoked?.chainId },
    ])
    expect((await policyOf(policyId)).openChain).toMatchObject({ depth: 1, visited: ['orders-spare'] })
  })

  test('FB4: what was decided is told once', async () => {
    await addAll('told')
    const { policyId } = await addPolicy('told')
    answers['told'] = 500
    await server.newEvents()
    await run('told')
    await settleTimes(2)
    const events = await told(policyId)
    expect(events.map(({ type }) => type)).toEqual(['recovery.fallback.invoked', 'decision.recovery.fallback'])
    const [invoked, mirror] = events
    expect(mirror).toMatchObject({ causationId: invoked?.eventId, payload: { verdict: 'invoked' } })
    expect(invoked?.payload).toMatchObject({ macro: 'told-spare', passedOver: [{ candidate: 'told' }] })
  })

  test('FB3: a fallback that fails is followed by the next at once, and when none is left that is told once', async () => {
    await addAll('pay')
    const { policyId } = await addPolicy('pay')
    for (const name of ['pay', 'pay-spare', 'pay-last']) answers[name] = 500
    await run('pay')
    await settleTimes(4)
    const all = await invocations(policyId)
    expect(all.map(({ outcome, macro, depth, because }) => [outcome, macro, depth, because.rule])).toEqual([
      ['exhausted', null, 2, 'none-left'],
      ['invoked', 'pay-last', 2, 'fallback-failed'],
      ['invoked', 'pay-spare', 1, 'failures'],
    ])
    expect(all[0]?.passedOver.map(({ candidate, because }) => [candidate, because.rule])).toEqual([
      ['pay', 'fallback-failed'],
      ['pay-spare', 'taken-before'],
      ['pay-last', 'taken-before'],
    ])
    expect((await told(policyId)).filter(({ type }) => type === 'recovery.fallback.exhausted')).toHaveLength(1)
    expect((await dryRun(policyId)).because.rule).toBe('stays-exhausted')
    expect((await policyOf(policyId)).openChain).toMatchObject({ depth: 2, visited: ['pay-spare', 'pay-last'] })
    // Nothing failed since: after another cooldown the incident is over.
    server.clock.advance(300_000)
    await settleTimes(1)
    expect((await policyOf(policyId)).openChain).toBeNull()
    expect((await told(policyId)).map(({ type }) => type)).toEqual(['recovery.fallback.settled'])
  })

  test('FB3: an invocation is left to cool down, then judged by what came after it', async () => {
    await addAll('cool')
    const { policyId } = await addPolicy('cool')
    answers['cool'] = 500
    await run('cool')
    await settleTimes(2)
    server.clock.advance(60_000)
    await run('cool')
    expect(await dryRun(policyId)).toMatchObject({
      outcome: 'wait',
      because: { rule: 'cooldown', observed: 60_000, limit: 300_000 },
    })
    server.clock.advance(4 * 60_000)
    await settleTimes(2)
    expect((await invocations(policyId)).map(({ macro }) => macro)).toEqual(['cool-last', 'cool-spare'])
    server.clock.advance(5 * 60_000)
    await settleTimes(1)
    expect((await policyOf(policyId)).openChain).toBeNull()
    expect((await told(policyId)).at(-1)).toMatchObject({
      type: 'recovery.fallback.settled',
      payload: { depth: 2, because: { rule: 'unmeasured' } },
    })
  })

  test('FB1: one that refuses to start is passed over with what it said, and fallbacks of fallbacks are reached', async () => {
    await addAll('deep')
    await addMacro('deep-off', { enabled: false })
    await addMacro(
      'deep-strict',
      {},
      { inputs: { type: 'object', properties: { to: { type: 'string' } }, required: ['to'] } },
    )
    const fallbacks = [{ macro: 'deep-off' }, { macro: 'deep-strict' }, { macro: 'deep-spare' }]
    const { policyId } = await addPolicy('deep', { fallbacks })
    await addPolicy('deep-spare', { fallbacks: [{ macro: 'deep-last' }, { macro: 'deep' }] })
    answers['deep'] = 500
    answers['deep-spare'] = 500
    await run('deep')
    await settleTimes(3)
    const all = await invocations(policyId)
    expect(all.map(({ macro }) => macro)).toEqual(['deep-last', 'deep-spare'])
    expect(all[1]?.passedOver.map(({ candidate, because }) => [candidate, because.rule])).toEqual([
      ['deep', 'failures'],
      ['deep-off', 'not-startable'],
      ['deep-strict', 'not-startable'],
    ])
    expect(all[1]?.passedOver[1]?.because.text).toContain('not enabled')
  })

  test('FB5: an agent gives way in its environment, by its figures or its state', async () => {
    await addMacro('agent-spare')
    const nowMs = Number(server.clock.now())
    const at = (ms: number) => new Date(nowMs + ms).toISOString()
    const executions = Array.from({ length: 6 }, (_, index) =>
      executionReport({
        agent: 'shop',
        environment,
        status: index < 5 ? 'failure' : 'success',
        startedAt: at(-2_000),
        endedAt: at(-1_000),
      }),
    )
    const elsewhere = executionReport({ agent: 'calm', environment: 'preview', status: 'failure' })
    await server.request('POST', '/api/v1/telemetry', { body: { executions: [...executions, elsewhere] } })
    const agents = await server.request<{ items: { agentId: string; name: string }[] }>('GET', '/api/v1/agents')
    const idOf = (name: string) => agents.body.items.find((agent) => agent.name === name)?.agentId ?? ''
    const spare = { fallbacks: [{ macro: 'agent-spare', inputs: {} }] }
    const agentOf = (name: string) => ({ kind: 'agent', agentId: idOf(name) })
    const byRate = await addPolicy('by rate', {
      primary: agentOf('shop'),
      thresholds: { successRateMin: 0.5, latencyP95MsMax: 60_000 },
      ...spare,
    })
    const calm = await addPolicy('calm', { primary: agentOf('calm'), thresholds: { failuresMax: 0 }, ...spare })
    expect((await dryRun(byRate.policyId)).primary).toMatchObject({ name: 'shop', executions: 6, failures: 5 })
    await settleTimes(2)
    expect(await invocations(byRate.policyId)).toMatchObject([
      { macro: 'agent-spare', because: { rule: 'success-rate', observed: 1 / 6, limit: 0.5 } },
    ])
    // Its failure was in another environment.
    expect(await invocations(calm.policyId)).toEqual([])
    const body = {
      ...order('by state', { primary: agentOf('shop'), thresholds: { healthStates: ['failing'] }, ...spare }),
    }
    const asked = await server.request<FallbackDryRun>('POST', '/api/v1/fallback-dry-runs', { body })
    expect(asked.body).toMatchObject({ outcome: 'invoke', macro: 'agent-spare', because: { rule: 'health-state' } })
  })

  test('FB8: simulated evidence has an incident of its own, and what it starts is synthetic, and dry unless it is live', async () => {
    await addAll('drill')
    const { policyId } = await addPolicy('drill')
    const manager = new FallbackManager(server.deps)
    const consider = async (runId: string, live: boolean) =>
      await server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
        manager.consider(tx, policyId, { runId, live, blocked: false, sums: () => ({ ...noSums, failures: 2 }) }),
      )
    const [first, second] = ['01900000-0000-7000-8000-0000000000c1', '01900000-0000-7000-8000-0000000000c2'] as const
    expect((await consider(first, false))?.decision).toMatchObject({ kind: 'invoke', macro: 'drill-spare' })
    expect((await consider(first, false))?.decision).toMatchObject({ kind: 'wait', because: { rule: 'at-work' } })
    expect((await consider(second, true))?.decision).toMatchObject({ kind: 'invoke', macro: 'drill-spare' })
    await settleTimes(1)
    const executions = await server.request<{ items: MacroExecution[] }>(
      'GET',
      '/api/v1/macro-executions?macro=drill-spare',
    )
    expect(executions.body.items.map(({ synthetic, dry }) => [synthetic, dry])).toEqual([
      [true, false],
      [true, true],
    ])
    expect(asked.filter((name) => name === 'drill-spare')).toHaveLength(1)
    // Nothing of it is an incident of what really happens.
    expect(await policyOf(policyId)).toMatchObject({ openChain: null, lastInvocation: null })
    expect(await dryRun(policyId)).toMatchObject({ outcome: 'none' })
    await server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
      await manager.forgetSimulation(tx, first)
      await manager.forgetSimulation(tx, second)
    })
    expect((await consider(first, false))?.decision).toMatchObject({ kind: 'wait', because: { rule: 'cooldown' } })
  })

  test('FB6: what starts macros by itself passes the gate, and a strategy in force changes with an approval alone', async () => {
    await addAll('gated')
    const refused = await server.request<{ code: string; action: { impact: string } }>('POST', '/api/v1/fallbacks', {
      body: order('gated', { environment: 'production' }),
    })
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval-required', action: { impact: 'MODERATE' } } })
    await server.newEvents()
    const made = await addPolicy('gated')
    expect((await server.newEvents()).map(({ type }) => type)).toEqual(['fallbacks.policy.saved'])
    const path = `/api/v1/fallbacks/${made.policyId}`
    const change = { ...order('gated', { cooldownMinutes: 1 }), version: made.version }
    expect(await server.request('PUT', path, { body: change })).toMatchObject({
      status: 409,
      body: { code: 'approval-required', action: { impact: 'HIGH' } },
    })
    const stale = await server.request('PUT', path, { body: { ...change, version: 7 } })
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition-failed' } })
    expect(await server.request('DELETE', path)).toMatchObject({ status: 409, body: { code: 'approval-required' } })
    expect(await server.newEvents()).toEqual([])
    const off = await addPolicy('gated-spare', { enabled: false, fallbacks: [{ macro: 'gated' }] })
    const changed = await server.request<FallbackPolicy>('PUT', `/api/v1/fallbacks/${off.policyId}`, {
      body: { ...order('gated-spare', { fallbacks: [{ macro: 'gated-last' }], enabled: false }), version: 1 },
    })
    expect(changed).toMatchObject({ status: 200, body: { version: 2 } })
    expect((await server.request('DELETE', `/api/v1/fallbacks/${off.policyId}`)).status).toBe(204)
    expect((await server.newEvents()).map(({ type }) => type)).toContain('fallbacks.policy.removed')
    expect((await server.request('GET', `/api/v1/fallbacks/${off.policyId}`)).status).toBe(404)
    const versions = await server.request<{ items: { version: number; definition: { fallbacks: object[] } }[] }>(
      'GET',
      `/api/v1/fallbacks/${off.policyId}/versions`,
    )
    expect(versions.body.items.map(({ version, definition }) => [version, definition.fallbacks[0]])).toEqual([
      [2, { macro: 'gated-last', inputs: {} }],
      [1, { macro: 'gated', inputs: {} }],
    ])
  })

  test('what contradicts itself or is not there is refused with what to do', async () => {
    await addAll('sound')
    await addPolicy('sound')
    for (const [change, status] of [
      [{ thresholds: {} }, 422],
      [{ fallbacks: [{ macro: 'nowhere' }] }, 422],
      [{ primary: { kind: 'agent', agentId: '01900000-0000-7000-8000-0000000000ff' } }, 422],
      [{ fallbacks: [] }, 400],
      [{ name: 'other' }, 409],
      [{}, 409],
    ] as const)
      expect(
        (await server.request('POST', '/api/v1/fallbacks', { body: order('sound', change) })).status,
        JSON.stringify(change),
      ).toBe(status)
    const first = await server.request<{ items: FallbackPolicy[]; nextCursor: string }>(
      'GET',
      `/api/v1/fallbacks?limit=1&environment=${environment}`,
    )
    const next = `/api/v1/fallbacks?limit=1&environment=${environment}&cursor=${encodeURIComponent(first.body.nextCursor)}`
    const second = await server.request<{ items: FallbackPolicy[] }>('GET', next)
    expect(second.body.items[0]?.name).not.toBe(first.body.items[0]?.name)
    expect((await server.request('GET', '/api/v1/fallbacks?cursor=x')).status).toBe(400)
    expect((await server.request('GET', '/api/v1/fallback-invocations?cursor=x')).status).toBe(400)
  })

  test('FB7: a subscriber that sleeps and one that throws delay no notification of macros', async () => {
    const seen: JournalEvent[] = []
    const sleeping: Subscription = {
      name: 'sleeping',
      pattern: 'macro_*',
      startAt: 'now',
      prepare: async ({ clock }) => {
        await new Promise<void>((resolve) => void clock.after(3_600_000, resolve))
      },
      handle: async () => {},
    }
    const throwing: Subscription = {
      name: 'throwing',
      pattern: 'macro_*',
      startAt: 'now',
      handle: async () => {
        throw new Error('always')
      },
    }
    const orchestrator: Subscription = {
      name: 'orchestrator',
      pattern: 'macro_*',
      startAt: 'now',
      handle: async (_deps, _tx, event) => {
        seen.push(event)
      },
    }
    const dependency = { name: 'orders-api', direction: 'reading', range: '^1.0.0', schema: true }
    const publish = (version: string) =>
      server.request('PUT', '/api/v1/macro-dependencies/orders-api', { body: { version, schema: true } })
    await publish('1.0.0')
    await addMacro('depends', {}, { dependencies: [dependency] })
    const worker = createJournalWorker(server.deps, [sleeping, throwing, orchestrator])
    await worker.runOnce()
    worker.start()
    await publish('2.0.0')
    await publish('1.2.0')
    const startedAt = server.clock.now()
    const look = () => {
      server.clock.advance(50)
      return seen.map(({ type }) => type)
    }
    await expect.poll(look, { interval: 10, timeout: 10_000 }).toEqual(['macro_blocked', 'macro_unblocked'])
    expect(server.clock.now() - startedAt).toBeLessThan(60_000)
    server.clock.advance(7_200_000)
    const stopped = worker.stop()
    server.clock.advance(7_200_000)
    await stopped
  })
})
