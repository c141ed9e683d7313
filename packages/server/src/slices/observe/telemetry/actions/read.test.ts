import type { Execution, Problem } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { actionIdOf, actionReport, executionReport, freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { executionsForComparison, openCounts } from './read.ts'

interface Page {
  readonly items: readonly Execution[]
  readonly nextCursor: string | null
}

const at = (minute: number) => `2026-01-04T12:${String(minute).padStart(2, '0')}:00.000Z`

describeOnStores('reading executions', (kind) => {
  let server: TestServer
  /** Twelve runs, a minute apart, oldest first. */
  const runs = Array.from({ length: 12 }, (_, n) =>
    executionReport({
      agent: n % 2 === 0 ? 'even' : 'odd',
      environment: n < 6 ? 'production' : 'staging',
      ...(n % 3 === 0 ? { release: 'r1' } : {}),
      startedAt: at(n),
      endedAt: n === 11 ? null : at(n + 1),
      status: n === 11 ? 'running' : n === 10 ? 'cancelled' : n % 4 === 1 ? 'failure' : 'success',
      ...(n === 1 ? { endReason: 'max_steps' } : n === 2 ? { endReason: 'user_stop' } : {}),
      ...(n === 7 ? { synthetic: true } : {}),
      ...(n === 3 ? { unit: 'case-3', conversationId: 'chat-3' } : {}),
    }),
  )
  beforeAll(async () => {
    server = await startTestServer(kind)
    const reply = await server.request('POST', '/api/v1/telemetry', { body: { executions: runs } })
    expect(reply.status).toBe(200)
  })
  afterAll(async () => {
    await server.close()
  })

  const list = async (query: string) => (await server.request<Page>('GET', `/api/v1/executions?${query}`)).body
  /** The listed runs by their place in `runs`. */
  const places = (page: Page) =>
    page.items.map(({ executionId }) => runs.findIndex((run) => run.executionId === executionId))
  const refused = async (query: string) =>
    (await server.request<Problem>('GET', `/api/v1/executions?${query}`)).body.code

  test.each([
    ['environment=staging', [11, 10, 9, 8, 7, 6]],
    ['release=r1', [9, 6, 3, 0]],
    ['release=nobody-runs-this', []],
    ['status=failure', [9, 5, 1]],
    ['status=cancelled', [10]],
    ['status=running', [11]],
    ['endReason=user_stop', [2]],
    ['flagged=true', [1]],
    ['flagged=false&environment=production', [5, 4, 3, 2, 0]],
    ['flagged=true&endReason=max_steps', [1]],
    ['flagged=false&endReason=max_steps', []],
    ['flagged=false&endReason=user_stop', [2]],
    ['synthetic=only', [7]],
    ['synthetic=exclude&environment=staging', [11, 10, 9, 8, 6]],
    ['synthetic=include&environment=staging', [11, 10, 9, 8, 7, 6]],
    ['unit=case-3', [3]],
    ['conversationId=chat-3', [3]],
    [`from=${at(9)}`, [11, 10, 9]],
    [`to=${at(2)}`, [1, 0]],
    [`from=${at(2)}&to=${at(4)}&order=oldest`, [2, 3]],
    ['environment=staging&status=success&order=oldest', [6, 7, 8]],
  ])('%s lists exactly what fits', async (query, expected) => {
    expect(places(await list(query))).toEqual(expected)
  })

  test('an agent’s list has that agent’s runs alone', async () => {
    const { items } = await list('limit=200')
    const { agentId } = items.find(({ agent }) => agent === 'even') ?? { agentId: '' }
    expect(places(await list(`agentId=${agentId}`))).toEqual([10, 8, 6, 4, 2, 0])
  })

  test('flags name the end reasons that need a look', async () => {
    expect((await list('endReason=max_steps')).items[0]?.flags).toEqual(['max_steps'])
    expect((await list('endReason=user_stop')).items[0]?.flags).toEqual([])
  })

  test.each(['newest', 'oldest'] as const)(
    'T13: pages from the %s on give every execution once while others come in',
    async (order) => {
      const query = `release=paged-${order}&order=${order}&limit=3`
      const release = `paged-${order}`
      // Four share each start, so that the order within it matters.
      const paged = Array.from({ length: 10 }, (_, n) => executionReport({ release, startedAt: at(30 + (n >> 2)) }))
      const ended = paged.map((run) => ({ ...run, endedAt: at(59) }))
      await server.request('POST', '/api/v1/telemetry', { body: { executions: ended } })
      const seen: string[] = []
      let page = await list(query)
      for (let turn = 0; ; turn++) {
        seen.push(...page.items.map(({ executionId }) => executionId))
        if (page.nextCursor === null) break
        const before = { release, startedAt: at(order === 'newest' ? 50 + turn : 20 - turn), endedAt: at(59) }
        await server.request('POST', '/api/v1/telemetry', { body: { executions: [executionReport(before)] } })
        page = await list(`${query}&cursor=${encodeURIComponent(page.nextCursor)}`)
      }
      expect(seen).toHaveLength(10)
      expect([...seen].sort()).toEqual(paged.map(({ executionId }) => executionId).sort())
    },
  )

  test('T13: a cursor of another question, or none at all, is refused', async () => {
    const { nextCursor } = await list('limit=2&environment=staging')
    const cursor = encodeURIComponent(nextCursor ?? '')
    expect(await refused(`limit=2&environment=production&cursor=${cursor}`)).toBe('invalid-cursor')
    expect(await refused('cursor=made-up')).toBe('invalid-cursor')
    const [binding = ''] = (nextCursor ?? '').split('~')
    const forged = encodeURIComponent(`${binding}~yesterday~zz`)
    expect(await refused(`limit=2&environment=staging&cursor=${forged}`)).toBe('invalid-cursor')
    expect(
      (await server.request('GET', `/api/v1/executions?limit=5&environment=staging&cursor=${cursor}`)).status,
    ).toBe(200)
  })

  test.each(['limit=0', 'limit=201', 'status=done', 'from=yesterday', 'agentId=7', 'unknown=1'])(
    'the question %s is refused',
    async (query) => {
      expect(await refused(query)).toBe('invalid-query')
    },
  )

  test('what is not there is 404, an id that is none is 400', async () => {
    const id = freshExecutionId()
    for (const below of ['', '/trace', `/actions/${actionIdOf(1)}`])
      expect((await server.request('GET', `/api/v1/executions/${id}${below}`)).status).toBe(404)
    expect((await server.request('GET', '/api/v1/executions/xyz')).status).toBe(400)
    const [run] = runs
    const path = `/api/v1/executions/${run?.executionId}`
    expect((await server.request('GET', `${path}/actions/${actionIdOf(1)}`)).status).toBe(404)
    expect((await server.request<{ actions: unknown[] }>('GET', `${path}/trace`)).body.actions).toEqual([])
  })

  test('evidence for a comparison is what ended, is real and belongs to the release', async () => {
    const release = 'compared'
    const sent = [
      executionReport({ agent: 'judged', release, unit: 'u1', startedAt: at(1), endedAt: at(2) }),
      executionReport({ agent: 'judged', release, status: 'failure', startedAt: at(3), endedAt: at(3) }),
      executionReport({ agent: 'judged', release, environment: 'staging', reportedCostUsd: 0.5, startedAt: at(5) }),
      executionReport({ agent: 'judged', release, synthetic: true }),
      executionReport({ agent: 'judged', release, status: 'cancelled' }),
      executionReport({ agent: 'judged', release, status: 'waiting', endedAt: null }),
      executionReport({ agent: 'judged', release: 'other' }),
    ].map((run) => (run.environment === 'staging' ? { ...run, endedAt: at(6) } : run))
    await server.request('POST', '/api/v1/telemetry', { body: { executions: sent } })
    const listed = (await list(`release=${release}&environment=staging`)).items[0]
    const { deps, organizationId } = server
    const [production, all, open] = await deps.store.transaction({ organizationId }, async (tx) => {
      const rows = await tx
        .tables<{ releases: { release_id: string; name: string } }>()
        .selectFrom('releases')
        .select('release_id')
        .where('name', '=', release)
        .execute()
      const question = { agentId: listed?.agentId ?? '', releaseId: rows[0]?.release_id ?? '' }
      return [
        await executionsForComparison(deps, tx, { ...question, environment: 'production' }),
        await executionsForComparison(deps, tx, { ...question, environment: null }),
        await openCounts(deps, tx),
      ] as const
    })
    expect(production).toEqual([
      { executionId: sent[0]?.executionId, unit: 'u1', status: 'success', durationMs: 60_000, costNanoUsd: null },
      { executionId: sent[1]?.executionId, unit: null, status: 'failure', durationMs: 0, costNanoUsd: null },
    ])
    expect(all.map(({ costNanoUsd }) => costNanoUsd)).toEqual([null, null, 500_000_000])
    expect(open.get(listed?.agentId ?? '')).toEqual({ running: 0, waiting: 1 })
  })

  test('a trace is cut at ten thousand actions and says so', async () => {
    const executionId = freshExecutionId()
    const actions = Array.from({ length: 10_001 }, (_, n) => actionReport(executionId, n + 1))
    for (const part of [actions.slice(0, 5_000), actions.slice(5_000, 10_000), actions.slice(10_000)])
      expect((await server.request('POST', '/api/v1/telemetry', { body: { actions: part } })).status).toBe(200)
    const { body } = await server.request<{ actions: unknown[]; truncated: boolean; execution: Execution }>(
      'GET',
      `/api/v1/executions/${executionId}/trace`,
    )
    expect([body.actions.length, body.truncated, body.execution.totals.actions]).toEqual([10_000, true, 10_001])
  })
})
