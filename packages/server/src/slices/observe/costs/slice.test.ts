import type {
  CostDifferencePage,
  CostGroup,
  CostPage,
  CostSeries,
  Execution,
  ModelPrice,
  Problem,
  Repricing,
  RepricingPage,
  UnpricedPage,
} from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { actionReport, executionReport, freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../govern/identity/index.ts'
import { repriceNext } from '../telemetry/index.ts'
import { costPairs } from './index.ts'

describeOnStores('costs', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const usage = { inputTokens: 1_000, outputTokens: 100 }
  const call = (executionId: string, n: number, change: Partial<Parameters<typeof actionReport>[2]> = {}) =>
    actionReport(executionId, n, { kind: 'llm', provider: 'openai', model: 'gpt-4.1', usage, ...change })
  const send = async (body: Readonly<Record<string, unknown>>) => {
    const reply = await server.request<{ rejected: unknown[] }>('POST', '/api/v1/telemetry', { body })
    expect(reply.body.rejected).toEqual([])
  }
  const get = async <Body>(path: string, key?: string) =>
    (await server.request<Body>('GET', `/api/v1/costs${path}`, key === undefined ? {} : { key })).body
  const costsOf = async (agent: string, query = 'groupBy=model') => {
    const { body } = await server.request<{ items: { agentId: string }[] }>('GET', `/api/v1/agents?q=${agent}`)
    return await get<CostPage>(`?agentId=${body.items[0]?.agentId}&${query}`)
  }
  const reprice = async (body: Readonly<Record<string, unknown>> = {}) => {
    const now = Number(server.clock.now())
    const range = { from: new Date(now - 86_400_000).toISOString(), to: new Date(now + 86_400_000).toISOString() }
    return await server.request<Repricing & Problem>('POST', '/api/v1/costs/repricings', {
      body: { ...range, reason: 'the contract changed', ...body },
    })
  }
  const addPrice = async (value: string, usd: string) => {
    const prices = { inputUsdPerMillion: usd, outputUsdPerMillion: usd }
    const body = { match: { kind: 'equals', value }, prices }
    const reply = await server.request<ModelPrice>('POST', '/api/v1/prices', { body })
    expect(reply.status).toBe(201)
    return reply.body.priceId
  }
  /** The sums as they stand and as a recount of the stored calls gives them, past row-level security. */
  const recount = async () =>
    await server.testStore.owner.migrate(async (owner) => {
      await owner.exec('set local role none')
      const sums = `agent_id::text, environment, coalesce(release_id::text, '') as release_id, provider, model, start_at::text,
        sum(priced)::int8 as priced, sum(unpriced)::int8 as unpriced, sum(input)::int8 as input, sum(cost)::int8 as cost,
        sum(reported)::int8 as reported, sum(compared)::int8 as compared`
      const stored = await owner.query(`select ${sums} from (
        select agent_id, environment, nullif(release_id, '') as release_id, provider, model, start_at, priced_calls as priced,
          unpriced_calls as unpriced, input_tokens as input, cost_nano_usd as cost, reported_nano_usd as reported,
          compared_calls as compared from cost_rollups) r
        group by 1, 2, 3, 4, 5, 6 having sum(priced) + sum(unpriced) > 0 or sum(reported) > 0 order by 1, 2, 3, 4, 5, 6`)
      const counted = await owner.query(`select ${sums} from (
        select agent_id, environment, release_id, coalesce(provider, '') as provider, coalesce(model, '') as model,
          to_timestamp(floor(extract(epoch from ended_at) / 900) * 900) as start_at,
          (cost_nano_usd is not null)::int as priced, (cost_nano_usd is null)::int as unpriced,
          coalesce(input_tokens, 0) as input, coalesce(cost_nano_usd, 0) as cost,
          coalesce(reported_cost_nano_usd, 0) as reported,
          (cost_nano_usd is not null and reported_cost_nano_usd is not null)::int as compared
        from agent_execution_logs where counted and coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0) l
        group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6`)
      return { stored, counted }
    })

  test('CO1, CO2: sums by model, agent, release and day hold each call once; the unpriced are beside the sum', async () => {
    const run = executionReport({ agent: 'summed', release: 'v1' })
    const { executionId } = run
    const of = { agent: 'summed', release: 'v1' }
    const actions = [
      call(executionId, 1, of),
      call(executionId, 2, of),
      call(executionId, 3, { ...of, model: 'unheard' }),
    ]
    await send({ executions: [run], actions })
    await send({ executions: [run], actions })
    const byModel = await costsOf('summed')
    expect(
      byModel.items.map(({ model, calls, costNanoUsd, unpricedTokens }) => [model, calls, costNanoUsd, unpricedTokens]),
    ).toEqual([
      ['gpt-4.1', 2, 5_600_000, 0],
      ['unheard', 1, null, 1_100],
    ])
    expect(byModel.total).toMatchObject({ calls: 3, unpricedCalls: 1, costNanoUsd: 5_600_000, inputTokens: 3_000 })
    for (const groupBy of ['agent', 'release', 'day'])
      expect((await costsOf('summed', `groupBy=${groupBy}`)).items).toMatchObject([
        { calls: 3, costNanoUsd: 5_600_000 },
      ])
    expect((await costsOf('summed', 'groupBy=release')).items[0]).toMatchObject({ agent: 'summed', release: 'v1' })
    const { stored, counted } = await recount()
    expect(stored).toEqual(counted)
  })

  test('CO1: what is settled again moves with its owner, and what its descendants used is counted once', async () => {
    const executionId = freshExecutionId()
    const parent = '00000000000000f1'
    await send({ actions: [call(executionId, 2, { agent: 'child', parentActionId: parent })] })
    await send({ actions: [call(executionId, 3, { agent: 'parent', actionId: parent, kind: 'agent' })] })
    await send({ executions: [executionReport({ executionId, agent: 'parent' })] })
    const { stored, counted } = await recount()
    expect(stored).toEqual(counted)
  })

  test('CO3: a day is the asked time zone’s', async () => {
    const executionId = freshExecutionId()
    const day = new Date(Number(server.clock.now()) - 3 * 86_400_000).toISOString().slice(0, 10)
    const times = { startedAt: `${day}T18:40:00.000Z`, endedAt: `${day}T18:45:00.000Z` }
    const early = { startedAt: `${day}T18:10:00.000Z`, endedAt: `${day}T18:15:00.000Z` }
    const of = { agent: 'traveller' }
    await send({ actions: [call(executionId, 1, { ...of, ...times }), call(executionId, 2, { ...of, ...early })] })
    const days = async (timeZone: string) =>
      (await costsOf('traveller', `groupBy=day&timeZone=${timeZone}`)).items.map((item) => [item.day, item.calls])
    const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
    expect(await days('UTC')).toEqual([[day, 2]])
    // 18:30 UTC is midnight in Kolkata.
    expect(await days('Asia/Kolkata')).toEqual([
      [next, 1],
      [day, 1],
    ])
    const { status, body } = await server.request<Problem>('GET', '/api/v1/costs?timeZone=Moon/Base')
    expect([status, body.code]).toEqual([400, 'invalid-query'])
  })

  test('CO2: the lines of the chart have one value per day, and null where nothing was priced', async () => {
    const { days, series } = await get<CostSeries>('/series?splitBy=model')
    expect(days.length).toBeGreaterThanOrEqual(30)
    for (const line of series) expect(line.costNanoUsd.length).toBe(days.length)
    const unheard = series.find(({ label }) => label === 'openai/unheard')
    expect(unheard?.costNanoUsd.every((value) => value === null)).toBe(true)
    expect(unheard?.unpricedCalls.filter((calls) => calls > 0)).toEqual([1])
  })

  const pairsOf = async () => {
    const now = server.clock.now()
    const asked = { from: (now - 86_400_000) as typeof now, until: (now + 86_400_000) as typeof now, environment: null }
    const { organizationId } = server
    return await server.deps.store.transaction({ organizationId }, (tx) => costPairs(server.deps, tx, asked))
  }

  test('CO7: only calls with both costs are compared', async () => {
    const executionId = freshExecutionId()
    const of = { agent: 'reporter' }
    const actions = [
      call(executionId, 1, { ...of, reportedCostUsd: 0.0042 }),
      call(executionId, 2, of),
      call(executionId, 3, { ...of, model: 'unheard', reportedCostUsd: 5 }),
    ]
    await send({ actions })
    const { items } = await get<CostDifferencePage>('/differences')
    expect(items).toMatchObject([
      {
        agent: 'reporter',
        model: 'gpt-4.1',
        comparedCalls: 1,
        comparedCostNanoUsd: 2_800_000,
        comparedReportedNanoUsd: 4_200_000,
        differenceNanoUsd: 1_400_000,
        reportedRatio: 1.5,
      },
    ])
    expect(await pairsOf()).toMatchObject([{ reportedNanoUsd: 4_200_000, computedNanoUsd: 2_800_000 }])
  })

  test('CO7: a run that reports its cost as a whole is compared too, unless its calls are', async () => {
    const pair = async (agent: string, reportedCostUsd: number, ofCall: object) => {
      const run = executionReport({ agent, reportedCostUsd })
      await send({ executions: [run], actions: [call(run.executionId, 1, { agent, ...ofCall })] })
    }
    await pair('whole', 0.0056, {})
    await pair('whole', 0.0028, {})
    await pair('both ways', 1, { reportedCostUsd: 0.0028 })
    const { items } = await get<CostDifferencePage>('/differences?limit=1')
    expect(items).toMatchObject([
      {
        of: 'executions',
        agent: 'whole',
        model: null,
        comparedExecutions: 2,
        comparedCostNanoUsd: 5_600_000,
        comparedReportedNanoUsd: 8_400_000,
        reportedRatio: 1.5,
      },
    ])
    const all = (await get<CostDifferencePage>('/differences')).items.map(({ agent, of }) => [agent, of])
    expect(all).toEqual([
      ['whole', 'executions'],
      ['reporter', 'calls'],
      ['both ways', 'calls'],
    ])
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: CostDifferencePage = await get<CostDifferencePage>(`/differences?limit=1${query}`)
      paged.push(...page.items.map(({ agent }) => agent))
      cursor = page.nextCursor
    }
    expect(paged).toEqual(['whole', 'reporter', 'both ways'])
    expect((await get<CostDifferencePage>('/differences?model=gpt-4.1')).items.map(({ of }) => of)).not.toContain(
      'executions',
    )
    expect(await pairsOf()).toHaveLength(3)
  })

  test('CO4, CO6: re-pricing finds the price that was added, corrects totals and sums, and says so', async () => {
    const run = executionReport({ agent: 'unpriced-agent' })
    const of = { agent: 'unpriced-agent', model: 'house-model' }
    await send({ executions: [run], actions: [call(run.executionId, 1, of), call(run.executionId, 2, of)] })
    const totals = async () =>
      (await server.request<Execution>('GET', `/api/v1/executions/${run.executionId}`)).body.totals
    expect(await totals()).toMatchObject({ costNanoUsd: null, unpricedCalls: 2 })
    const unpriced = async () =>
      (await get<UnpricedPage>('/unpriced?model=house-model')).items.map((item) => [
        item.calls,
        item.tokens,
        item.pricedNow,
      ])
    expect(await unpriced()).toEqual([[2, 2_200, false]])
    const priceId = await addPrice('house-model', '1')
    expect(await unpriced()).toEqual([[2, 2_200, true]])
    await server.newEvents()
    const asked = await reprice({ model: 'house-model' })
    expect(asked).toMatchObject({ status: 202, body: { state: 'running', expectedCalls: 2, calls: 0 } })
    expect(await reprice()).toMatchObject({ status: 409, body: { code: 'conflict' } })
    await server.settle()
    expect(await totals()).toMatchObject({ costNanoUsd: 2_200_000, unpricedCalls: 0 })
    expect(await unpriced()).toEqual([])
    expect((await costsOf('unpriced-agent')).total).toMatchObject({
      calls: 2,
      unpricedCalls: 0,
      costNanoUsd: 2_200_000,
    })
    const health = await server.request<{ agents: { agent: string }[] }>('GET', '/api/v1/fleet/health?window=all')
    expect(JSON.stringify(health.body.agents.find(({ agent }) => agent === 'unpriced-agent'))).toContain('2200000')
    const done = await get<Repricing>(`/repricings/${asked.body.repricingId}`)
    expect(done).toMatchObject({
      state: 'done',
      calls: 2,
      changedCalls: 2,
      newlyPricedCalls: 2,
      beforeNanoUsd: 0,
      afterNanoUsd: 2_200_000,
    })
    const told = (await server.newEvents()).filter(({ type }) => type.startsWith('costs.'))
    expect(told.map(({ type }) => type)).toEqual(['costs.repricing.requested', 'costs.repricing.finished'])
    expect(told[1]?.payload).toMatchObject({ state: 'done', beforeNanoUsd: 0, afterNanoUsd: 2_200_000 })
    const { stored, counted } = await recount()
    expect(stored).toEqual(counted)
    // Taken back, the price is unknown again, and not 0.
    await server.request('DELETE', `/api/v1/prices/${priceId}`)
    await reprice({ model: 'house-model' })
    await server.settle()
    expect(await totals()).toMatchObject({ costNanoUsd: null, unpricedCalls: 2 })
    const [last] = (await get<RepricingPage>('/repricings?limit=1')).items
    expect(last).toMatchObject({ noLongerPricedCalls: 2, beforeNanoUsd: 2_200_000, afterNanoUsd: 0 })
    const after = await recount()
    expect(after.stored).toEqual(after.counted)
  })

  test('CO5: interrupted after any step and carried on, or run twice, it leaves the same', async () => {
    const runs = Array.from({ length: 450 }, () => freshExecutionId())
    const of = { agent: 'many', model: 'many-model' }
    await send({ actions: runs.map((executionId) => call(executionId, 1, of)) })
    await addPrice('many-model', '2')
    await server.newEvents()
    await reprice({ model: 'many-model' })
    const { organizationId, deps } = server
    // A step whose transaction is rolled back is as if it had not been taken.
    const running = (await get<RepricingPage>('/repricings?limit=1')).items[0]
    const scope = {
      from: Date.parse(running?.from ?? '') as ReturnType<typeof server.clock.now>,
      until: Date.parse(running?.to ?? '') as ReturnType<typeof server.clock.now>,
      provider: null,
      model: 'many-model',
    }
    const crashed = deps.store.transaction({ organizationId }, async (tx) => {
      expect((await repriceNext(deps, tx, scope, null)).changedCalls).toBe(200)
      throw new Error('crash')
    })
    await expect(crashed).rejects.toThrow('crash')
    await server.settle()
    expect((await costsOf('many')).total).toMatchObject({ calls: 450, unpricedCalls: 0, costNanoUsd: 450 * 2_200_000 })
    await reprice({ model: 'many-model' })
    await server.settle()
    const [again] = (await get<RepricingPage>('/repricings?limit=1')).items
    expect(again).toMatchObject({ state: 'done', calls: 450, changedCalls: 0, afterNanoUsd: 450 * 2_200_000 })
    const { stored, counted } = await recount()
    expect(stored).toEqual(counted)
  })

  test('CO6: a cancelled re-pricing stays where it is, and says so', async () => {
    const asked = await reprice({ model: 'gpt-4.1' })
    await server.newEvents()
    const path = `/api/v1/costs/repricings/${asked.body.repricingId}/cancel`
    expect(await server.request('POST', path)).toMatchObject({ status: 200, body: { state: 'cancelled' } })
    expect(await server.request('POST', path)).toMatchObject({ status: 409 })
    await server.settle()
    const told = (await server.newEvents()).filter(({ type }) => type.startsWith('costs.'))
    expect(told).toMatchObject([{ type: 'costs.repricing.finished', payload: { state: 'cancelled', calls: 0 } }])
    expect(await reprice({ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' })).toMatchObject({ status: 422 })
  })

  test('CO2: pages of costs hold each group once, the costliest first', async () => {
    const seen: CostGroup[] = []
    let cursor: string | null = null
    do {
      const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: CostPage = await get<CostPage>(`?groupBy=agent&limit=2${next}`)
      seen.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(new Set(seen.map(({ agentId }) => agentId)).size).toBe(seen.length)
    const costs = seen.map(({ costNanoUsd }) => costNanoUsd ?? 0)
    expect(costs).toEqual(costs.toSorted((a, b) => b - a))
    expect(seen.length).toBeGreaterThan(4)
  })

  test('CO8: another organization has no costs of these, and re-prices none', async () => {
    const actor = { kind: 'system', id: 'test' } as const
    const { organizationId } = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, { name: 'Others', adminEmail: 'a@example.org', adminName: null, actor }),
    )
    const asked = { name: 'other', scopes: ['costs:read', 'costs:write'] as const, expiresAt: null, actor }
    const { secret: key } = await server.deps.store.transaction({ organizationId }, (tx) =>
      issueApiKey(server.deps, tx, asked),
    )
    expect(await get<CostPage>('', key)).toMatchObject({ items: [], total: { calls: 0, costNanoUsd: null } })
    expect((await get<UnpricedPage>('/unpriced', key)).items).toEqual([])
    expect((await get<RepricingPage>('/repricings', key)).items).toEqual([])
  })
})
