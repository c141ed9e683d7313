import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { ActionDetail, Execution, ExecutionDetail, Problem } from '@metaagent/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { describeOnStores } from '../../../../testkit/database.ts'
import {
  type OtlpAttribute,
  type OtlpJsonSpan,
  type OtlpRequest,
  type OtlpValue,
  otlpBytes,
} from '../../../../testkit/otlp-bytes.ts'
import { actionIdOf, freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { type OtlpEncoding, readOtlpTraces } from './otlp-intake.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5))
const nanosAt = (ms: number) => `${Date.UTC(2026, 0, 4, 10) + ms}000000`
const json = 'application/json'
const protobuf = 'application/x-protobuf'

const text = (key: string, stringValue: string): OtlpAttribute => ({ key, value: { stringValue } })
const integer = (key: string, value: number): OtlpAttribute => ({ key, value: { intValue: String(value) } })

function spanOf(traceId: string, n: number, change: Partial<OtlpJsonSpan> = {}): OtlpJsonSpan {
  return {
    traceId,
    spanId: actionIdOf(n),
    name: `span ${n}`,
    startTimeUnixNano: nanosAt(n),
    endTimeUnixNano: nanosAt(1_000 + n),
    ...change,
  }
}

function requestOf(spans: readonly OtlpJsonSpan[], resource: readonly OtlpAttribute[] = []): OtlpRequest {
  return { resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope: { name: 'test' }, spans }] }] }
}

/** An agent that calls a model and a tool, as the GenAI conventions describe it. */
function agentTrace(traceId: string): OtlpRequest {
  const child = { parentSpanId: actionIdOf(1) }
  return requestOf(
    [
      spanOf(traceId, 1, {
        attributes: [
          text('gen_ai.operation.name', 'invoke_agent'),
          text('gen_ai.agent.name', 'concierge'),
          text('gen_ai.conversation.id', 'chat-9'),
          integer('gen_ai.usage.input_tokens', 1_000),
          integer('gen_ai.usage.output_tokens', 100),
        ],
      }),
      spanOf(traceId, 2, {
        ...child,
        attributes: [
          text('gen_ai.operation.name', 'chat'),
          text('gen_ai.provider.name', 'openai'),
          text('gen_ai.request.model', 'gpt-4.1'),
          integer('gen_ai.usage.input_tokens', 1_000),
          integer('gen_ai.usage.output_tokens', 100),
          text('gen_ai.input.messages', '[{"role":"user","parts":[]}]'),
          { key: 'odd', value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 0.5 }, {}] } } },
          { key: 'raw', value: { bytesValue: 'AQID' } },
        ],
      }),
      spanOf(traceId, 3, {
        ...child,
        kind: 3,
        flags: 0x100,
        status: { code: 2, message: 'no such city' },
        attributes: [text('gen_ai.operation.name', 'execute_tool'), text('gen_ai.tool.name', 'weather')],
        events: [{ timeUnixNano: nanosAt(5), name: 'exception', attributes: [text('exception.type', 'KeyError')] }],
      }),
    ],
    [text('service.name', 'web'), text('service.version', '1.4.2'), text('deployment.environment.name', 'staging')],
  )
}

describeOnStores('OpenTelemetry spans', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  /** Sends bytes and gives the reply's bytes. */
  const post = async (type: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const reply = await fetch(`${server.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': type, authorization: `Bearer ${server.adminKey}`, ...headers },
      body,
    })
    const bytes = Buffer.from(await reply.arrayBuffer())
    return { status: reply.status, type: reply.headers.get('content-type'), bytes }
  }
  const jsonOf = (request: unknown) => new Uint8Array(Buffer.from(JSON.stringify(request)))
  const get = async <Body>(path: string) => (await server.request<Body>('GET', path)).body
  /** The stored rows of a trace without its id. */
  const storedRows = async (traceId: string) =>
    await server.testStore.owner.migrate(async (sql) => {
      await sql.exec('set local role none')
      return await sql.query(
        `select to_jsonb(e) - 'execution_id' as row from agent_executions e where execution_id = $1
          union all select to_jsonb(l) - 'execution_id' from agent_execution_logs l where execution_id = $1 order by 1`,
        [traceId],
      )
    })

  test('T11: a trace leaves the same rows in JSON and in protobuf, gzipped or not', async () => {
    const ids = [freshExecutionId(), freshExecutionId(), freshExecutionId(), freshExecutionId()] as const
    const gzip = { 'content-encoding': 'gzip' }
    const replies = [
      await post(json, jsonOf(agentTrace(ids[0]))),
      await post(protobuf, otlpBytes(agentTrace(ids[1]))),
      await post(json, new Uint8Array(gzipSync(jsonOf(agentTrace(ids[2])))), gzip),
      await post(protobuf, new Uint8Array(gzipSync(otlpBytes(agentTrace(ids[3])))), gzip),
    ]
    expect(replies.map(({ status, type }) => [status, type])).toEqual([
      [200, json],
      [200, protobuf],
      [200, json],
      [200, protobuf],
    ])
    expect(replies.map(({ bytes }) => bytes.toString())).toEqual(['{}', '', '{}', ''])
    const [first, ...others] = await Promise.all(ids.map(storedRows))
    expect(first).toHaveLength(4)
    for (const rows of others) expect(rows).toEqual(first)
  })

  test('T8: the conventions’ names become agent, release, environment, model, tokens, cost and error', async () => {
    const traceId = freshExecutionId()
    await post(protobuf, otlpBytes(agentTrace(traceId)))
    expect(await get<z.infer<typeof ExecutionDetail>>(`/api/v1/executions/${traceId}`)).toMatchObject({
      agent: 'concierge',
      release: '1.4.2',
      environment: 'staging',
      conversationId: 'chat-9',
      status: 'success',
      // The root repeats the tokens of its model call: they count once.
      totals: { actions: 3, llmCalls: 1, toolCalls: 1, actionErrors: 1, inputTokens: 1_000, costNanoUsd: 2_800_000 },
    })
    const path = `/api/v1/executions/${traceId}/actions`
    expect(await get<z.infer<typeof ActionDetail>>(`${path}/${actionIdOf(2)}`)).toMatchObject({
      agent: 'concierge',
      kind: 'llm',
      provider: 'openai',
      model: 'gpt-4.1',
      input: [{ role: 'user', parts: [] }],
      attributes: { odd: [true, 0.5, null], raw: 'AQID', 'metaagent.scope': 'test' },
    })
    expect(await get<z.infer<typeof ActionDetail>>(`${path}/${actionIdOf(3)}`)).toMatchObject({
      kind: 'tool',
      name: 'weather',
      status: 'failure',
      errorType: 'KeyError',
      errorMessage: 'no such city',
    })
  })

  test('T4: spans that cannot be used are counted in the reply’s own encoding, the others are stored', async () => {
    for (const [type, encode] of [
      [json, jsonOf],
      [protobuf, otlpBytes],
    ] as const) {
      const traceId = freshExecutionId()
      const bad = { ...spanOf(traceId, 2), spanId: '0000000000000000' }
      const reply = await post(type, encode(requestOf([spanOf(traceId, 1), bad, spanOf(traceId, 3)])))
      expect(reply.status).toBe(200)
      expect(partialSuccess(type, reply.bytes)).toEqual({
        rejectedSpans: 1,
        errorMessage: 'spanId must be 8 bytes, not all zero',
      })
      const { totals } = await get<Execution>(`/api/v1/executions/${traceId}`)
      expect(totals.actions).toBe(2)
    }
  })

  test('T3: an export that is sent again changes nothing', async () => {
    const traceId = freshExecutionId()
    await post(protobuf, otlpBytes(agentTrace(traceId)))
    const before = await storedRows(traceId)
    await post(json, jsonOf(agentTrace(traceId)))
    expect(await storedRows(traceId)).toEqual(before)
  })

  test('T9: a reported cost of 0 beside tokens is unknown', async () => {
    const traceId = freshExecutionId()
    const used = [integer('gen_ai.usage.input_tokens', 5), { key: 'gen_ai.usage.cost', value: { doubleValue: 0 } }]
    await post(json, jsonOf(requestOf([spanOf(traceId, 1, { attributes: used })])))
    const action = await get<z.infer<typeof ActionDetail>>(`/api/v1/executions/${traceId}/actions/${actionIdOf(1)}`)
    expect(action.reportedCostNanoUsd).toBeNull()
  })

  test.each([
    ['JSON that is broken', json, Buffer.from('{'), 'bad-request'],
    ['JSON that is no export', json, Buffer.from('{"resourceSpans":{}}'), 'invalid-body'],
    ['a group that is no object', json, Buffer.from('{"resourceSpans":[1]}'), 'invalid-body'],
    ['protobuf that ends within a field', protobuf, Buffer.from([0x0a, 0x05, 0x01]), 'bad-request'],
    ['protobuf of a wire type that is not in use', protobuf, Buffer.from([0x0b]), 'bad-request'],
    ['protobuf with an endless number', protobuf, Buffer.alloc(12, 0xff), 'bad-request'],
    ['a content type that is neither', 'text/plain', Buffer.from('{}'), 'unsupported-media-type'],
  ])('%s is refused whole', async (_, type, body, code) => {
    const reply = await post(type, new Uint8Array(body))
    expect((JSON.parse(reply.bytes.toString()) as Problem).code).toBe(code)
  })
})

/** A reply's partial success; protobuf is read by the field numbers of trace_service.proto. */
function partialSuccess(
  type: string,
  bytes: Buffer,
): { readonly rejectedSpans: number; readonly errorMessage: string } {
  if (type === json) {
    const { partialSuccess: told } = JSON.parse(bytes.toString()) as {
      partialSuccess: { rejectedSpans: string; errorMessage: string }
    }
    return { rejectedSpans: Number(told.rejectedSpans), errorMessage: told.errorMessage }
  }
  // 1: partial_success { 1: rejected_spans (varint), 2: error_message }, each shorter than 128 bytes here.
  expect([bytes[0], bytes[1], bytes[2], bytes[4]]).toEqual([0x0a, bytes.length - 2, 0x08, 0x12])
  return { rejectedSpans: bytes[3] ?? 0, errorMessage: bytes.subarray(6).toString() }
}

// --- the two encodings against each other ---------------------------------------------------------------------------

const scalar: fc.Arbitrary<OtlpValue> = fc.oneof(
  fc.record({ stringValue: fc.string({ unit: 'grapheme' }) }),
  fc.record({ boolValue: fc.boolean() }),
  fc.record({ intValue: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) }),
  fc.record({ doubleValue: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
  fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')) }),
  fc.constant({}),
)
const { value: anyValue } = fc.letrec<{ value: OtlpValue; attribute: OtlpAttribute }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: fc.array(tie('attribute'), { maxLength: 3 }) }) }),
  ),
  attribute: fc.record({ key: fc.string({ maxLength: 8 }), value: tie('value') }),
}))
const attributeList = fc.array(
  fc.record({
    key: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('gen_ai.usage.input_tokens', 'gen_ai.agent.name', 'gen_ai.output.messages', '__proto__'),
    ),
    value: anyValue,
  }),
  { maxLength: 4 },
)
const nanos = (from: number, to: number) =>
  fc.bigInt({ min: BigInt(Date.UTC(from, 0)) * 1_000_000n, max: BigInt(Date.UTC(to, 0)) * 1_000_000n }).map(String)
const id = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'))
const anySpan: fc.Arbitrary<OtlpJsonSpan> = fc.record(
  {
    traceId: fc.oneof({ weight: 9, arbitrary: id(16) }, { weight: 1, arbitrary: id(3) }),
    spanId: id(8),
    parentSpanId: fc.oneof(id(8), fc.constant('')),
    flags: fc.constantFrom(0, 0x100, 0x300),
    kind: fc.nat({ max: 5 }),
    name: fc.string({ unit: 'grapheme' }),
    startTimeUnixNano: fc.oneof(
      { weight: 9, arbitrary: nanos(2020, 2023) },
      { weight: 1, arbitrary: nanos(2010, 2024) },
    ),
    endTimeUnixNano: nanos(2023, 2026),
    attributes: attributeList,
    events: fc.array(fc.record({ timeUnixNano: nanos(2020, 2026), name: fc.string(), attributes: attributeList }), {
      maxLength: 2,
    }),
    status: fc.record({ code: fc.nat({ max: 3 }), message: fc.string() }),
  },
  { requiredKeys: ['traceId', 'spanId', 'name', 'startTimeUnixNano', 'endTimeUnixNano'] },
)
const anyRequest: fc.Arbitrary<OtlpRequest> = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource: fc.record({ attributes: attributeList }),
      scopeSpans: fc.array(
        fc.record({ scope: fc.record({ name: fc.string() }), spans: fc.array(anySpan, { maxLength: 3 }) }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
})

function read(encoding: OtlpEncoding, body: Uint8Array) {
  const result = readOtlpTraces(encoding, body, now)
  if (!result.ok) throw new Error(result.refusal.detail)
  return result.value
}

test('T11: whatever the spans say, both encodings are read alike', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      expect(read('protobuf', otlpBytes(request))).toEqual(read('json', Buffer.from(JSON.stringify(request))))
    }),
    { numRuns: 500 },
  )
})

test('bytes that are no export are refused or read, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const result = readOtlpTraces('protobuf', bytes, now)
      expect(result.ok || result.refusal.code === 'bad-request').toBe(true)
    }),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(anyRequest, fc.nat(), fc.nat({ max: 255 }), (request, place, byte) => {
      const bytes = otlpBytes(request)
      if (bytes.length > 0) bytes[place % bytes.length] = byte
      const result = readOtlpTraces('protobuf', bytes, now)
      expect(result.ok || result.refusal.code === 'bad-request').toBe(true)
    }),
    { numRuns: 500 },
  )
})

// --- what others send -----------------------------------------------------------------------------------------------

const dataFolder = fileURLToPath(new URL('../../../../../../../../shared/data/', import.meta.url))

/** JSON files below a folder of the real data; says so loudly when the folder is not there. */
function samplesIn(folder: string): readonly string[] {
  const path = join(dataFolder, folder)
  if (existsSync(path))
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(path, name))
  console.warn(`SKIPPED: the samples of ${folder} are not on this machine`)
  return []
}

test('the examples of opentelemetry-proto are read: its trace is one span, its logs and metrics are none', ({
  skip,
}) => {
  const files = samplesIn('otlp-proto/examples')
  skip(files.length === 0, 'no samples')
  const spans = files.map((file) => {
    const { batch, rejected: rejectedSpans } = read('json', readFileSync(file))
    return [file.split('/').at(-1), batch.actions.length + rejectedSpans]
  })
  expect(Object.fromEntries(spans)).toMatchObject({ 'trace.json': 1, 'logs.json': 0, 'metrics.json': 0 })
})

test('attributes as instrumentations write them are read without a fault', ({ skip }) => {
  const files = samplesIn('openinference')
  skip(files.length === 0, 'no samples')
  const lists = files.flatMap((file) => attributeRecordsIn(JSON.parse(readFileSync(file, 'utf8'))))
  expect(lists.length).toBeGreaterThan(10)
  const spans = lists.map((attributes, n) =>
    spanOf('a'.repeat(32), n + 1, {
      attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: otlpValue(value) })),
    }),
  )
  const request = requestOf(spans)
  const { batch, rejected: rejectedSpans } = read('json', Buffer.from(JSON.stringify(request)))
  expect([rejectedSpans, batch.actions.length]).toEqual([0, lists.length])
  expect(read('protobuf', otlpBytes(request)).batch).toEqual(batch)
  expect(batch.actions.filter(({ kind }) => kind === 'llm').length).toBeGreaterThan(0)
})

/** Every record of span attributes in a fixture: an `attributes` field anywhere, or the file itself. */
function attributeRecordsIn(value: unknown): readonly Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(attributeRecordsIn)
  if (typeof value !== 'object' || value === null) return []
  const fields = value as Record<string, unknown>
  if (Object.keys(fields).some((key) => key.startsWith('gen_ai.') || key.startsWith('ai.'))) return [fields]
  return Object.values(fields).flatMap(attributeRecordsIn)
}

function otlpValue(value: unknown): OtlpValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(otlpValue) } }
  if (typeof value !== 'object' || value === null) return {}
  return { kvlistValue: { values: Object.entries(value).map(([key, item]) => ({ key, value: otlpValue(item) })) } }
}
