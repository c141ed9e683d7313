import type { Session, SessionExecution } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { actionReport, executionReport, freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

interface Page<Item> {
  readonly items: Item[]
  readonly nextCursor: string | null
}

describeOnStores('sessions', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server.close())

  const at = (minute: number) => new Date(Date.UTC(2026, 0, 4, 10, minute)).toISOString()
  const send = async (body: object) =>
    expect((await server.request('POST', '/api/v1/telemetry', { body })).body).toMatchObject({ rejected: [] })
  const list = (query = '') => server.request<Page<Session>>('GET', `/api/v1/sessions${query}`)
  const idsOf = async (query: string) => (await list(query)).body.items.map(({ conversationId }) => conversationId)

  test('a session sums its executions; an unknown cost stays unknown and an open one has no end', async () => {
    const of = { conversationId: 'refund/of Jo & Co?', environment: 'shop' }
    const [first, second, third] = [freshExecutionId(), freshExecutionId(), freshExecutionId()]
    await send({
      executions: [
        executionReport({
          ...of,
          executionId: first,
          agent: 'front',
          startedAt: at(1),
          endedAt: at(2),
          input: 'Hello',
        }),
        executionReport({
          ...of,
          executionId: second,
          agent: 'desk',
          startedAt: at(3),
          endedAt: at(9),
          status: 'failure',
        }),
        executionReport({ conversationId: 'other', startedAt: at(2), endedAt: at(4), environment: 'shop' }),
        executionReport({ startedAt: at(2), endedAt: at(4), environment: 'shop' }),
      ],
      actions: [
        actionReport(first, 1, {
          agent: 'front',
          kind: 'llm',
          provider: 'openai',
          model: 'gpt-4o',
          usage: { inputTokens: 1000, outputTokens: 10 },
        }),
        actionReport(second, 1, {
          agent: 'desk',
          kind: 'llm',
          provider: 'nobody',
          model: 'unheard-of',
          usage: { inputTokens: 5, outputTokens: 5 },
        }),
      ],
    })
    const { items } = (await list('?environment=shop')).body
    expect(items.map(({ conversationId }) => conversationId)).toEqual([of.conversationId, 'other'])
    expect(items[0]).toMatchObject({
      startedAt: at(1),
      lastStartedAt: at(3),
      endedAt: at(9),
      durationMs: 8 * 60_000,
      executions: 2,
      turns: 2,
      agents: [{ agent: 'desk' }, { agent: 'front' }],
      environments: ['shop'],
      statuses: { running: 0, waiting: 0, success: 1, failure: 1, cancelled: 0 },
      inputTokens: 1005,
      outputTokens: 15,
      unpricedCalls: 1,
    })
    expect(items[0]?.costNanoUsd).toBeGreaterThan(0)
    expect(items[1]).toMatchObject({ costNanoUsd: null, inputTokens: null, turns: 0 })
    await send({
      executions: [
        { ...executionReport({ ...of, executionId: third, startedAt: at(12), status: 'running' }), endedAt: undefined },
      ],
    })
    const path = `/api/v1/sessions/${encodeURIComponent(of.conversationId)}`
    expect((await server.request('GET', path)).body).toMatchObject({
      executions: 3,
      endedAt: null,
      durationMs: null,
      statuses: { running: 1 },
    })
    const said = await server.request<Page<SessionExecution>>('GET', `${path}/executions?limit=2`)
    expect(said.body.items.map(({ executionId, input }) => [executionId, input])).toEqual([
      [first, 'Hello'],
      [second, null],
    ])
    const cursor = encodeURIComponent(said.body.nextCursor ?? '')
    const rest = await server.request<Page<SessionExecution>>('GET', `${path}/executions?limit=2&cursor=${cursor}`)
    expect(rest.body).toMatchObject({ items: [{ executionId: third }], nextCursor: null })
    const foreign = await server.request('GET', `/api/v1/sessions/other/executions?limit=2&cursor=${cursor}`)
    expect(foreign).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
  })

  test('T13: pages neither repeat nor leave out a session, also one with more runs than a stride', async () => {
    const runs = (conversationId: string, count: number, from: number) =>
      Array.from({ length: count }, (_, n) => {
        const startedAt = new Date(Date.UTC(2026, 0, 3, 0, 0, from + n)).toISOString()
        return executionReport({ conversationId, environment: 'paged', startedAt, endedAt: startedAt })
      })
    await send({ executions: Array.from({ length: 12 }, (_, n) => runs(`early ${n}`, 2, n)).flat() })
    await send({ executions: runs('giant', 700, 100) })
    await send({ executions: [...runs('late', 1, 900), ...runs('early 0', 1, 901)] })
    const expected = ['early 0', 'late', 'giant', ...Array.from({ length: 11 }, (_, n) => `early ${11 - n}`)]
    expect(await idsOf('?environment=paged')).toEqual(expected)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await list(`?environment=paged&limit=3${after}`)
      seen.push(...body.items.map(({ conversationId }) => conversationId))
      cursor = body.nextCursor
      // What comes in at the top meanwhile is not on later pages.
      await send({ executions: runs('late', 1, 950 + seen.length) })
    }
    expect(seen).toEqual(expected)
    expect((await list('?environment=paged')).body.items.find((one) => one.conversationId === 'giant')).toMatchObject({
      executions: 700,
    })
  })

  test('filters choose sessions by their executions; the figures are of the whole session', async () => {
    const of = { conversationId: 'handed over', environment: 'filtered' }
    await send({
      executions: [
        executionReport({ ...of, agent: 'opener', startedAt: at(20), endedAt: at(21) }),
        executionReport({ ...of, agent: 'closer', startedAt: at(40), endedAt: at(41) }),
        executionReport({ ...of, conversationId: 'short', agent: 'opener', startedAt: at(30), endedAt: at(31) }),
      ],
    })
    const agents = await server.request<Page<{ agentId: string; name: string }>>('GET', '/api/v1/agents?q=opener')
    const agentId = agents.body.items[0]?.agentId ?? ''
    expect(await idsOf('?environment=filtered')).toEqual(['handed over', 'short'])
    expect(await idsOf(`?environment=filtered&agentId=${agentId}`)).toEqual(['short', 'handed over'])
    expect(await idsOf(`?environment=filtered&from=${at(25)}&to=${at(35)}`)).toEqual(['short'])
    expect(await idsOf(`?environment=filtered&to=${at(35)}`)).toEqual(['short', 'handed over'])
    expect((await list(`?agentId=${agentId}&to=${at(25)}&environment=filtered`)).body.items).toMatchObject([
      { executions: 2, agents: [{ agent: 'closer' }, { agent: 'opener' }] },
    ])
    expect(await idsOf('?environment=nowhere')).toEqual([])
  })

  test('a session that is not there is said to be missing, however long its id', async () => {
    expect(await server.request('GET', '/api/v1/sessions/nobody')).toMatchObject({ status: 404 })
    expect(await server.request('GET', '/api/v1/sessions/nobody/executions')).toMatchObject({ status: 404 })
    const long = 'ü'.repeat(300)
    expect(await server.request('GET', `/api/v1/sessions/${encodeURIComponent(long)}`)).toMatchObject({ status: 404 })
    await send({ executions: [executionReport({ conversationId: long })] })
    expect((await server.request('GET', `/api/v1/sessions/${encodeURIComponent(long)}`)).status).toBe(200)
  })
})
