import type { ExecutionRisk, ExecutionRiskPage, SuspicionPage } from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

let nextId = 0
const freshId = () => (++nextId).toString(16).padStart(32, '0')

interface Told {
  readonly agent: string
  readonly status?: 'success' | 'failure'
  readonly unit?: string
  readonly order?: number
  readonly answer?: string
  readonly endReason?: string
  readonly score?: number
}

/** A run of three steps that cancels an order, told as ended a second ago. */
function runOf(server: TestServer, { agent, status = 'success', unit, order = 1, answer = 'ok', ...rest }: Told) {
  const executionId = freshId()
  const startMs = server.clock.now() - 10_000 + nextId
  const time = (second: number) => new Date(startMs + 1000 * second).toISOString()
  const step = (n: number, more: object) => ({
    executionId,
    actionId: n.toString(16).padStart(16, '0'),
    agent,
    startedAt: time(n),
    endedAt: time(n + 1),
    status: 'success',
    ...more,
  })
  return {
    executionId,
    execution: {
      executionId,
      agent,
      status,
      startedAt: time(0),
      endedAt: time(4),
      ...(unit === undefined ? {} : { unit }),
      ...rest,
    },
    actions: [
      step(1, { kind: 'llm', name: 'think', output: { content: 'I cancel it.' } }),
      step(2, { kind: 'tool', name: 'cancel_order', input: { order }, output: answer }),
      step(3, { kind: 'llm', name: 'reply', output: { content: 'Done.' } }),
    ],
  }
}

async function report(server: TestServer, runs: readonly ReturnType<typeof runOf>[]) {
  const body = { executions: runs.map(({ execution }) => execution), actions: runs.flatMap(({ actions }) => actions) }
  const reply = await server.request<{ rejected: unknown[] }>('POST', '/api/v1/telemetry', { body })
  expect(reply).toMatchObject({ status: 200, body: { rejected: [] } })
}

const riskOf = async (server: TestServer, executionId: string) =>
  (await server.request<ExecutionRisk>('GET', `/api/v1/executions/${executionId}/risk`)).body

const suspicions = async (server: TestServer, query = 'open=true') =>
  (await server.request<z.infer<typeof SuspicionPage>>('GET', `/api/v1/suspicions?${query}`)).body.items

describeOnStores('risk', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  test('RK2: the same trace has the same risk, however it was judged', async () => {
    const right = runOf(server, { agent: 'judged', status: 'success', score: 1 })
    const wrong = runOf(server, { agent: 'judged', status: 'failure', score: 0, endReason: 'agent_error' })
    await report(server, [right, wrong])
    expect(await riskOf(server, right.executionId)).toMatchObject({ score: null, because: [], scoredAt: null })
    await server.settle()
    const [a, b] = [await riskOf(server, right.executionId), await riskOf(server, wrong.executionId)]
    expect(a.score).toBeGreaterThan(0)
    expect({ score: a.score, because: a.because }).toEqual({ score: b.score, because: b.because })
    expect(a.because[0]).toMatchObject({ rule: 'start', observed: 'alone' })
  })

  test('RK4: a run is scored again when more of its unit is known, and the odd one out is the riskiest', async () => {
    const first = runOf(server, { agent: 'unit-a', unit: 'refund-7' })
    await report(server, [first])
    await server.settle()
    const before = await riskOf(server, first.executionId)
    expect(before.peers).toBe(0)
    const others = [1, 1, 1, 2].map((order) => runOf(server, { agent: 'unit-a', unit: 'refund-7', order }))
    await report(server, others)
    await server.settle()
    const after = await riskOf(server, first.executionId)
    expect(after.peers).toBe(4)
    expect(after.score).toBeLessThan(before.score ?? 0)
    const { body } = await server.request<z.infer<typeof ExecutionRiskPage>>(
      'GET',
      `/api/v1/risks?agentId=${after.agentId}&limit=1`,
    )
    expect(body.items[0]?.executionId).toBe(others[3]?.executionId)
    const next = await server.request<z.infer<typeof ExecutionRiskPage>>(
      'GET',
      `/api/v1/risks?agentId=${after.agentId}&limit=10&cursor=${encodeURIComponent(body.nextCursor ?? '')}`,
    )
    expect(next.body.items).toHaveLength(4)
    expect(next.body.items.some(({ executionId }) => executionId === body.items[0]?.executionId)).toBe(false)
    const foreign = await server.request('GET', `/api/v1/risks?cursor=${encodeURIComponent(body.nextCursor ?? '')}`)
    expect([foreign.status, foreign.body]).toMatchObject([400, { code: 'invalid-cursor' }])
  })

  test('an execution that there is not has no risk', async () => {
    const reply = await server.request<{ code: string }>('GET', `/api/v1/executions/${'f'.repeat(32)}/risk`)
    expect([reply.status, reply.body.code]).toEqual([404, 'not-found'])
  })

  test('RK6: a silent evaluator is raised once, and cleared once when outcomes vary again', async () => {
    const told = (status: 'success' | 'failure') => runOf(server, { agent: 'silenced', status, answer: `a${nextId}` })
    await report(
      server,
      Array.from({ length: 40 }, (_, index) => told(index % 2 === 0 ? 'success' : 'failure')),
    )
    await report(
      server,
      Array.from({ length: 40 }, () => told('failure')),
    )
    await server.newEvents()
    await server.settle()
    await server.settle()
    const [open, ...more] = await suspicions(server)
    expect(more).toEqual([])
    expect(open).toMatchObject({
      agent: 'silenced',
      kind: 'outcome-stopped-varying',
      target: 'evaluator',
      clearedAt: null,
    })
    expect(open?.probability).toBeLessThan(0.0005)
    const raised = (await server.newEvents()).filter(({ type }) => type.startsWith('health.suspicion'))
    expect(raised.map(({ type, payload }) => [type, (payload as { suspicionId: string }).suspicionId])).toEqual([
      ['health.suspicion.raised', open?.suspicionId],
    ])
    await report(server, [told('success')])
    await server.settle()
    await server.settle()
    expect(await suspicions(server)).toEqual([])
    expect((await suspicions(server, 'open=false'))[0]?.clearedAt).not.toBeNull()
    const cleared = (await server.newEvents()).filter(({ type }) => type.startsWith('health.suspicion'))
    expect(cleared.map(({ type }) => type)).toEqual(['health.suspicion.cleared'])
  })

  test('RK9: a tool that begins to answer everything alike is raised', async () => {
    const told = (order: number, answer: string) =>
      runOf(server, { agent: 'dull', status: order % 3 === 0 ? 'failure' : 'success', order, answer })
    await report(
      server,
      Array.from({ length: 40 }, (_, index) => told(index, `answer ${index}`)),
    )
    await report(
      server,
      Array.from({ length: 30 }, (_, index) => told(100 + index, 'none')),
    )
    await server.settle()
    const found = (await suspicions(server)).filter(({ agent }) => agent === 'dull')
    expect(found).toMatchObject([{ kind: 'output-stopped-varying', target: 'tool/cancel_order' }])
  })

  test('RK8: a reported cost far from the tokens, and success far outside peers, are raised over HTTP', async () => {
    const priced = (agent: string, reportedCostUsd: number) => {
      const run = runOf(server, { agent })
      const usage = { inputTokens: 10_000, outputTokens: 1_000 }
      const model = { provider: 'openai', model: 'gpt-4.1', usage }
      const actions = run.actions.map((action, index) => (index === 1 ? action : { ...action, ...model }))
      return { ...run, actions, execution: { ...run.execution, reportedCostUsd } }
    }
    await report(
      server,
      Array.from({ length: 12 }, () => priced('overcharged', 9)),
    )
    const told = (agent: string, good: (index: number) => boolean) =>
      Array.from({ length: 30 }, (_, index) =>
        runOf(server, {
          agent,
          unit: `task-${index}`,
          order: index,
          answer: `${agent} ${index}`,
          status: good(index) ? 'success' : 'failure',
        }),
      )
    for (const peer of [0, 1, 2, 3, 4, 5])
      await report(
        server,
        told(`peer-${peer}`, (index) => index % 4 === peer % 4),
      )
    await report(
      server,
      told('impossible', (index) => index !== 7),
    )
    for (let turn = 0; turn < 4; turn++) await server.settle()
    server.clock.advance(300_000)
    await server.settle()
    const found = (await suspicions(server)).map(({ agent, kind }) => [agent, kind])
    expect(found).toContainEqual(['overcharged', 'cost-beyond-tokens'])
    expect(found).toContainEqual(['impossible', 'success-beyond-peers'])
    expect(found.filter(([agent]) => agent?.startsWith('peer-'))).toEqual([])
  })

  test('RK11: a judge whose verdicts stop varying is raised with its because, over HTTP, and cleared when they vary', async () => {
    const runs = Array.from({ length: 80 }, (_, index) =>
      runOf(server, { agent: 'graded', status: index % 2 === 0 ? 'success' : 'failure', answer: `g${index}` }),
    )
    await report(server, runs)
    const judge = async (from: number, until: number, pass: (index: number) => boolean) => {
      const outcomes = runs.slice(from, until).map(({ executionId }, index) => ({
        subject: { executionId },
        metric: 'helpfulness',
        result: pass(index) ? 'success' : 'failure',
        judge: 'grader',
        judgeKind: 'model',
        observedAt: new Date(server.clock.now()).toISOString(),
        overrides: false,
      }))
      const reply = await server.request('POST', '/api/v1/outcomes', { body: { outcomes } })
      expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
    }
    await judge(0, 40, (index) => index % 2 === 0)
    server.clock.advance(1_000)
    await judge(40, 75, () => true)
    await server.newEvents()
    await server.settle()
    const ofJudge = async () => (await suspicions(server)).filter(({ agent }) => agent === 'graded')
    expect(await ofJudge()).toMatchObject([
      { kind: 'verdicts-stopped-varying', target: 'judge/grader/helpfulness', release: null },
    ])
    expect((await ofJudge())[0]?.because[0]).toMatchObject({ rule: 'all-passed', observed: 35 })
    const raised = (await server.newEvents()).filter(({ type }) => type.startsWith('health.suspicion'))
    expect(raised.map(({ type }) => type)).toEqual(['health.suspicion.raised'])
    server.clock.advance(1_000)
    await judge(75, 80, (index) => index % 2 === 1)
    server.clock.advance(300_000)
    await server.settle()
    expect(await ofJudge()).toEqual([])
  })

  test('RK10: of each tool 200 answers are kept, however many come, and none is counted twice', async () => {
    const told = (order: number) => runOf(server, { agent: 'busy', order, answer: `answer ${order}` })
    for (const turn of [0, 1, 2]) {
      await report(
        server,
        Array.from({ length: 90 }, (_, index) => told(90 * turn + index)),
      )
      await server.settle()
      await server.settle()
    }
    const kept = await server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
      const { rows } = await sql<{ kept: number; newest: number; taken: number }>`
        select count(*)::int as kept, count(distinct output_digest)::int as newest, max(r.taken)::int as taken
        from answer_samples s join answer_rings r using (organization_id, agent_id, tool)
        where tool = 'cancel_order' and r.taken = 270`.execute(tx.tables())
      return rows[0]
    })
    expect(kept).toEqual({ kept: 200, newest: 200, taken: 270 })
  })
})
