import { ActionReport, ExecutionReport, TelemetryBatch } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMs, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { quickAction, quickExecution, readAction, readExecution, readTelemetryBatch } from './reports.ts'

const now = instantFromEpochMs(Date.UTC(2026, 0, 5, 12))
const executionId = '0af7651916cd43dd8448eb211c80319c'
const action = {
  executionId,
  actionId: 'b7ad6b7169203331',
  agent: 'support',
  kind: 'llm',
  name: 'chat',
  startedAt: '2026-01-05T11:59:58.000Z',
  endedAt: '2026-01-05T11:59:59.250Z',
  status: 'success',
}
const execution = {
  executionId,
  agent: 'support',
  startedAt: '2026-01-05T11:59:50.000Z',
  endedAt: '2026-01-05T11:59:59.000Z',
  status: 'success',
}

const hex = (length: number) =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length }),
    },
    fc.constantFrom('0'.repeat(length), 'A'.repeat(length), 'abc', '', 7, null),
  )
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('support', 'Agent Smith', 'größe', '価格', 'a'.repeat(200)) },
  fc.constantFrom(' padded ', '', 'a'.repeat(201), 'line\nbreak', 'del\u007f', '\u00a0', 'lone \ud800', 5, null),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const time = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
  },
  fc.constantFrom(
    '2026-01-05T11:59:59Z',
    '2026-01-05T11:59:59.123456789+02:00',
    '2026-02-30T00:00:00.000Z',
    '2024-02-29T00:00:00.000Z',
    '2026-13-01T00:00:00.000Z',
    '2026-01-05T24:00:00.000Z',
    '2026-01-05T23:59:60.000Z',
    '2026-01-05 11:59:59.000Z',
    'yesterday',
    1_767_600_000_000,
  ),
)
// A member `__proto__` is kept by the quick way and lost by the schema: Zod builds records anew and leaves it out.
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('"__proto__"')),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NaN, undefined, { deep: [[[[]]]] }),
)
const count = fc.oneof({ weight: 4, arbitrary: fc.nat() }, fc.constantFrom(-1, 0.5, null, '7', 2 ** 53))
const fields = {
  executionId: hex(32),
  actionId: hex(16),
  parentActionId: fc.oneof(hex(16), fc.constant(null)),
  agent: name,
  environment: name,
  release: name,
  kind: fc.constantFrom('llm', 'tool', 'embedding', 'nonsense'),
  name,
  startedAt: time,
  endedAt: time,
  status: fc.constantFrom('success', 'failure', 'cancelled', 'running'),
  errorType: fc.oneof(fc.string(), fc.constantFrom('x'.repeat(301), 3)),
  errorMessage: fc.oneof(fc.string(), fc.constant('x'.repeat(10_001))),
  provider: fc.oneof(fc.string(), fc.constant('x'.repeat(201))),
  model: fc.oneof(fc.string(), fc.constant(null)),
  usage: fc.oneof(
    fc.record({ inputTokens: count, outputTokens: count, cacheReadTokens: count }, { requiredKeys: [] }),
    fc.constantFrom(null, [], { tokens: 1 }),
  ),
  reportedCostUsd: fc.oneof(fc.double({ min: -1, noNaN: true }), fc.constantFrom(null, '0.1')),
  input: json,
  output: json,
  attributes: fc.oneof(
    fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.double())),
    fc.constantFrom({ nested: {} }, { none: null }, [], { ['k'.repeat(301)]: 1 }),
  ),
  extra: fc.constant(1),
}
// A good report with some of its fields drawn anew, good or bad.
const anyAction = fc
  .subarray(Object.keys(fields) as (keyof typeof fields)[], { maxLength: 4 })
  .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, fields[key] as fc.Arbitrary<unknown>]))))
  .map((drawn): object => ({ ...action, ...drawn }))
// What a JSON parser makes: no undefined anywhere.
const withoutUndefined = (value: object) =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined))

test('T7: an action that is recognised without its schema is one that the schema reads alike', () => {
  let recognised = 0
  fc.assert(
    fc.property(anyAction, (drawn) => {
      const value = withoutUndefined(drawn)
      const quick = quickAction(value)
      if (quick === null) return
      recognised += 1
      expect(ActionReport.parse(value)).toEqual(quick)
    }),
    { numRuns: 3_000 },
  )
  expect(recognised).toBeGreaterThan(500)
})

const executionFields = {
  executionId: hex(32),
  agent: name,
  environment: name,
  release: name,
  startedAt: time,
  endedAt: fc.oneof(time, fc.constant(null)),
  status: fc.constantFrom('running', 'waiting', 'success', 'failure', 'cancelled', 'done'),
  endReason: name,
  errorType: fc.oneof(fc.string(), fc.constantFrom('x'.repeat(301), 3)),
  errorMessage: fc.oneof(fc.string(), fc.constant('x'.repeat(10_001))),
  conversationId: fc.oneof(fc.string(), fc.constantFrom('x'.repeat(301), null)),
  unit: fc.oneof(fc.string(), fc.constantFrom('x'.repeat(501), 1)),
  score: fc.oneof(fc.double(), fc.constantFrom(null, '1')),
  reportedCostUsd: fc.oneof(fc.double({ min: -1, noNaN: true }), fc.constantFrom(null, '0.1')),
  synthetic: fc.constantFrom(true, false, 'yes', null),
  input: json,
  output: json,
  attributes: fields.attributes,
  extra: fc.constant(1),
}
const anyExecution = fc
  .subarray(Object.keys(executionFields) as (keyof typeof executionFields)[], { maxLength: 4 })
  .chain((keys) =>
    fc.record(Object.fromEntries(keys.map((key) => [key, executionFields[key] as fc.Arbitrary<unknown>]))),
  )
  .map((drawn): object => ({ ...execution, ...drawn }))

test('T7: an execution that is recognised without its schema is one that the schema reads alike', () => {
  let recognised = 0
  fc.assert(
    fc.property(anyExecution, (drawn) => {
      const value = withoutUndefined(drawn)
      const quick = quickExecution(value)
      if (quick === null) return
      recognised += 1
      expect(ExecutionReport.parse(value)).toEqual(quick)
    }),
    { numRuns: 3_000 },
  )
  expect(recognised).toBeGreaterThan(500)
})

test('T7: attributes that hold a member `__proto__` are left to the schema, which leaves it out', () => {
  const attributes = JSON.parse('{"__proto__": 1, "region": "eu"}')
  expect(quickAction({ ...action, attributes })).toBeNull()
  expect(quickExecution({ ...execution, attributes })).toBeNull()
  expect(readAction({ ...action, attributes }, now).row?.attributes).toBe('{"region":"eu"}')
})

test('T7: the form that our SDKs send is recognised without its schema', () => {
  const full = {
    ...action,
    parentActionId: 'b7ad6b7169203330',
    environment: 'staging',
    release: 'v1',
    errorType: 'Timeout',
    provider: 'openai',
    model: 'gpt-4.1',
    usage: { inputTokens: 12, outputTokens: 3, cacheReadTokens: null },
    reportedCostUsd: 0.01,
    input: { messages: [{ role: 'user', content: 'hi' }] },
    output: 'hello',
    attributes: { retries: 1, cached: false, region: 'eu' },
  }
  expect(quickAction(full)).toEqual(ActionReport.parse(full))
  expect(quickAction(action)).toEqual(ActionReport.parse(action))
})

test('a row that does not fit is refused alone, with its place and what is wrong there', () => {
  const batch = readTelemetryBatch(
    {
      executions: [execution, { ...execution, status: 'done' }],
      actions: [action, { ...action, actionId: 'XYZ' }, { ...action, surprise: 1 }, 'no object', action],
    },
    now,
  )
  expect(batch.ok && batch.value.executions.length).toBe(1)
  expect(batch.ok && batch.value.actions.length).toBe(2)
  expect(batch.ok && batch.value.rejected.map(({ list, index, path }) => [list, index, path])).toEqual([
    ['executions', 1, 'status'],
    ['actions', 1, 'actionId'],
    ['actions', 2, ''],
    ['actions', 3, ''],
  ])
})

test.each([
  ['started before 2020', { startedAt: '2019-12-31T23:59:59.999Z' }, 'startedAt'],
  ['ended more than a day ahead', { endedAt: '2026-01-06T12:00:00.001Z' }, 'endedAt'],
  ['ended before it started', { endedAt: '2026-01-05T11:59:57.999Z' }, 'endedAt'],
  ['nested deeper than 64 levels', { input: JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`) }, 'input'],
  ['nested very deep', { output: JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) }, 'output'],
])('an action that %s is refused', (_, change, path) => {
  expect(readAction({ ...action, ...change }, now).path).toBe(path)
})

test.each([
  ['at the edge of the day ahead', { endedAt: '2026-01-06T12:00:00.000Z' }],
  ['64 levels deep', { input: JSON.parse(`${'['.repeat(64)}${']'.repeat(64)}`) }],
  ['with an offset and nanoseconds', { startedAt: '2026-01-05T12:59:58.123456789+01:00' }],
])('an action %s is taken', (_, change) => {
  expect(readAction({ ...action, ...change }, now).path).toBe(null)
})

test('a body that is no batch at all is refused whole', () => {
  for (const body of [
    null,
    [],
    'text',
    { executions: {} },
    { spans: [] },
    { actions: Array.from({ length: 5_001 }, () => action) },
  ]) {
    const batch = readTelemetryBatch(body, now)
    expect(batch.ok ? 'taken' : batch.refusal.code).toBe('invalid-body')
    expect(TelemetryBatch.safeParse(body).success).toBe(false)
  }
  expect(readTelemetryBatch({}, now).ok).toBe(true)
})

test('text that a database cannot hold is replaced, everything else stays', () => {
  const read = readAction(
    {
      ...action,
      errorMessage: 'nul \0 here',
      input: { 'k\0': ['\ud800', '\\u0000 as text'] },
      output: { emoji: '😀' },
    },
    now,
  )
  expect(read.row?.errorMessage).toBe('nul \ufffd here')
  expect(JSON.parse(read.row?.input ?? '')).toEqual({ 'k\ufffd': ['\ufffd', '\\u0000 as text'] })
  expect(JSON.parse(read.row?.output ?? '')).toEqual({ emoji: '😀' })
})

test('a sender that counts cached tokens apart from the input is understood', () => {
  const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 900, cacheWriteTokens: 90 }
  expect(readAction({ ...action, usage }, now).row?.inputTokens).toBe(1_000)
  expect(readAction({ ...action, usage: { ...usage, inputTokens: 990 } }, now).row?.inputTokens).toBe(990)
})

test('T9: a reported cost of 0 beside tokens is unknown, without tokens it is 0', () => {
  const usage = { inputTokens: 10, outputTokens: 5 }
  expect(readAction({ ...action, usage, reportedCostUsd: 0 }, now).row?.reportedCostNanoUsd).toBe(null)
  expect(readAction({ ...action, reportedCostUsd: 0 }, now).row?.reportedCostNanoUsd).toBe(0)
  expect(readAction({ ...action, usage, reportedCostUsd: 0.00123456789 }, now).row?.reportedCostNanoUsd).toBe(1_234_568)
})

test('T7: a report whose clock runs ahead is kept, and says nothing of when it was so', () => {
  const open = { ...execution, status: 'running', endedAt: null }
  const year = 365 * 86_400_000
  expect(readExecution({ ...open, reportedAt: toIso(now) }, now).row?.reportedAt).toBe(now)
  expect(readExecution({ ...open, reportedAt: toIso(addMs(now, year)) }, now).row?.reportedAt).toBeNull()
})

test('an execution is open until its status says otherwise', () => {
  expect(readExecution({ ...execution, status: 'waiting', endedAt: null }, now).row?.rank).toBe(1)
  expect(readExecution(execution, now).row?.rank).toBe(3)
})
