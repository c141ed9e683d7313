import type { ActionDetail, AgentMetricPoint, Judgment } from '@metaagent/contract'
import { type Context, context, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
} from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { describeOnStores } from '../../../../testkit/database.ts'
import { freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { readOtlpLogs, readOtlpMetrics } from './otlp-intake.ts'

const spanId = 'eee19b7ec3c1b174'
const resource = resourceFromAttributes({ 'service.name': 'shop' })

/** Metrics of every kind, as the real SDK collects them. */
async function collected(temporality: AggregationTemporality) {
  const exporter = new InMemoryMetricExporter(temporality)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({
    resource,
    readers: [reader],
    views: [
      {
        instrumentName: 'gen_ai.execute_tool.duration',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
    ],
  })
  const meter = provider.getMeter('test')
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4.1' }
  const duration = meter.createHistogram('gen_ai.client.operation.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.1, 0.5, 1, 5] },
  })
  for (const seconds of [0.05, 0.7, 2.5]) duration.record(seconds, attributes)
  const tool = meter.createHistogram('gen_ai.execute_tool.duration', { unit: 's' })
  for (const seconds of [0.001, 0.3, 700]) tool.record(seconds)
  meter.createCounter('gen_ai.client.inference.usage.input_tokens', { unit: '{token}' }).add(1_200, attributes)
  meter.createUpDownCounter('gen_ai.agent.open').add(-3)
  meter.createGauge('gen_ai.agent.temperature').record(0.25)
  meter.createCounter('http.server.requests').add(5)
  await reader.forceFlush()
  const [metrics] = exporter.getMetrics()
  await provider.shutdown()
  if (metrics === undefined) throw new Error('nothing was collected')
  return metrics
}

const soon = instantFromEpochMs(Date.now() + 60_000)

test.each([AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE])(
  'T11: what the SDK serializes of its metrics is read alike in protobuf and JSON (temporality %s)',
  async (temporality) => {
    const metrics = await collected(temporality)
    const protobuf = readOtlpMetrics('protobuf', bytesOf(ProtobufMetricsSerializer.serializeRequest(metrics)), soon)
    const json = readOtlpMetrics('json', bytesOf(JsonMetricsSerializer.serializeRequest(metrics)), soon)
    expect(protobuf).toEqual(json)
    if (!json.ok) throw new Error(json.refusal.detail)
    expect(json.value.rejected).toBe(1)
    expect(json.value.errorMessage).toContain('http.server.requests')
    const byName = new Map(json.value.points.map((point) => [point.name, point]))
    const kind = temporality === AggregationTemporality.DELTA ? 'delta' : 'cumulative'
    expect(byName.get('gen_ai.client.operation.duration')).toMatchObject({
      kind: 'histogram',
      temporality: kind,
      unit: 's',
      count: 3,
      sum: 3.25,
      min: 0.05,
      max: 2.5,
      buckets: { bounds: [0.1, 0.5, 1, 5], counts: [1, 0, 1, 1, 0] },
    })
    expect(byName.get('gen_ai.client.inference.usage.input_tokens')).toMatchObject({
      kind: 'sum',
      monotonic: true,
      value: 1_200,
    })
    expect(byName.get('gen_ai.agent.open')).toMatchObject({ kind: 'sum', monotonic: false, value: -3 })
    expect(byName.get('gen_ai.agent.temperature')).toMatchObject({ kind: 'gauge', temporality: null, value: 0.25 })
    expect(byName.get('gen_ai.execute_tool.duration')).toMatchObject({ kind: 'exponential_histogram', count: 3 })
  },
)

function bytesOf(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new Error('nothing was serialized')
  return bytes
}

test('T11: what the SDK serializes of its log records is read alike in protobuf and JSON', () => {
  const exporter = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] })
  const logger = provider.getLogger('test')
  const inSpan = spanContext('5b8efff798038103d269b633813fc60c')
  logger.emit({ eventName: 'gen_ai.user.message', body: { content: 'Hello' }, context: inSpan, timestamp: Date.now() })
  logger.emit({ body: 'plain', attributes: { list: ['a', 1, true], nested: { deep: [0.5] } } })
  logger.emit({ eventName: 'gen_ai.evaluation.result', attributes: { 'gen_ai.evaluation.name': 'tone' } })
  const records = exporter.getFinishedLogRecords()
  const protobuf = readOtlpLogs('protobuf', bytesOf(ProtobufLogsSerializer.serializeRequest(records)), soon)
  const json = readOtlpLogs('json', bytesOf(JsonLogsSerializer.serializeRequest(records)), soon)
  expect(protobuf).toEqual(json)
  expect(json).toMatchObject({
    value: { rejected: 2, contents: [{ actionId: spanId, event: { attributes: { content: 'Hello' } } }] },
  })
})

function spanContext(traceId: string): Context {
  return trace.setSpanContext(context.active(), { traceId, spanId, traceFlags: TraceFlags.SAMPLED })
}

describeOnStores('logs and metrics over OTLP', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  const post = async (path: string, body: unknown) => {
    const reply = await server.request<{ partialSuccess?: Record<string, string> }>('POST', path, { body })
    return { status: reply.status, partial: reply.body.partialSuccess ?? null }
  }
  const nanosAt = (ms: number) => `${Number(server.clock.now()) - 60_000 + ms}000000`
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })

  const sendSpan = async (traceId: string, attributes: readonly unknown[] = [], events: readonly unknown[] = []) => {
    const span = {
      traceId,
      spanId,
      name: 'chat gpt-4.1',
      startTimeUnixNano: nanosAt(0),
      endTimeUnixNano: nanosAt(900),
      attributes: [text('gen_ai.operation.name', 'chat'), text('gen_ai.request.model', 'gpt-4.1'), ...attributes],
      events,
    }
    const sent = await post('/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
    expect(sent).toEqual({ status: 200, partial: null })
  }
  const record = (traceId: string, eventName: string, attributes: readonly unknown[], change: object = {}) => ({
    traceId,
    spanId,
    eventName,
    timeUnixNano: nanosAt(100),
    attributes,
    ...change,
  })
  const sendLogs = async (logRecords: readonly unknown[]) =>
    await post('/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
  const actionOf = async (traceId: string) =>
    (await server.request<z.output<typeof ActionDetail>>('GET', `/api/v1/executions/${traceId}/actions/${spanId}`)).body
  const judgmentsOf = async (traceId: string) =>
    (await server.request<{ items: Judgment[] }>('GET', `/api/v1/judgments?executionId=${traceId}`)).body.items

  const conversation = (traceId: string) => [
    record(traceId, 'gen_ai.system.message', [text('gen_ai.system', 'openai')], {
      body: { kvlistValue: { values: [text('content', 'Be kind.')] } },
    }),
    record(traceId, 'gen_ai.user.message', [], {
      body: { kvlistValue: { values: [text('content', 'Refund order 7?')] } },
      timeUnixNano: nanosAt(110),
    }),
    record(traceId, 'gen_ai.choice', [], {
      body: {
        kvlistValue: {
          values: [
            text('finish_reason', 'stop'),
            {
              key: 'message',
              value: { kvlistValue: { values: [text('role', 'assistant'), text('content', 'Done.')] } },
            },
          ],
        },
      },
      timeUnixNano: nanosAt(800),
    }),
  ]
  const joined = {
    input: [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Refund order 7?' },
    ],
    output: [{ role: 'assistant', content: 'Done.', finish_reason: 'stop' }],
  }

  test.each(['span first', 'logs first'])(
    'T19: messages in log records become the input and output, %s',
    async (order) => {
      const traceId = freshExecutionId()
      if (order === 'span first') await sendSpan(traceId)
      expect(await sendLogs(conversation(traceId))).toEqual({ status: 200, partial: null })
      if (order === 'logs first') {
        await sendSpan(traceId)
        server.clock.advance(10_000)
        await server.settle()
      }
      expect(await actionOf(traceId)).toMatchObject(joined)
      expect(await server.newEvents()).toContainEqual(
        expect.objectContaining({ type: 'telemetry.contents.joined', payload: { spans: 1, events: 3 } }),
      )
      expect((await server.request('GET', `/api/v1/executions/${traceId}`)).body).toMatchObject(joined)
    },
  )

  test('T19: the same records again change nothing, and what span and records say stands together', async () => {
    const traceId = freshExecutionId()
    await sendSpan(traceId)
    for (let n = 0; n < 2; n++) expect((await sendLogs(conversation(traceId))).status).toBe(200)
    expect(await actionOf(traceId)).toMatchObject(joined)
  })

  test('the details of an operation carry what the span may carry itself', async () => {
    const traceId = freshExecutionId()
    await sendSpan(traceId)
    await sendLogs([
      record(traceId, 'gen_ai.client.inference.operation.details', [
        text('gen_ai.input.messages', '[{"role":"user","parts":[]}]'),
        text('gen_ai.output.messages', '[{"role":"assistant","parts":[]}]'),
      ]),
    ])
    expect(await actionOf(traceId)).toMatchObject({
      input: [{ role: 'user', parts: [] }],
      output: [{ role: 'assistant', parts: [] }],
    })
  })

  test('T6: secrets in records are masked before they are stored', async () => {
    const traceId = freshExecutionId()
    await sendSpan(traceId)
    await sendLogs([
      record(traceId, 'gen_ai.user.message', [
        text('content', 'my key is AKIAIOSFODNN7EXAMPLE, mail me: jane@example.com'),
      ]),
    ])
    const stored = JSON.stringify(await actionOf(traceId))
    expect(stored).toContain('my key is')
    expect(stored).not.toContain('jane@example.com')
  })

  test('records that tell nothing of an agent are counted and named, the others are kept', async () => {
    const traceId = freshExecutionId()
    await sendSpan(traceId)
    const sent = await sendLogs([
      record(traceId, 'gen_ai.user.message', [text('content', 'hello')]),
      record(traceId, 'browser.page_view', []),
      record('', 'gen_ai.user.message', [text('content', 'whose?')]),
      { body: { stringValue: 'a line' } },
    ])
    expect(sent.partial?.['rejectedLogRecords']).toBe('3')
    expect(sent.partial?.['errorMessage']).toContain('browser.page_view')
    expect((await actionOf(traceId)).input).toEqual([{ role: 'user', content: 'hello' }])
  })

  test('a content whose span never comes is given up after a day', async () => {
    await server.newEvents()
    await sendLogs([record(freshExecutionId(), 'gen_ai.user.message', [text('content', 'sampled out')])])
    server.clock.advance(86_400_001)
    await server.settle()
    expect(await server.newEvents()).toContainEqual(
      expect.objectContaining({ type: 'telemetry.contents.expired', payload: { events: 1 } }),
    )
  })

  const evaluation = [
    text('gen_ai.evaluation.name', 'helpfulness'),
    { key: 'gen_ai.evaluation.score.value', value: { doubleValue: 0.75 } },
    text('gen_ai.evaluation.score.label', 'pass'),
    text('gen_ai.evaluation.explanation', 'It answers the question.'),
  ]
  const judged = { metric: 'helpfulness', score: 0.75, label: 'pass', verdict: 'qa_success', source: 'otlp' }

  test('T20: an evaluation in a log record is a judgment of its span, once', async () => {
    const traceId = freshExecutionId()
    for (let n = 0; n < 2; n++)
      expect((await sendLogs([record(traceId, 'gen_ai.evaluation.result', evaluation)])).partial).toBe(null)
    expect(await judgmentsOf(traceId)).toMatchObject([
      { ...judged, actionId: spanId, explanation: 'It answers the question.' },
    ])
  })

  test('T20: an evaluation among the events of a span is a judgment of it', async () => {
    const traceId = freshExecutionId()
    const events = [{ name: 'gen_ai.evaluation.result', timeUnixNano: nanosAt(850), attributes: evaluation }]
    for (let n = 0; n < 2; n++) await sendSpan(traceId, [], events)
    expect(await judgmentsOf(traceId)).toMatchObject([{ ...judged, actionId: spanId }])
  })

  test.each(['span first', 'evaluation first'])(
    'T20: an evaluation finds its span by the response id, %s',
    async (order) => {
      const traceId = freshExecutionId()
      const byResponse = {
        eventName: 'gen_ai.evaluation.result',
        timeUnixNano: nanosAt(2_000),
        attributes: [...evaluation, text('gen_ai.response.id', `resp-${traceId}`)],
      }
      const attributes = [text('gen_ai.response.id', `resp-${traceId}`)]
      if (order === 'span first') await sendSpan(traceId, attributes)
      expect((await sendLogs([byResponse])).partial).toBe(null)
      if (order === 'evaluation first') {
        expect(await judgmentsOf(traceId)).toEqual([])
        await sendSpan(traceId, attributes)
        server.clock.advance(10_000)
        await server.settle()
      }
      expect(await judgmentsOf(traceId)).toMatchObject([{ ...judged, actionId: spanId }])
    },
  )

  test('an evaluation without a name or a subject is refused alone', async () => {
    const sent = await sendLogs([
      record(freshExecutionId(), 'gen_ai.evaluation.result', []),
      { eventName: 'gen_ai.evaluation.result', attributes: evaluation },
    ])
    expect(sent.partial?.['rejectedLogRecords']).toBe('2')
  })

  test.each([
    { encoding: 'protobuf', Exporter: ProtobufLogs },
    { encoding: 'JSON', Exporter: JsonLogs },
  ])('the real exporter of logs is understood in $encoding', async ({ Exporter }) => {
    const traceId = freshExecutionId()
    await sendSpan(traceId)
    const exporter = new Exporter({
      url: `${server.url}/v1/logs`,
      headers: { authorization: `Bearer ${server.adminKey}` },
    })
    const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] })
    provider.getLogger('test').emit({
      eventName: 'gen_ai.user.message',
      body: { content: 'from the SDK' },
      context: spanContext(traceId),
      timestamp: Number(server.clock.now()) - 60_000,
    })
    await provider.shutdown()
    expect((await actionOf(traceId)).input).toEqual([{ role: 'user', content: 'from the SDK' }])
  })

  test('T21: points of agents’ metrics are kept once and read back; others are counted and named', async () => {
    const histogram = (name: string) => ({
      name,
      unit: 's',
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            startTimeUnixNano: nanosAt(0),
            timeUnixNano: nanosAt(500),
            count: '2',
            sum: 1.5,
            bucketCounts: ['1', '1'],
            explicitBounds: [1],
            attributes: [text('gen_ai.operation.name', 'chat')],
          },
        ],
      },
    })
    const metrics = [histogram('gen_ai.client.operation.duration'), histogram('http.client.duration')]
    const body = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }
    for (let n = 0; n < 2; n++) {
      const sent = await post('/v1/metrics', body)
      expect(sent.partial).toEqual({
        rejectedDataPoints: '1',
        errorMessage: '"http.client.duration" is no metric of an agent',
      })
    }
    const { items } = (
      await server.request<{ items: AgentMetricPoint[] }>(
        'GET',
        '/api/v1/telemetry/metrics?name=gen_ai.client.operation.duration',
      )
    ).body
    expect(items).toMatchObject([
      {
        kind: 'histogram',
        temporality: 'delta',
        unit: 's',
        count: 2,
        sum: 1.5,
        buckets: { bounds: [1], counts: [1, 1] },
      },
    ])
    expect(await server.newEvents()).toContainEqual(
      expect.objectContaining({ type: 'telemetry.metrics.stored', payload: { points: 1 } }),
    )
  })

  test('T21: pages of points neither repeat nor leave one out', async () => {
    const dataPoints = Array.from({ length: 5 }, (_, n) => ({ timeUnixNano: nanosAt(n), asInt: String(n) }))
    const metrics = [{ name: 'gen_ai.agent.open', gauge: { dataPoints } }]
    await post('/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })
    const seen: (number | null)[] = []
    for (let cursor = ''; ; ) {
      const path = `/api/v1/telemetry/metrics?name=gen_ai.agent.open&limit=2${cursor}`
      const page = (await server.request<{ items: AgentMetricPoint[]; nextCursor: string | null }>('GET', path)).body
      seen.push(...page.items.map(({ value }) => value))
      if (page.nextCursor === null) break
      cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`
    }
    expect(seen).toEqual([4, 3, 2, 1, 0])
  })

  test.each(['/v1/logs', '/v1/metrics'])('%s refuses as /v1/traces does', async (path) => {
    const key = await server.keyFor(['executions:read'])
    expect((await server.request('POST', path, { body: {}, key })).status).toBe(403)
    expect((await server.request('POST', path, { body: {}, key: null })).status).toBe(401)
    expect((await server.request('POST', path, { body: [] })).status).toBe(400)
    const headers = { authorization: `Bearer ${server.adminKey}`, 'content-type': 'text/plain' }
    expect((await fetch(`${server.url}${path}`, { method: 'POST', headers, body: 'x' })).status).toBe(415)
    const malformed = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-protobuf' },
      body: 'not protobuf at all',
    })
    expect(malformed.status).toBe(400)
  })
})
