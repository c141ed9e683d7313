import type { Judgment } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewJudgment } from '../../../ports/judgments.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization } from '../../govern/identity/index.ts'

interface Page {
  readonly items: readonly Judgment[]
  readonly nextCursor: string | null
}

describeOnStores('judgments', (kind) => {
  let server: TestServer
  let keys = 0
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const judgment = (change: Partial<NewJudgment> = {}): NewJudgment => ({
    executionId: freshExecutionId(),
    actionId: null,
    metric: 'helpfulness',
    verdict: 'qa_success',
    score: null,
    label: null,
    explanation: null,
    judge: 'grader',
    judgeKind: 'model',
    source: 'otlp',
    observedAt: server.clock.now(),
    idempotencyKey: `key ${++keys}`,
    recordedBy: { kind: 'system', id: 'test' },
    ...change,
  })
  const record = async (rows: readonly NewJudgment[], organizationId = server.organizationId) =>
    await server.deps.store.transaction({ organizationId }, (tx) => server.deps.recordJudgments(tx, rows))
  const list = async (query: string) => (await server.request<Page>('GET', `/api/v1/judgments${query}`)).body
  const keysOf = async (query: string) => (await list(query)).items.map(({ metric }) => metric)

  const otherOrganization = async (name: string) =>
    await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, {
        name,
        adminEmail: `admin@${name}.example`,
        adminName: null,
        actor: { kind: 'system', id: 'test' },
      }),
    )

  test('JU1: a key that came before, in the same batch or in another, is a duplicate and changes nothing', async () => {
    const first = judgment()
    const again = { ...first, verdict: 'qa_failure', score: 0 } as const
    expect(await record([first, again])).toEqual({ accepted: 1, duplicates: 1 })
    expect(await record([again, judgment({ executionId: first.executionId })])).toEqual({ accepted: 1, duplicates: 1 })
    expect(await record([{ ...first, source: 'outcomes' }])).toEqual({ accepted: 1, duplicates: 0 })
    const { items } = await list(`?executionId=${first.executionId}&source=otlp`)
    expect(items.map(({ verdict }) => verdict)).toEqual(['qa_success', 'qa_success'])
  })

  test('JU2: what is rolled back leaves neither a row nor an event', async () => {
    const row = judgment()
    await server.newEvents()
    const failing = server.deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
      await server.deps.recordJudgments(tx, [row])
      throw new Error('the batch around it fails')
    })
    await expect(failing).rejects.toThrow('the batch around it fails')
    expect(await keysOf(`?executionId=${row.executionId}`)).toEqual([])
    expect(await server.newEvents()).toEqual([])
  })

  test('JU3 JU4: each new judgment is told once, without the texts', async () => {
    await server.newEvents()
    const executionId = freshExecutionId()
    const rows = (['qa_success', 'qa_failure', null] as const).map((verdict) =>
      judgment({ executionId, verdict, score: 0.5, label: 'a label', explanation: 'an explanation' }),
    )
    await record(rows)
    await record(rows)
    const events = await server.newEvents()
    expect(events.map(({ type }) => type).toSorted()).toEqual(['judgments.score.recorded', 'qa_failure', 'qa_success'])
    for (const { correlationId, payload, subject } of events) {
      expect(correlationId).toBe(executionId)
      expect(payload).toMatchObject({ executionId, metric: 'helpfulness', score: 0.5, judge: 'grader' })
      expect(subject).toBe(`judgment/${(payload as { judgmentId: string }).judgmentId}`)
      expect(JSON.stringify(payload)).not.toMatch(/a label|an explanation/)
    }
  })

  test('JU5: filters find what they name, and pages go on where they ended while others come in', async () => {
    const executionId = freshExecutionId()
    const actionId = 'c'.repeat(16)
    await record([
      judgment({ executionId, metric: 'm0', judge: 'Ann', judgeKind: 'human' }),
      judgment({ executionId, metric: 'm1', actionId, verdict: 'qa_failure' }),
      judgment({ executionId, metric: 'm2', source: 'outcomes', judgeKind: 'outcome' }),
    ])
    const of = `?executionId=${executionId}`
    expect(await keysOf(`${of}&actionId=${actionId}`)).toEqual(['m1'])
    expect(await keysOf(`${of}&judge=Ann`)).toEqual(['m0'])
    expect(await keysOf(`${of}&judgeKind=outcome`)).toEqual(['m2'])
    expect(await keysOf(`${of}&verdict=qa_failure`)).toEqual(['m1'])
    expect(await keysOf(`${of}&metric=m2&source=outcomes`)).toEqual(['m2'])
    expect(await keysOf(`${of}&from=${new Date(server.clock.now() + 1).toISOString()}`)).toEqual([])
    const first = await list(`${of}&limit=2`)
    await record([judgment({ executionId, metric: 'm3' })])
    const second = await list(`${of}&limit=2&cursor=${first.nextCursor}`)
    expect([...first.items, ...second.items].map(({ metric }) => metric).toSorted()).toEqual(['m0', 'm1', 'm2'])
    expect(second.nextCursor).toBeNull()
    const wrong = await server.request('GET', `/api/v1/judgments?metric=m1&cursor=${first.nextCursor}`)
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
  })

  test('JU6: two organizations use the same key and see only their own', async () => {
    const { organizationId } = await otherOrganization('judges')
    const row = judgment()
    expect(await record([row], organizationId)).toEqual({ accepted: 1, duplicates: 0 })
    expect(await keysOf(`?executionId=${row.executionId}`)).toEqual([])
    expect(await record([row])).toEqual({ accepted: 1, duplicates: 0 })
    expect(await keysOf(`?executionId=${row.executionId}`)).toEqual(['helpfulness'])
  })

  test('JU7: one judgment is read as it was given, and what was not said is null', async () => {
    const row = judgment({ verdict: null, actionId: 'd'.repeat(16), score: 0.75 })
    await record([row])
    const [listed] = (await list(`?executionId=${row.executionId}`)).items
    const read = await server.request<Judgment>('GET', `/api/v1/judgments/${listed?.judgmentId}`)
    expect(read).toMatchObject({ status: 200, body: listed })
    expect(read.body).toMatchObject({ actionId: 'd'.repeat(16), verdict: null, score: 0.75, label: null })
    expect(read.body.explanation).toBeNull()
    const unknown = await server.request('GET', '/api/v1/judgments/01900000-0000-7000-8000-000000000000')
    expect(unknown).toMatchObject({ status: 404, body: { code: 'not-found' } })
  })

  test('JU8: judgments go out as OpenTelemetry writes them, and back in without a loss', async () => {
    const sent = [
      judgment({ metric: 'export', actionId: 'eee19b7ec3c1b174', score: 0.5, label: 'fair', explanation: 'So so.' }),
      judgment({ metric: 'export', verdict: 'qa_failure' }),
    ]
    await record(sent)
    const path = '/api/v1/judgments/otlp?metric=export&limit=1'
    const first = (await server.request<{ nextCursor: string }>('GET', path)).body
    const cursor = encodeURIComponent(first.nextCursor)
    const { body } = await server.request<{ resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[] }>(
      'GET',
      `${path}&cursor=${cursor}`,
    )
    expect(body.resourceLogs[0]?.scopeLogs[0]?.logRecords).toMatchObject([
      {
        eventName: 'gen_ai.evaluation.result',
        traceId: sent[0]?.executionId,
        spanId: 'eee19b7ec3c1b174',
        attributes: expect.arrayContaining([
          { key: 'gen_ai.evaluation.name', value: { stringValue: 'export' } },
          { key: 'gen_ai.evaluation.score.value', value: { doubleValue: 0.5 } },
          { key: 'gen_ai.evaluation.score.label', value: { stringValue: 'fair' } },
        ]),
      },
    ])
    for (const page of [first, body])
      expect(await server.request('POST', '/v1/logs', { body: page })).toMatchObject({ status: 200, body: {} })
    const { items } = await list('?metric=export')
    const said = items.map(({ judgmentId: _, recordedAt: __, source: ___, judgeKind: ____, ...fields }) => fields)
    // As they came back, and before that as they were given.
    const back = said.slice(0, 2)
    const [failed, fair] = said.slice(2)
    expect(back).toContainEqual(fair)
    expect(back).toContainEqual({ ...failed, label: 'fail' })
  })
})
