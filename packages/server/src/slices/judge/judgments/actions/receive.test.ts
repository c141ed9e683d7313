import { JudgedPayload, type Judgment, type QaLabel, type QaReceipt, type StatusWordTable } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { executionReport, freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

type Body = Readonly<Record<string, unknown>>

describeOnStores('QA events over HTTP', (kind) => {
  let server: TestServer
  let keys = 0
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const event = (change: Body = {}): Body => ({
    type: 'qa_success',
    judge: 'grader',
    judgeKind: 'model',
    subject: { kind: 'execution', id: freshExecutionId() },
    metric: 'helpfulness',
    ...change,
  })
  const send = async (body: unknown, key?: string) =>
    await server.request<QaReceipt & { code?: string; detail?: string }>('POST', '/api/v1/qa/events', {
      body,
      ...(key === undefined ? {} : { key }),
    })
  const judgments = async (query: string) =>
    (await server.request<{ items: Judgment[] }>('GET', `/api/v1/judgments?${query}`)).body.items
  const metric = () => `metric ${++keys}`

  test('JU11: every kind of event is stored as it was said, told once, and ties its story together', async () => {
    const name = metric()
    const of = { kind: 'artifact', id: `pull/${keys}` }
    const score = { value: 0.9, min: 0, max: 1, passFrom: 0.5 }
    await server.newEvents()
    const events = [
      event({ metric: name, subject: of, score, confidence: 0.7, order: 'swapped', label: 'fine', correlationId: 'c' }),
      event({ metric: name, subject: of, type: 'qa_failure' }),
      event({ metric: name, subject: of, type: 'qa_warning', explanation: 'close' }),
      event({ metric: name, subject: of, type: 'qa_exemption', explanation: 'a known flake' }),
      event({ metric: name, subject: of, type: 'qa_disabled' }),
      event({ metric: name, subject: of, type: 'qa_coverage', coverage: { covered: 3, total: 4 } }),
    ]
    expect((await send({ events })).body).toEqual({ accepted: 6, duplicates: 0, rejected: [] })
    const stored = await judgments(`subjectKind=artifact&subjectId=${encodeURIComponent(of.id)}`)
    const newestFirst = ['qa_coverage', 'qa_disabled', 'qa_exemption', 'qa_warning', 'qa_failure', 'qa_success']
    expect(stored.map(({ type }) => type)).toEqual(newestFirst)
    expect(stored.map(({ details }) => details)).toEqual([
      { covered: 3, total: 4 },
      { change: 'disabled' },
      { expiresAt: null },
      null,
      null,
      null,
    ])
    const { value: _, ...scale } = score
    const whole = { score: 0.9, scale, confidence: 0.7, order: 'swapped', label: 'fine', correlationId: 'c' }
    expect(stored.at(-1)).toMatchObject({ ...whole, executionId: null, gold: false, synthetic: false, source: 'qa' })
    const told = await server.newEvents()
    const file = await server.request<string>('GET', `/api/v1/judgments?metric=${encodeURIComponent(name)}&format=csv`)
    expect(file.body.split('\n')[0]).toContain('subject')
    expect(file.body).toContain(of.id)
    expect(told.map(({ type }) => type).toSorted()).toEqual(newestFirst.toSorted())
    expect(told.find(({ type }) => type === 'qa_success')).toMatchObject({
      correlationId: 'c',
      payload: { subject: of, executionId: null, score: 0.9, scale, confidence: 0.7, order: 'swapped' },
    })
    // Each of the others begins a story of its own.
    expect(new Set(told.map(({ correlationId }) => correlationId)).size).toBe(6)
  })

  test('JU11: an event about a run stands in the story of the run, and one of a synthetic run says so', async () => {
    const probed = executionReport({ synthetic: true })
    expect((await server.request('POST', '/api/v1/telemetry', { body: { executions: [probed] } })).status).toBe(200)
    const action = { kind: 'action', id: `${probed.executionId}/${'b'.repeat(16)}` }
    await send(event({ subject: action }))
    const [stored] = await judgments(`subjectKind=action&subjectId=${encodeURIComponent(action.id)}`)
    expect(stored).toMatchObject({ executionId: probed.executionId, actionId: 'b'.repeat(16), synthetic: true })
    expect(stored?.correlationId).toBe(probed.executionId)
    expect(await judgments(`subjectKind=action&subjectId=${encodeURIComponent(action.id)}&gold=true`)).toEqual([])
    const wrong = await server.request('GET', '/api/v1/judgments?subjectId=x')
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid-query' } })
  })

  test('JU1 JU9: of a batch what does not fit is refused alone with its place, and sending again changes nothing', async () => {
    const good = event({ idempotencyKey: `again ${++keys}` })
    const events = [good, event({ score: { value: 2, min: 0, max: 1 } }), 7, event({ judge: '' })]
    const first = await send({ events })
    expect(first).toMatchObject({ status: 200, body: { accepted: 1, duplicates: 0 } })
    expect(first.body.rejected.map(({ index, code, path }) => [index, code, path])).toEqual([
      [1, 'not-processable', '/score/value'],
      [2, 'invalid-body', ''],
      [3, 'invalid-body', '/judge'],
    ])
    expect((await send({ events: [good] })).body).toEqual({ accepted: 0, duplicates: 1, rejected: [] })
    // The key is the judge's: another judge's same key is another event.
    expect((await send({ ...good, judge: 'another' })).body).toMatchObject({ accepted: 1 })
  })

  test.each([
    [{ events: [] }, 400, 'invalid-body'],
    [{ events: {} }, 400, 'invalid-body'],
    [{ events: [event], also: 1 }, 400, 'invalid-body'],
    [[], 400, 'invalid-body'],
    [null, 400, 'invalid-body'],
    [{ type: 'qa_success' }, 400, 'invalid-body'],
  ])('JU9: %j is refused as a whole', async (body, status, code) => {
    await server.newEvents()
    expect(await send(body)).toMatchObject({ status, body: { code } })
    expect(await server.newEvents()).toEqual([])
  })

  test('JU9: what is no JSON, and who may not, is refused before anything is read', async () => {
    const headers = { 'content-type': 'application/json' }
    const raw = await server.request('POST', '/api/v1/qa/events', { body: '{', headers })
    expect(raw).toMatchObject({ status: 400, body: { code: expect.any(String) } })
    const others = await server.keyFor(['telemetry:write', 'labels:write'])
    expect(await send(event(), others)).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
  })

  test('JU4: secrets in labels and explanations are gone before they are stored', async () => {
    const name = metric()
    const secret = `sk-ant-api03-${'a1B2'.repeat(23)}-${'x'.repeat(6)}AA`
    await send(event({ metric: name, label: 'mail jane.doe@example.com', explanation: `the key was ${secret}` }))
    const [stored] = await judgments(`metric=${encodeURIComponent(name)}`)
    expect(stored?.label).toBe('mail [masked:email]')
    expect(stored?.explanation).toMatch(/^the key was \[masked:/)
  })

  test('JU15: a verdict of a person or of the world is the truth only from who may label', async () => {
    const name = metric()
    const developer = await server.keyFor(['judgments:write', 'labels:write'])
    const agent = await server.keyFor(['judgments:write'])
    for (const judgeKind of ['human', 'outcome', 'model', 'code'] as const) {
      await send(event({ metric: name, judgeKind, judge: 'may label' }), developer)
      await send(event({ metric: name, judgeKind, judge: 'may not' }), agent)
    }
    await send(event({ metric: name, judgeKind: 'human', judge: 'may label', type: 'qa_warning' }), developer)
    const gold = await judgments(`metric=${encodeURIComponent(name)}&gold=true`)
    expect(gold.map(({ judge, judgeKind }) => [judge, judgeKind])).toEqual([
      ['may label', 'outcome'],
      ['may label', 'human'],
    ])
  })

  test('JU3 JU15: evaluations by OTLP, late outcomes and QA events are told alike; of these the outcome is gold', async () => {
    const run = executionReport()
    const { executionId } = run
    await server.request('POST', '/api/v1/telemetry', { body: { executions: [run] } })
    await server.newEvents()
    const observedAt = new Date(server.clock.now()).toISOString()
    const outcome = { subject: { executionId }, metric: 'delivery', result: 'failure', judge: 'gateway', observedAt }
    expect((await server.request('POST', '/api/v1/outcomes', { body: { outcomes: [outcome] } })).status).toBe(200)
    const attributes = Object.entries({ 'gen_ai.evaluation.name': 'delivery', 'gen_ai.evaluation.score.label': 'pass' })
    const logRecord = {
      eventName: 'gen_ai.evaluation.result',
      traceId: executionId,
      timeUnixNano: `${server.clock.now()}000000`,
      attributes: attributes.map(([key, stringValue]) => ({ key, value: { stringValue } })),
    }
    const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [logRecord] }] }] }
    expect(await server.request('POST', '/v1/logs', { body: logs })).toMatchObject({ status: 200, body: {} })
    const subject = { kind: 'execution', id: executionId }
    await send(event({ subject, metric: 'delivery' }))
    const told = (await server.newEvents()).filter(({ type }) => type.startsWith('qa_'))
    expect(told.map(({ correlationId }) => correlationId)).toEqual([executionId, executionId, executionId])
    const payloads = told.map(({ payload }) => JudgedPayload.parse(payload))
    expect(payloads.map(({ judgeKind, gold }) => [judgeKind, gold])).toEqual([
      ['outcome', true],
      ['code', false],
      ['model', false],
    ])
    for (const payload of payloads) expect(payload).toMatchObject({ subject, executionId, metric: 'delivery' })
  })

  test('JU10 JU12: a judge’s answer is read by the organization’s words; an unlisted word is refused with the table', async () => {
    const name = metric()
    const answer = (word: string) => ({
      judge: 'llm',
      subject: { kind: 'series', id: name },
      metric: name,
      answer: `\`\`\`json\n{"verdict":"${word}","confidence":0.5}\n\`\`\``,
    })
    const refused = await send(answer('green'))
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'status-word-unknown', table: '/api/v1/qa/status-words' },
    })
    expect((await send({ events: [answer('green')] })).body.rejected[0]).toMatchObject({
      code: 'status-word-unknown',
      path: '/verdict',
    })
    await server.newEvents()
    const words = [{ word: 'Green', meaning: 'fail' }]
    const added = await server.request<StatusWordTable>('PUT', '/api/v1/qa/status-words', {
      body: { words, reason: 'our judge says so', expectedVersion: 0 },
    })
    expect(added).toMatchObject({ status: 200, body: { version: 1, words: [{ word: 'green', meaning: 'fail' }] } })
    expect(await server.newEvents()).toMatchObject([
      {
        type: 'judgments.status_words.changed',
        payload: { version: 1, impact: 'LOW', words: [{ word: 'green', from: null, to: 'fail' }], approvalId: null },
      },
    ])
    expect((await send(answer('GREEN'))).body).toMatchObject({ accepted: 1 })
    expect(await judgments(`metric=${encodeURIComponent(name)}`)).toMatchObject([
      { verdict: 'qa_failure', label: 'GREEN', confidence: 0.5 },
    ])
  })

  test('JU13: words that would let more pass need an approval; stale and empty changes are refused', async () => {
    const put = async (body: Body) => await server.request<Body>('PUT', '/api/v1/qa/status-words', { body })
    const { body: table } = await server.request<StatusWordTable>('GET', '/api/v1/qa/status-words')
    const words = [...table.words, { word: 'splendid', meaning: 'pass' }]
    const change = { words, reason: 'our judge says so' }
    await server.newEvents()
    expect(await put({ ...change, expectedVersion: table.version + 7 })).toMatchObject({
      status: 412,
      body: { code: 'precondition-failed', version: table.version },
    })
    expect(await put({ ...change, words: table.words })).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await put({ ...change, words: [words[0], words[0]] })).toMatchObject({ status: 400 })
    const refused = await put(change)
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'approval-required', action: { operation: 'judgments.status-words.change', impact: 'HIGH' } },
    })
    expect(await server.newEvents()).toEqual([])
    const { body: same } = await server.request<StatusWordTable>('GET', '/api/v1/qa/status-words')
    expect(same.version).toBe(table.version)
    expect(same.shipped.length).toBeGreaterThan(20)
  })

  test('JU14: a label replaces the one before it and is told, one that says the same again is not', async () => {
    const name = metric()
    const subject = { kind: 'execution', id: freshExecutionId() }
    const label = async (verdict: string | null, more: Body = {}) =>
      await server.request('POST', '/api/v1/qa/labels', {
        body: { labels: [{ subject, metric: name, verdict, ...more }] },
      })
    const labels = async (query = '') =>
      (await server.request<{ items: QaLabel[] }>('GET', `/api/v1/qa/labels?executionId=${subject.id}${query}`)).body
        .items
    await server.newEvents()
    expect(await label(null)).toMatchObject({ status: 200, body: { labelled: 0, unchanged: 1 } })
    expect(await labels()).toEqual([])
    await label('pass', { note: 'mail jane.doe@example.com' })
    expect(await labels()).toMatchObject([
      { verdict: 'pass', origin: 'human', note: 'mail [masked:email]', labelledBy: expect.stringMatching(/^api_key:/) },
    ])
    expect((await label('pass')).body).toEqual({ labelled: 0, unchanged: 1 })
    expect((await label('fail', { origin: 'outcome' })).body).toEqual({ labelled: 1, unchanged: 0 })
    expect(await labels('&verdict=fail&origin=outcome&subjectKind=execution')).toHaveLength(1)
    expect(await labels('&verdict=pass')).toEqual([])
    await label(null)
    expect(await labels()).toMatchObject([{ verdict: null }])
    const told = await server.newEvents()
    expect(told.map(({ type, correlationId, payload }) => [type, correlationId, (payload as Body)['verdict']])).toEqual(
      ['pass', 'fail', null].map((verdict) => ['qa_label', subject.id, verdict]),
    )
    expect(JSON.stringify(told)).not.toContain('note')
    expect(await label('pass', { observedAt: '2100-01-01T00:00:00Z' })).toMatchObject({ status: 422 })
  })

  test('JU14: of a batch the last label of a subject and metric counts; pages neither repeat nor leave out', async () => {
    const name = metric()
    const labels = ['a', 'b', 'c', 'a'].map((id, index) => ({
      subject: { kind: 'artifact', id: `${name}/${id}` },
      metric: name,
      verdict: index === 3 ? 'fail' : 'pass',
    }))
    const sent = await server.request('POST', '/api/v1/qa/labels', { body: { labels } })
    expect(sent.body).toEqual({ labelled: 3, unchanged: 1 })
    const path = `/api/v1/qa/labels?metric=${encodeURIComponent(name)}&limit=2`
    const first = (await server.request<{ items: QaLabel[]; nextCursor: string }>('GET', path)).body
    const rest = `${path}&cursor=${encodeURIComponent(first.nextCursor)}`
    const second = (await server.request<{ items: QaLabel[]; nextCursor: null }>('GET', rest)).body
    const found = [...first.items, ...second.items].map(({ subject, verdict }) => `${subject.id.at(-1)} ${verdict}`)
    expect(found.toSorted()).toEqual(['a fail', 'b pass', 'c pass'])
    expect(second.nextCursor).toBeNull()
    const wrong = await server.request('GET', `/api/v1/qa/labels?cursor=${encodeURIComponent(first.nextCursor)}`)
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
  })
})
