import type {
  AgentHealth,
  Execution,
  FleetHealth,
  Judgment,
  Outcome,
  OutcomeReceipt,
  OutcomeReportInput,
} from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { executionReport, freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../../govern/identity/index.ts'

interface Page<Item> {
  readonly items: readonly Item[]
}

describeOnStores('late outcomes', (kind) => {
  let server: TestServer
  let agents = 0
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const newAgent = () => `late ${++agents}`
  const ago = (ms: number) => new Date(server.clock.now() - ms).toISOString()
  const run = (change: Parameters<typeof executionReport>[0] = {}) =>
    executionReport({ startedAt: ago(120_000), endedAt: ago(60_000), ...change })
  const report = async (...executions: ReturnType<typeof executionReport>[]) => {
    const reply = await server.request('POST', '/api/v1/telemetry', { body: { executions } })
    expect(reply).toMatchObject({ status: 200, body: { rejected: [] } })
  }
  const outcome = (subject: OutcomeReportInput['subject'], change: Partial<OutcomeReportInput> = {}) =>
    ({ subject, metric: 'delivery', result: 'failure', judge: 'mail gateway', observedAt: ago(0), ...change }) as const
  const tell = async (...outcomes: OutcomeReportInput[]) => {
    const reply = await server.request<OutcomeReceipt>('POST', '/api/v1/outcomes', { body: { outcomes } })
    expect(reply.status, JSON.stringify(reply.body)).toBe(200)
    return reply.body
  }
  const execution = async (executionId: string) =>
    (await server.request<Execution>('GET', `/api/v1/executions/${executionId}`)).body
  const judgments = async (executionId: string) =>
    (await server.request<Page<Judgment>>('GET', `/api/v1/judgments?executionId=${executionId}`)).body.items
  const health = async (agent: string): Promise<AgentHealth['figures'] | undefined> =>
    (await server.request<FleetHealth>('GET', '/api/v1/fleet/health?window=24h')).body.agents.find(
      (one) => one.agent === agent,
    )?.figures

  test('T15 T16: a delivery result becomes a judgment and moves the day from success to failure, once', async () => {
    const agent = newAgent()
    const sent = run({ agent })
    await report(sent, run({ agent }), run({ agent }))
    expect((await health(agent))?.successes).toBe(3)
    await server.newEvents()
    const bounced = outcome({ executionId: sent.executionId }, { label: 'bounced', explanation: 'mailbox full' })
    expect(await tell(bounced)).toEqual({ joined: 1, waiting: 0, duplicates: 0, corrected: 1 })
    expect(await tell(bounced)).toEqual({ joined: 0, waiting: 0, duplicates: 1, corrected: 0 })

    expect(await execution(sent.executionId)).toMatchObject({ status: 'success', outcome: 'failure' })
    expect(await health(agent)).toMatchObject({ successes: 2, failures: 1 })
    expect(await judgments(sent.executionId)).toMatchObject([
      { metric: 'delivery', verdict: 'qa_failure', judgeKind: 'outcome', label: 'bounced', source: 'outcomes' },
    ])
    const events = await server.newEvents()
    expect(events.map(({ type }) => type).toSorted()).toEqual([
      'qa_failure',
      'telemetry.outcome.corrected',
      'telemetry.outcomes.received',
    ])
    const corrected = events.find(({ type }) => type === 'telemetry.outcome.corrected')
    expect(corrected?.payload).toMatchObject({
      executionId: sent.executionId,
      reported: 'success',
      from: null,
      to: 'failure',
      because: { rule: 'newest-outcome', limit: 'success' },
    })
  })

  test('T16: the newest observation counts, whatever order they come in, and a later report changes nothing', async () => {
    const agent = newAgent()
    const [a, b] = [run({ agent, status: 'failure' }), run({ agent, status: 'failure' })]
    await report(a, b)
    const early = { metric: 'first look', result: 'failure', observedAt: ago(30_000) } as const
    const late = { metric: 'person', result: 'success', observedAt: ago(10_000), judgeKind: 'human' } as const
    await tell(outcome({ executionId: a.executionId }, early))
    await tell(outcome({ executionId: a.executionId }, late))
    await tell(outcome({ executionId: b.executionId }, late), outcome({ executionId: b.executionId }, early))
    await report({ ...a, score: 0.5, attributes: { more: 'said' } })
    for (const { executionId } of [a, b])
      expect(await execution(executionId)).toMatchObject({ status: 'failure', outcome: 'success' })
    expect(await health(agent)).toMatchObject({ successes: 2, failures: 0 })
    expect(await judgments(a.executionId)).toHaveLength(2)
  })

  test('T16: a judgment that does not override, and one about a step, leave the metrics alone', async () => {
    const agent = newAgent()
    const one = run({ agent })
    await report(one)
    const receipt = await tell(
      outcome({ executionId: one.executionId }, { metric: 'tone', overrides: false, score: 0.2 }),
      outcome({ executionId: one.executionId, actionId: 'a'.repeat(16) }, { metric: 'step' }),
      outcome({ executionId: one.executionId }, { metric: 'rating', result: null, score: 3 }),
    )
    expect(receipt).toEqual({ joined: 3, waiting: 0, duplicates: 0, corrected: 0 })
    expect(await execution(one.executionId)).toMatchObject({ status: 'success', outcome: null })
    expect((await health(agent))?.failures).toBe(0)
    const verdicts = (await judgments(one.executionId)).map(({ metric, verdict }) => `${metric} ${verdict}`)
    expect(verdicts.toSorted()).toEqual(['rating null', 'step qa_failure', 'tone qa_failure'])
  })

  test('T16: what is learnt of a run that has not ended counts when it ends', async () => {
    const agent = newAgent()
    const one = run({ agent, status: 'running', endedAt: null })
    await report(one)
    await tell(outcome({ executionId: one.executionId }))
    expect(await health(agent)).toMatchObject({ successes: 0, failures: 0 })
    await report({ ...one, status: 'success', endedAt: ago(1_000) })
    expect(await execution(one.executionId)).toMatchObject({ status: 'success', outcome: 'failure' })
    expect(await health(agent)).toMatchObject({ successes: 0, failures: 1 })
  })

  test('T17: by conversation, unit or attribute the newest run before the observation is meant', async () => {
    const agent = newAgent()
    const of = { agent, conversationId: `thread ${agent}`, unit: `case ${agent}`, attributes: { message_id: agent } }
    const [older, newer, after] = [
      run({ ...of, startedAt: ago(300_000), endedAt: ago(290_000) }),
      run({ ...of, startedAt: ago(200_000), endedAt: ago(190_000) }),
      run({ ...of, startedAt: ago(50_000), endedAt: ago(40_000) }),
    ]
    const stranger = run({ ...of, agent: newAgent(), startedAt: ago(150_000), endedAt: ago(140_000) })
    await report(older, newer, after, stranger)
    const observedAt = ago(100_000)
    await tell(
      outcome({ conversationId: of.conversationId, agent }, { metric: 'a', observedAt }),
      outcome({ unit: of.unit, agent }, { metric: 'b', observedAt }),
      outcome({ attribute: { key: 'message_id', value: agent }, agent }, { metric: 'c', observedAt }),
      outcome({ unit: of.unit }, { metric: 'd', observedAt }),
    )
    expect((await judgments(newer.executionId)).map(({ metric }) => metric).toSorted()).toEqual(['a', 'b', 'c'])
    expect((await judgments(stranger.executionId)).map(({ metric }) => metric)).toEqual(['d'])
    for (const { executionId } of [older, after]) expect(await judgments(executionId)).toEqual([])
  })

  test('T17: an outcome that is early waits, joins when its execution comes, and is given up after 30 days', async () => {
    const agent = newAgent()
    const early = run({ agent })
    const never = freshExecutionId()
    const receipt = await tell(
      outcome({ executionId: early.executionId }),
      outcome({ executionId: never }),
      outcome({ attribute: { key: 'k', value: 'v' }, agent: `${agent} unheard of` }),
    )
    expect(receipt).toEqual({ joined: 0, waiting: 3, duplicates: 0, corrected: 0 })
    await server.settle()
    await report(early)
    server.clock.advance(2_000)
    await server.settle()
    expect(await execution(early.executionId)).toMatchObject({ status: 'success', outcome: 'failure' })
    expect(await health(agent)).toMatchObject({ successes: 0, failures: 1 })
    const waiting = async (state: string) =>
      (await server.request<Page<Outcome>>('GET', `/api/v1/outcomes?state=${state}`)).body.items
    expect(await waiting('waiting')).toHaveLength(2)
    await server.newEvents()
    server.clock.advance(31 * 86_400_000)
    await server.settle()
    expect(await waiting('waiting')).toEqual([])
    expect((await waiting('expired')).map(({ subject }) => subject)).toContainEqual({ executionId: never })
    const expired = (await server.newEvents()).filter(({ type }) => type === 'telemetry.outcomes.expired')
    expect(expired.map(({ payload }) => payload)).toEqual([{ outcomes: 2 }])
  })

  test('T15: secrets in what is told are masked, and one bad time refuses the batch whole', async () => {
    const one = run()
    await report(one)
    const secret = ['sk', 'ant', 'api03', 'a'.repeat(93) + 'AA'].join('-')
    await tell(outcome({ executionId: one.executionId }, { explanation: `the key ${secret} was refused` }))
    const [judgment] = await judgments(one.executionId)
    expect(judgment?.explanation).toMatch(/^the key \[masked:[\w-]+\] was refused$/)
    const wrong = outcome({ executionId: one.executionId }, { metric: 'x', observedAt: '2019-01-01T00:00:00Z' })
    const reply = await server.request('POST', '/api/v1/outcomes', {
      body: { outcomes: [outcome({ executionId: one.executionId }, { metric: 'y' }), wrong] },
    })
    expect(reply).toMatchObject({ status: 422, body: { code: 'not-processable' } })
    expect(await judgments(one.executionId)).toHaveLength(1)
  })

  test('T18: another organization’s outcome never finds this one’s execution', async () => {
    const { deps } = server
    const actor = { kind: 'system', id: 'test' } as const
    const one = run()
    await report(one)
    const { organizationId } = await deps.store.transaction('deployment', (tx) =>
      createOrganization(deps, tx, { name: 'Apart', adminEmail: 'admin@apart.example', adminName: null, actor }),
    )
    const { secret } = await deps.store.transaction({ organizationId }, (tx) =>
      issueApiKey(deps, tx, { name: 'gateway', scopes: ['outcomes:write'], expiresAt: null, actor }),
    )
    const body = { outcomes: [outcome({ executionId: one.executionId })] }
    const reply = await server.request('POST', '/api/v1/outcomes', { key: secret, body })
    expect(reply.body).toEqual({ joined: 0, waiting: 1, duplicates: 0, corrected: 0 })
    await server.settle()
    expect(await execution(one.executionId)).toMatchObject({ outcome: null })
  })
})
