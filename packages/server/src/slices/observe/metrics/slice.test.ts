import type { AgentPerformance, PerformanceMetrics, Recount } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

type Status = 'success' | 'failure'
type Page = { items: PerformanceMetrics[]; nextCursor: string | null }

/** Runs that ended at some time: a model call with a price each, and a tool call that fails where the run did. */
function runsAt(endedAt: string, agent: string, statuses: readonly Status[], durationMs = 2_000, more: object = {}) {
  const times = { startedAt: new Date(Date.parse(endedAt) - durationMs).toISOString(), endedAt }
  const executions = statuses.map((status) => ({ executionId: freshExecutionId(), agent, status, ...times, ...more }))
  const actions = executions.flatMap(({ executionId, status }) => [
    {
      executionId,
      actionId: executionId.slice(16).replace(/^./, '1'),
      agent,
      kind: 'llm',
      name: 'answer',
      provider: 'openai',
      model: 'gpt-4.1',
      usage: { inputTokens: 1_000, outputTokens: 100 },
      status: 'success',
      ...times,
      ...more,
    },
    {
      executionId,
      actionId: executionId.slice(16).replace(/^./, '2'),
      agent,
      kind: 'tool',
      name: 'look',
      status,
      ...times,
      ...more,
    },
  ])
  return { executions, actions }
}

const times = (count: number, status: Status) => Array.from({ length: count }, () => status)
const costOfRun = 1_000 * 2_000 + 100 * 8_000

describeOnStores('metrics', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const report = async (...args: Parameters<typeof runsAt>) => {
    const reply = await server.request('POST', '/api/v1/telemetry', { body: runsAt(...args) })
    expect(reply.status).toBe(200)
  }
  const idOf = async (agent: string) => {
    const { body } = await server.request<{ items: { agentId: string; name: string }[] }>('GET', '/api/v1/agents')
    return body.items.find(({ name }) => name === agent)?.agentId ?? ''
  }
  const metrics = async (query: string) => {
    const { body } = await server.request<Page>('GET', `/api/v1/performance-metrics?${query}`)
    return body
  }
  const daysAgo = (days: number, clock = '12:00:00.000') =>
    `${new Date(server.clock.now() - days * 86_400_000).toISOString().slice(0, 10)}T${clock}Z`

  test('M6: a day has its rate with interval, percentiles, cost per success, tokens and tool errors', async () => {
    await report(daysAgo(1), 'daily', [...times(9, 'success'), 'failure'])
    await server.settle()
    const agentId = await idOf('daily')
    const { items } = await metrics(`agentId=${agentId}`)
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      day: daysAgo(1).slice(0, 10),
      timeZone: 'UTC',
      isOver: true,
      agent: 'daily',
      release: null,
      basis: 'rollups',
      figures: {
        executions: 10,
        successRate: 0.9,
        costNanoUsd: 10 * costOfRun,
        costPerSuccessNanoUsd: Math.round((10 * costOfRun) / 9),
        inputTokens: 10_000,
        llmCalls: 10,
        toolCalls: 10,
        toolErrors: 1,
        actionErrors: 1,
      },
    })
    const { latencyP95Ms, successRateLow } = items[0]?.figures ?? {}
    expect(Math.abs((latencyP95Ms ?? 0) - 2_000) / 2_000).toBeLessThanOrEqual(0.0101)
    expect(successRateLow).toBeLessThan(0.9)
  })

  test('M1: the days equal a recount of the stored runs, in every count and bucket', async () => {
    const day = daysAgo(4).slice(0, 10)
    await report(daysAgo(4, '00:00:00.000'), 'counted', times(3, 'success'), 900)
    await report(daysAgo(4, '13:00:00.000'), 'counted', ['failure'], 70_000, { release: 'v2', environment: 'staging' })
    await report(daysAgo(4, '23:59:59.999'), 'counted', ['success'], 1)
    await report(daysAgo(3, '00:00:00.000'), 'counted', ['failure'], 5_000)
    // Over three midnights: its run and its steps lie on the day on which they began, and count where they ended.
    await report(daysAgo(4, '00:10:00.000'), 'counted', ['success'], 3 * 86_400_000)
    await server.settle()
    const before = await metrics(`from=${day}&to=${day}`)
    const recount = await server.request<z.infer<typeof Recount>>('POST', '/api/v1/performance-metrics/recounts', {
      body: { day },
    })
    expect(recount.body).toEqual({ day, rows: before.items.length, differences: [] })
    const after = await metrics(`from=${day}&to=${day}`)
    expect(after.items.map(({ basis }) => basis)).toEqual(before.items.map(() => 'rows'))
    expect(after.items.map(({ figures }) => figures)).toEqual(before.items.map(({ figures }) => figures))
    expect(before.items.map(({ figures }) => figures.executions)).toEqual([5, 1])
  })

  test('M2: a late report changes exactly its day, and running again changes nothing', async () => {
    await report(daysAgo(2), 'late', times(4, 'success'))
    await report(daysAgo(1), 'late', times(4, 'success'))
    await server.settle()
    const agentId = await idOf('late')
    const before = await metrics(`agentId=${agentId}`)
    await server.newEvents()
    server.clock.advance(60_000)
    await report(daysAgo(2), 'late', times(2, 'failure'))
    await server.settle()
    await server.settle()
    const after = await metrics(`agentId=${agentId}`)
    expect(after.items.map(({ figures }) => figures.executions)).toEqual([4, 6])
    expect(after.items[0]?.computedAt).toBe(before.items[0]?.computedAt)
    const corrections = (await server.newEvents()).filter(({ type }) => type === 'metrics.day.corrected')
    expect(corrections.map(({ payload }) => payload)).toMatchObject([
      { agentId, before: { executions: 4, failures: 0 }, after: { executions: 6, failures: 2 } },
    ])
  })

  test('M3: a finished day is told once as processing_metrics, a running one not', async () => {
    await server.newEvents()
    const today = new Date(server.clock.now()).toISOString()
    await report(today, 'told', times(3, 'success'))
    await server.settle()
    const agentId = await idOf('told')
    const told = async () =>
      (await server.newEvents()).filter(
        ({ type, payload }) =>
          type === 'processing_metrics' &&
          JSON.stringify(payload).includes('"1d"') &&
          JSON.stringify(payload).includes(agentId),
      )
    expect(await told()).toEqual([])
    server.clock.advance(86_400_000)
    await server.settle()
    await server.settle()
    expect((await told()).map(({ payload }) => payload)).toMatchObject([
      { window: '1d', executions: 3, successRate: 1 },
    ])
    expect(await told()).toEqual([])
  })

  test('the newest finished day is judged against the 28 days before it', async () => {
    for (let days = 10; days > 1; days--) await report(daysAgo(days), 'trending', times(40, 'success'))
    await report(daysAgo(1), 'trending', [...times(20, 'success'), ...times(20, 'failure')], 20_000)
    await server.settle()
    const agentId = await idOf('trending')
    const { body } = await server.request<AgentPerformance>('GET', `/api/v1/agents/${agentId}/performance?days=14`)
    expect(body.days).toHaveLength(10)
    expect(body.latest).toBe(daysAgo(1).slice(0, 10))
    expect(body.baselines.map(({ days, figures }) => [days, figures.executions])).toEqual([
      [7, 280],
      [28, 360],
    ])
    expect(body.trend.map(({ figure, verdict }) => [figure, verdict])).toEqual([
      ['successRate', 'worse'],
      ['latencyP95Ms', 'worse'],
      ['costPerSuccessNanoUsd', 'unknown'],
    ])
    const unknown = await server.request<{ code: string }>(
      'GET',
      '/api/v1/agents/01900000-0000-7000-8000-000000000000/performance',
    )
    expect([unknown.status, unknown.body.code]).toEqual([404, 'not-found'])
  })

  test('pages follow each other without a gap, and a cursor of another question is refused', async () => {
    for (const days of [1, 2, 3]) {
      await report(daysAgo(days), 'paged', ['success'], 1_000, { environment: 'production' })
      await report(daysAgo(days), 'paged', ['success'], 1_000, { environment: 'staging' })
    }
    await server.settle()
    const agentId = await idOf('paged')
    const all = await metrics(`agentId=${agentId}`)
    expect(all.items).toHaveLength(6)
    const paged: PerformanceMetrics[] = []
    let cursor: string | null = null
    do {
      const page: Page = await metrics(
        `agentId=${agentId}&limit=4${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      paged.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(paged).toEqual(all.items)
    const { nextCursor } = await metrics(`agentId=${agentId}&limit=1`)
    const other = await server.request<{ code: string }>(
      'GET',
      `/api/v1/performance-metrics?limit=1&cursor=${encodeURIComponent(String(nextCursor))}`,
    )
    expect([other.status, other.body.code]).toEqual([400, 'invalid-cursor'])
    expect((await metrics(`agentId=${agentId}&environment=staging`)).items).toHaveLength(3)
    expect((await metrics(`agentId=${agentId}&release=none`)).items).toEqual([])
  })

  test('a day of the future is refused, and so is one whose runs are gone', async () => {
    const order = (day: string) =>
      server.request<{ code: string }>('POST', '/api/v1/performance-metrics/recounts', { body: { day } })
    const future = await order(new Date(server.clock.now() + 3 * 86_400_000).toISOString().slice(0, 10))
    expect([future.status, future.body.code]).toEqual([422, 'not-processable'])
    await report(daysAgo(20), 'gone', ['success'])
    await server.settle()
    await server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
      type Rows = { agent_executions: { started_on: string }; agent_execution_logs: { started_on: string } }
      const day = daysAgo(20).slice(0, 10)
      await tx.tables<Rows>().deleteFrom('agent_executions').where('started_on', '=', day).execute()
      await tx.tables<Rows>().deleteFrom('agent_execution_logs').where('started_on', '=', day).execute()
    })
    const gone = await order(daysAgo(20).slice(0, 10))
    expect([gone.status, gone.body.code]).toEqual([409, 'conflict'])
  })

  test('M4: in another time zone the days are counted anew, from where they begin there', async () => {
    await report(daysAgo(6, '18:29:00.000'), 'kolkata', ['success'])
    await report(daysAgo(6, '18:31:00.000'), 'kolkata', ['failure'])
    await server.settle()
    const agentId = await idOf('kolkata')
    expect((await metrics(`agentId=${agentId}`)).items).toHaveLength(1)
    const zone = (timeZone: string) => server.request('PATCH', '/api/v1/identity/organization', { body: { timeZone } })
    expect((await zone('Asia/Kolkata')).status).toBe(200)
    await server.settle()
    const { items } = await metrics(`agentId=${agentId}`)
    expect(items.map(({ day, figures, startsAt }) => [day, figures.successRate, startsAt.slice(11)])).toEqual([
      [daysAgo(5).slice(0, 10), 0, '18:30:00.000Z'],
      [daysAgo(6).slice(0, 10), 1, '18:30:00.000Z'],
    ])
    expect((await metrics('limit=200')).items.every(({ timeZone }) => timeZone === 'Asia/Kolkata')).toBe(true)
    await zone('UTC')
    await server.settle()
  })
})
