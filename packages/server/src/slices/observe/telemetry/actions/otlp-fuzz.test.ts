import type { Problem } from '@metaagent/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { otlpBytes } from '../../../../testkit/otlp-bytes.ts'
import { actionIdOf, freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

const paths = ['/v1/traces', '/v1/logs', '/v1/metrics'] as const
const types = ['application/json', 'application/x-protobuf'] as const
const lists = { '/v1/traces': 'resourceSpans', '/v1/logs': 'resourceLogs', '/v1/metrics': 'resourceMetrics' } as const

// Any JSON that a parser gives, with the names of OTLP among its keys so that it gets somewhere.
const names = [
  'resourceSpans',
  'resourceLogs',
  'resourceMetrics',
  'scopeSpans',
  'scopeLogs',
  'scopeMetrics',
  'spans',
  'logRecords',
  'metrics',
  'resource',
  'attributes',
  'key',
  'value',
  'stringValue',
  'intValue',
  'arrayValue',
  'kvlistValue',
  'values',
  'traceId',
  'spanId',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'timeUnixNano',
  'name',
  'events',
  'eventName',
  'body',
  'status',
  'gauge',
  'histogram',
  'dataPoints',
  '__proto__',
]
const leaf = fc.oneof(
  fc.constantFrom(
    null,
    true,
    -1,
    0,
    1e300,
    '',
    '0af7651916cd43dd8448eb211c80319c',
    'b7ad6b7169203331',
    '\u0000',
    '\ud83d',
  ),
  fc.constantFrom('1767520000000000000', 'gen_ai.evaluation.result', 'gen_ai.client.token.usage', 'gen_ai.choice'),
)
const { any } = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 9 }, leaf, fc.array(tie('any'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 6 }),
}))

describeOnStores('what no exporter sends', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  const post = (path: string, type: string, body: Uint8Array<ArrayBuffer> | string) =>
    server.request<Problem>('POST', path, { headers: { 'content-type': type }, body })
  /** Taken, or refused with what to do: never a mistake of ours. */
  const isAnswered = async (path: string, type: string, body: Uint8Array<ArrayBuffer> | string) => {
    const { status, body: problem } = await post(path, type, body)
    expect([200, 400, 413, 422]).toContain(status)
    if (status !== 200) expect(problem.detail.length).toBeGreaterThan(20)
  }
  const span = (attributes: readonly object[], change: object = {}) => ({
    traceId: freshExecutionId(),
    spanId: actionIdOf(1),
    name: 'chat',
    startTimeUnixNano: `${server.clock.now() - 2_000}000000`,
    endTimeUnixNano: `${server.clock.now() - 1_000}000000`,
    attributes,
    ...change,
  })
  const jsonOf = (...spans: readonly object[]) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })

  test('T4: random bytes and random JSON are taken or refused, on every signal, and never a mistake of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.constantFrom(...types),
        fc.uint8Array({ maxLength: 80 }),
        isAnswered,
      ),
      { numRuns: 150 },
    )
    const request = fc.record({ path: fc.constantFrom(...paths), group: any, whole: any })
    await fc.assert(
      fc.asyncProperty(request, async ({ path, group, whole }) => {
        await isAnswered(path, 'application/json', JSON.stringify({ [lists[path]]: [group] }))
        await isAnswered(path, 'application/json', JSON.stringify(whole) ?? 'null')
      }),
      { numRuns: 150 },
    )
  })

  test('T4: an export that breaks off is refused whole, wherever it breaks off', async () => {
    const bytes = otlpBytes({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ ...span([]), attributes: [{ key: 'a', value: { stringValue: 'b' } }] }] }] },
      ],
    })
    for (let length = 1; length < bytes.length; length++)
      for (const path of paths) {
        const { status, body } = await post(path, 'application/x-protobuf', bytes.slice(0, length))
        expect([path, length, status, body.code]).toEqual([path, length, 400, 'bad-request'])
      }
  })

  test('T4: a span that is nested without end is refused alone, and what stands beside it is stored', async () => {
    const deep = (levels: number, inner: string) =>
      '{"arrayValue":{"values":['.repeat(levels) + inner + ']}}'.repeat(levels)
    for (const levels of [60, 70, 5_000]) {
      const key = { key: 'deep', value: 'DEEP' }
      const body = jsonOf(span([key]), span([])).replace('"DEEP"', deep(levels, '{"boolValue":true}'))
      const { status, body: reply } = await post('/v1/traces', 'application/json', body)
      const refused = { partialSuccess: { rejectedSpans: '1', errorMessage: 'nested deeper than 64 levels' } }
      expect([levels, status, reply]).toEqual([levels, 200, levels < 64 ? {} : refused])
    }
    const tag = (number: number, inner: Buffer) => {
      const head: number[] = [number * 8 + 2]
      let rest = inner.length
      for (; rest >= 128; rest >>>= 7) head.push((rest % 128) | 128)
      return Buffer.concat([Buffer.from([...head, rest]), inner])
    }
    let value = Buffer.from([0x10, 0x01])
    for (let level = 0; level < 3_000; level++) value = tag(5, tag(1, value))
    for (const path of paths) await isAnswered(path, 'application/x-protobuf', new Uint8Array(value))
    // Text that is JSON too deep to read is kept as the text that it is.
    const text = '['.repeat(100_000) + ']'.repeat(100_000)
    const messages = span([{ key: 'gen_ai.input.messages', value: { stringValue: text } }])
    expect((await post('/v1/traces', 'application/json', jsonOf(messages))).body).toEqual({})
  })

  test('T4: thousands of attributes, and one of megabytes, are stored as they are', async () => {
    const many = Array.from({ length: 5_000 }, (_, n) => ({ key: `key.${n}.${n % 7}`, value: { intValue: String(n) } }))
    const large = [{ key: 'gen_ai.prompt', value: { stringValue: 'long '.repeat(800_000) } }]
    const indexed = Array.from({ length: 3_000 }, (_, n) => ({
      key: `gen_ai.prompt.${n}.content`,
      value: { stringValue: '\u0000 "quoted" \ud83d' },
    }))
    for (const attributes of [many, large, indexed]) {
      const one = span(attributes)
      expect((await post('/v1/traces', 'application/json', jsonOf(one))).body).toEqual({})
      const { status } = await server.request('GET', `/api/v1/executions/${one.traceId}/actions/${one.spanId}`)
      expect(status).toBe(200)
    }
  })

  test('T4: of many spans the unusable are counted and named, in both encodings', async () => {
    const bad = [
      span([], { traceId: 'zz' }),
      span([], { spanId: '' }),
      span([], { startTimeUnixNano: '-5' }),
      span([], { endTimeUnixNano: '1' }),
      span([], { startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '18446744073709551615' }),
      span([], { attributes: { not: 'a list' }, traceId: '0'.repeat(32) }),
      null,
      [],
      'span',
    ]
    const { status, body } = await post('/v1/traces', 'application/json', jsonOf(...(bad as object[]), span([])))
    expect(status).toBe(200)
    expect(body).toMatchObject({ partialSuccess: { rejectedSpans: String(bad.length) } })
    expect(JSON.stringify(body)).toContain('traceId must be 16 bytes')
  })
})
