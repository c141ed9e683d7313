import type { ActionDetail, ModelPrice, ModelPricePage, NewModelPrice, PriceLookup, Problem } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { actionIdOf, actionReport, freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../govern/identity/index.ts'

describeOnStores('prices', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const add = async <Body = ModelPrice>(body: NewModelPrice, key?: string) =>
    await server.request<Body>('POST', '/api/v1/prices', { body, ...(key === undefined ? {} : { key }) })
  const lookUp = async (query: string, key?: string) =>
    (await server.request<PriceLookup>('GET', `/api/v1/prices/lookup?${query}`, key === undefined ? {} : { key })).body
  /** Reports one call of 1,000 tokens in and 100 out, and reads back what it cost. */
  const costOf = async (model: string, change: Partial<Parameters<typeof actionReport>[2]> = {}) => {
    const executionId = freshExecutionId()
    const usage = { inputTokens: 1_000, outputTokens: 100 }
    const action = actionReport(executionId, 1, { kind: 'llm', provider: 'openai', model, usage, ...change })
    const { body } = await server.request<{ accepted: unknown }>('POST', '/api/v1/telemetry', {
      body: { actions: [action] },
    })
    expect(body.accepted).toMatchObject({ actions: 1 })
    const path = `/api/v1/executions/${executionId}/actions/${actionIdOf(1)}`
    const detail = (await server.request<z.infer<typeof ActionDetail>>('GET', path)).body
    return { nanoUsd: detail.costNanoUsd, provenance: detail.costProvenance }
  }
  const strangersKey = async () => {
    const actor = { kind: 'system', id: 'test' } as const
    const { organizationId } = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, { name: 'Others', adminEmail: 'a@example.org', adminName: null, actor }),
    )
    const asked = { name: 'other', scopes: ['costs:read', 'costs:write'] as const, expiresAt: null, actor }
    return (await server.deps.store.transaction({ organizationId }, (tx) => issueApiKey(server.deps, tx, asked))).secret
  }

  test('PR6: a price that was set counts for the next stored call, and the cost names it', async () => {
    expect(await costOf('house-model')).toEqual({ nanoUsd: null, provenance: null })
    const prices = { inputUsdPerMillion: '1.5', outputUsdPerMillion: '6' }
    const { status, body } = await add({ provider: 'OpenAI', match: { kind: 'starts_with', value: 'house-' }, prices })
    expect(status).toBe(201)
    expect(body).toMatchObject({ provider: 'openai', prices, state: 'active', effectiveFrom: null, withdrawnAt: null })
    expect(await costOf('house-model')).toEqual({
      nanoUsd: 1_500_000 + 600_000,
      provenance: {
        table: 'organization',
        version: String(body.revision),
        row: 'openai/house-*',
        alias: 'house-model',
        source: 'computed',
      },
    })
    // Another provider's model of that name is another product.
    expect(await costOf('house-model', { provider: 'azure' })).toEqual({ nanoUsd: null, provenance: null })
  })

  test('PR2: it comes before the price table, which counts again after it is withdrawn', async () => {
    expect((await costOf('gpt-4.1')).nanoUsd).toBe(2_800_000)
    const own = await add({
      match: { kind: 'equals', value: 'gpt-4.1' },
      prices: { inputUsdPerMillion: '1', outputUsdPerMillion: '4' },
    })
    expect((await costOf('gpt-4.1')).nanoUsd).toBe(1_400_000)
    expect((await lookUp('provider=openai&model=gpt-4.1'))?.provenance).toMatchObject({ table: 'organization' })
    await server.newEvents()
    const taken = await server.request<ModelPrice>('DELETE', `/api/v1/prices/${own.body.priceId}`)
    expect(taken).toMatchObject({ status: 200, body: { state: 'withdrawn' } })
    expect((await costOf('gpt-4.1')).nanoUsd).toBe(2_800_000)
    const again = await server.request<Problem>('DELETE', `/api/v1/prices/${own.body.priceId}`)
    expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } })
    const [event] = (await server.newEvents()).filter(({ type }) => type.startsWith('prices.'))
    expect(event).toMatchObject({
      type: 'prices.override.withdrawn',
      subject: `price/${own.body.priceId}`,
      payload: { addedInRevision: own.body.revision, revision: own.body.revision + 1 },
    })
  })

  test('PR4: a call is priced by the period in which it began, whenever it is reported', async () => {
    const match = { kind: 'equals', value: 'dated' } as const
    const turnMs = Number(server.clock.now()) - 3_600_000
    const iso = (ms: number) => new Date(ms).toISOString()
    const turn = iso(turnMs)
    await add({ match, prices: { inputUsdPerMillion: '1', outputUsdPerMillion: '0' }, effectiveTo: turn })
    await add({ match, prices: { inputUsdPerMillion: '2', outputUsdPerMillion: '0' }, effectiveFrom: turn })
    const at = async (ms: number) => (await costOf('dated', { startedAt: iso(ms), endedAt: iso(turnMs + 9) })).nanoUsd
    expect([await at(turnMs - 1), await at(turnMs)]).toEqual([1_000_000, 2_000_000])
  })

  test('PR3: what contradicts another price, or could price nothing, is refused and changes nothing', async () => {
    const match = { kind: 'equals', value: 'taken' } as const
    const prices = { inputUsdPerMillion: '1' }
    const first = await add({ match, prices, effectiveFrom: '2026-01-01T00:00:00Z' })
    await server.newEvents()
    const refused = async (body: unknown) => {
      const { status, body: problem } = await add<Problem>(body as NewModelPrice)
      return `${status} ${problem.code}`
    }
    expect(await refused({ match, prices })).toBe('409 conflict')
    expect(await refused({ match, prices: {}, effectiveTo: '2020-01-01T00:00:00Z' })).toBe('422 not-processable')
    expect(await refused({ match, prices: { outputUsdPerMillion: '1', cacheReadUsdPerMillion: '1' } })).toBe(
      '422 not-processable',
    )
    const backwards = { effectiveFrom: '2025-02-01T00:00:00Z', effectiveTo: '2025-01-01T00:00:00Z' }
    expect(await refused({ match, prices, ...backwards })).toBe('422 not-processable')
    for (const amount of ['-1', '1,5', 'free', '1e3', 1])
      expect(await refused({ match, prices: { inputUsdPerMillion: amount } })).toBe('400 invalid-body')
    expect(await server.newEvents()).toEqual([])
    const { items } = (await server.request<ModelPricePage>('GET', '/api/v1/prices')).body
    expect(items[0]?.priceId).toBe(first.body.priceId)
  })

  test('PR7: every change is a revision with its author and an event, and pages hold each price once', async () => {
    await server.newEvents()
    const made: string[] = []
    for (const n of [1, 2, 3]) {
      const { body } = await add({
        match: { kind: 'equals', value: `paged-${n}` },
        prices: { inputUsdPerMillion: `0.${n}` },
        effectiveFrom: '2999-01-01T00:00:00Z',
        note: 'from the contract',
      })
      expect(body).toMatchObject({
        state: 'scheduled',
        note: 'from the contract',
        createdBy: expect.stringMatching(/:/),
      })
      made.push(body.priceId)
    }
    const told = (await server.newEvents()).filter(({ type }) => type === 'prices.override.added')
    expect(told.map(({ subject }) => subject)).toEqual(made.map((id) => `price/${id}`))
    expect(told[0]?.payload).toMatchObject({
      match: { kind: 'equals', value: 'paged-1' },
      prices: { inputUsdPerMillion: '0.1' },
    })
    const ids: string[] = []
    const revisions: number[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body }: { body: ModelPricePage } = await server.request(
        'GET',
        `/api/v1/prices?withdrawn=true&limit=2${query}`,
      )
      ids.push(...body.items.map(({ priceId }) => priceId))
      revisions.push(...body.items.map(({ revision }) => revision))
      cursor = body.nextCursor
    } while (cursor !== null)
    expect(ids.slice(0, 3)).toEqual(made.toReversed())
    expect(new Set(ids).size).toBe(ids.length)
    expect(revisions).toEqual(revisions.toSorted((a, b) => b - a))
    const wrong = await server.request<Problem>('GET', '/api/v1/prices?cursor=nonsense')
    expect(wrong.body.code).toBe('invalid-cursor')
  })

  test('PR8: another organization sees none of it and is priced by none of it', async () => {
    await add({ match: { kind: 'equals', value: 'ours-alone' }, prices: { inputUsdPerMillion: '1' } })
    const key = await strangersKey()
    expect(await lookUp('model=ours-alone', key)).toBe(null)
    expect((await server.request<ModelPricePage>('GET', '/api/v1/prices', { key })).body.items).toEqual([])
    expect(await lookUp('model=ours-alone')).toMatchObject({ prices: { input_mtok: '1' } })
  })

  test('PR4: the lookup answers for any time, with tiers as the table has them', async () => {
    const at = async (time: string) => await lookUp(`provider=openai&model=gpt-5.6-luna&at=${encodeURIComponent(time)}`)
    expect((await at('2026-07-29T23:59:59Z'))?.prices['input_mtok']).toMatchObject({ base: 1, tiers: [{ price: 2 }] })
    expect((await at('2026-07-30T00:00:00Z'))?.prices['input_mtok']).toMatchObject({ base: 0.2 })
    expect(await lookUp('model=nobody-knows-this-model')).toBe(null)
  })
})
