import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../../kernel/instant.ts'
import { kindOfWord } from './kinds.ts'
import { mapSpan } from './map-span.ts'
import { readOtlpJson } from './read-json.ts'
import { readFields } from './sources.ts'
import type { OtlpSpan } from './span.ts'
import { mappingVersion, type SpanField, spanTable } from './vocabulary.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5, 12))
const at = (ms: number) => instantFromEpochMs(now - 10_000 + ms)

function span(change: Partial<OtlpSpan> = {}): OtlpSpan {
  return {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    parentSpanId: 'eee19b7ec3c1b173',
    parentIsRemote: null,
    name: 'chat gpt-4.1',
    startedAt: at(0),
    endedAt: at(800),
    attributes: {},
    events: [],
    status: 'unset',
    statusMessage: '',
    resource: {},
    scope: 'test',
    ...change,
  }
}

function actionOf(change: Partial<OtlpSpan>) {
  const mapped = mapSpan(span(change), now)
  if (mapped.fault !== null) throw new Error(mapped.fault)
  return mapped.action
}

test('a model call of the current conventions is read whole', () => {
  const action = actionOf({
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4-5',
      'gen_ai.response.model': 'claude-sonnet-4-5-20250929',
      'gen_ai.usage.input_tokens': 1_000,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.cache_read.input_tokens': 600,
      'gen_ai.usage.cache_write.input_tokens': 100,
      'gen_ai.usage.cache_creation.input_tokens': 100,
      'gen_ai.agent.name': 'planner',
      'gen_ai.input.messages': '[{"role":"user","parts":[]}]',
      'gen_ai.output.messages': [{ role: 'assistant', parts: [] }],
      'gen_ai.system_instructions': 'Be kind.',
      'vendor.unknown': true,
    },
    resource: { 'service.name': 'backend', 'service.version': '2.1', 'deployment.environment.name': 'staging' },
  })
  expect(action).toMatchObject({
    kind: 'llm',
    provider: 'anthropic',
    model: 'claude-sonnet-4-5-20250929',
    inputTokens: 1_000,
    outputTokens: 50,
    cacheReadTokens: 600,
    cacheWriteTokens: 100,
    agent: 'planner',
    release: '2.1',
    environment: 'staging',
    ownAgent: true,
    ownRelease: true,
    ownEnvironment: true,
    status: 'success',
    parentActionId: 'eee19b7ec3c1b173',
    mappingVersion,
  })
  expect(JSON.parse(action.input ?? '')).toEqual([
    { role: 'system', content: 'Be kind.' },
    { role: 'user', parts: [] },
  ])
  expect(JSON.parse(action.output ?? '')).toEqual([{ role: 'assistant', parts: [] }])
  expect(JSON.parse(action.attributes ?? '')).toMatchObject({
    'vendor.unknown': true,
    'metaagent.resource': { 'service.version': '2.1' },
  })
})

test.each(Object.entries(kindOfWord))('the operation %s is of kind %s', (operation, kind) => {
  expect(actionOf({ attributes: { 'gen_ai.operation.name': operation } }).kind).toBe(kind)
})

const sourcesOf = (field: SpanField): readonly string[] => Object.values<readonly string[]>(spanTable[field]).flat()
const fields = Object.keys(spanTable) as SpanField[]

test.each(fields)('%s: no source stands in its row twice', (field) => {
  expect(new Set(sourcesOf(field)).size).toBe(sourcesOf(field).length)
})

const plainSources = fields.flatMap((field) =>
  field === 'parameters'
    ? []
    : sourcesOf(field).flatMap((source) => (/[@#]|\.\*$/.test(source) ? [] : [[field, source] as const])),
)
test.each(plainSources)('%s is read from %s, and every later source of the row gives way to it', (field, source) => {
  const row = sourcesOf(field)
  const later = row.slice(row.indexOf(source) + 1).filter((other) => !/[@#]|\.\*$/.test(other))
  const attributes = Object.fromEntries([...later.map((other) => [other, 'later']), [source, 'this']])
  expect(readFields({ attributes, events: [] }).values.get(field)).toBe('this')
  expect(readFields({ attributes: { ...attributes, [source]: '' }, events: [] }).values.get(field)).toBe(
    later.length > 0 ? 'later' : null,
  )
})

const memberSources = fields.flatMap((field) =>
  field === 'parameters'
    ? []
    : sourcesOf(field).flatMap((source) =>
        source.includes('#') && !source.startsWith('@') ? [[field, source] as const] : [],
      ),
)
test.each(memberSources)('%s is read from within JSON: %s', (field, source) => {
  const [key = '', member = ''] = source.split('#')
  const nested = member.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), 'this')
  const read = (value: string) => readFields({ attributes: { [key]: value }, events: [] }).values.get(field)
  expect(read(JSON.stringify(nested))).toBe('this')
  for (const malformed of ['{no json', '[1]', '42', 'null', '{}']) expect(read(malformed)).not.toBe('this')
})

test('names that were replaced are read where the new ones are missing', () => {
  const action = actionOf({
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'openai',
      'gen_ai.usage.prompt_tokens': 7,
      'gen_ai.usage.completion_tokens': '3',
    },
  })
  expect(action).toMatchObject({ provider: 'openai', inputTokens: 7, outputTokens: 3 })
})

test('a dotted child of a number stays an attribute of its own', () => {
  const action = actionOf({
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.input_tokens.cached': 4,
    },
  })
  expect(action.inputTokens).toBe(9)
})

test('a fetched response never counts as usage', () => {
  const action = actionOf({
    attributes: {
      'gen_ai.operation.name': 'fetch_response',
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.output_tokens': 9,
    },
  })
  expect(action).toMatchObject({ kind: 'other', inputTokens: null, outputTokens: null })
})

test('input tokens below the cached ones were counted apart', () => {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.usage.input_tokens': 5,
    'gen_ai.usage.cache_read.input_tokens': 95,
  }
  expect(actionOf({ attributes }).inputTokens).toBe(100)
})

test('an error tells its type and message, from the span or its exception event', () => {
  const events = [
    { name: 'exception', attributes: { 'exception.type': 'RateLimitError', 'exception.message': 'slow down' } },
  ]
  expect(actionOf({ status: 'error', events })).toMatchObject({
    status: 'failure',
    errorType: 'RateLimitError',
    errorMessage: 'slow down',
  })
  expect(actionOf({ status: 'error', statusMessage: 'boom', attributes: { 'error.type': '500' } })).toMatchObject({
    errorType: '500',
    errorMessage: 'boom',
  })
})

test('a span without parent reports its execution, one with a parent does not', () => {
  const root = mapSpan(
    span({
      parentSpanId: '',
      status: 'error',
      attributes: { 'gen_ai.agent.name': 'bot', 'gen_ai.conversation.id': 'c1' },
    }),
    now,
  )
  expect(root.fault === null && root.execution).toMatchObject({
    rank: 3,
    status: 'failure',
    agent: 'bot',
    namesAgent: true,
    conversationId: 'c1',
  })
  const child = mapSpan(span(), now)
  expect(child.fault === null && child.execution).toBe(null)
})

test('a span whose parent is in another process reports the execution as its process saw it', () => {
  const mapped = mapSpan(span({ parentIsRemote: true, resource: { 'service.name': 'worker' } }), now)
  expect(mapped.fault === null && mapped.execution).toMatchObject({ rank: 2, agent: 'worker', namesAgent: false })
})

test('what nobody names is called unknown, in production', () => {
  expect(actionOf({ name: '' })).toMatchObject({
    agent: 'unknown',
    environment: 'production',
    release: null,
    name: 'span',
    ownAgent: false,
  })
})

test.each([
  ['a trace id of zeros', { traceId: '0'.repeat(32) }],
  ['a short trace id', { traceId: 'abc' }],
  ['a span id of zeros', { spanId: '0'.repeat(16) }],
  ['an end before the start', { endedAt: at(-1) }],
  ['a start before 2020', { startedAt: instantFromEpochMs(0) }],
  ['an end more than a day ahead', { endedAt: instantFromEpochMs(now + 86_400_001) }],
])('a span with %s is refused', (_, change) => {
  expect(mapSpan(span(change), now).fault).toEqual(expect.any(String))
})

test('names are cleaned, long texts are cut', () => {
  const action = actionOf({
    name: `  ${'n'.repeat(300)}`,
    attributes: { 'gen_ai.agent.name': ' two\nlines ', 'gen_ai.request.model': 'm'.repeat(400) },
  })
  expect(action.agent).toBe('two lines')
  expect(action.name).toBe('n'.repeat(200))
  expect(action.model).toBe('m'.repeat(300))
})

test('OTLP/JSON is read as its specification writes it', () => {
  const spans = readOtlpJson({
    unknownField: 1,
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'svc' } }] },
        scopeSpans: [
          {
            scope: { name: 'lib' },
            spans: [
              {
                traceId: '5B8EFFF798038103D269B633813FC60C',
                spanId: 'EEE19B7EC3C1B174',
                name: 'op',
                kind: 2,
                flags: 0x301,
                startTimeUnixNano: '1544712660000000999',
                endTimeUnixNano: '1544712661000000000',
                attributes: [
                  { key: 'int', value: { intValue: '12' } },
                  { key: 'big', value: { intValue: '9007199254740993' } },
                  { key: 'bool', value: { boolValue: true } },
                  { key: 'double', value: { doubleValue: 0.5 } },
                  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 1 }] } } },
                  { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { stringValue: 'v' } }] } } },
                  { key: '__proto__', value: { stringValue: 'an attribute like any other' } },
                  { key: 'empty', value: {} },
                ],
                status: { code: 2, message: 'no' },
              },
              { traceId: '', spanId: '', name: 'never ended', startTimeUnixNano: '1', endTimeUnixNano: 0 },
            ],
          },
        ],
      },
    ],
  })
  expect(spans?.[0]?.span).toMatchObject({
    traceId: '5b8efff798038103d269b633813fc60c',
    parentSpanId: '',
    parentIsRemote: true,
    startedAt: 1_544_712_660_000,
    status: 'error',
    statusMessage: 'no',
    resource: { 'service.name': 'svc' },
    scope: 'lib',
  })
  expect({ ...spans?.[0]?.span?.attributes }).toEqual({
    int: 12,
    big: '9007199254740993',
    bool: true,
    double: 0.5,
    list: ['a', 1],
    map: { k: 'v' },
    ['__proto__']: 'an attribute like any other',
    empty: null,
  })
  expect(spans?.[1]?.fault).toContain('endTimeUnixNano')
  expect(readOtlpJson({ resourceSpans: 'no list' })).toBe(null)
  expect(readOtlpJson([])).toBe(null)
})
