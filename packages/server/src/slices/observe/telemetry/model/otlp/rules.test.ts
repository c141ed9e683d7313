import type { JsonValue } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../../kernel/instant.ts'
import { gather } from '../gathering.ts'
import { type ActionRow, hasUsage } from '../rows.ts'
import { settleTrace } from '../trace-tree.ts'
import { mapRecord } from './map-record.ts'
import { mapSpan } from './map-span.ts'
import type { OtlpSpan } from './span.ts'
import { spanOfStored } from './stored-span.ts'

// The rules that a receiver must obey: each is a bug that was seen in another one.

const now = instantFromEpochMs(Date.UTC(2026, 0, 5, 12))
const traceId = '5b8efff798038103d269b633813fc60c'
const idOf = (n: number) => n.toString(16).padStart(16, '0')

function span(change: Partial<OtlpSpan> = {}): OtlpSpan {
  return {
    traceId,
    spanId: idOf(1),
    parentSpanId: '',
    parentIsRemote: null,
    name: 'span',
    startedAt: instantFromEpochMs(now - 10_000),
    endedAt: instantFromEpochMs(now - 9_000),
    attributes: {},
    events: [],
    status: 'unset',
    statusMessage: '',
    resource: {},
    scope: '',
    ...change,
  }
}

function actionOf(change: Partial<OtlpSpan>): ActionRow {
  const mapped = mapSpan(span(change), now)
  if (mapped.fault !== null) throw new Error(mapped.fault)
  return mapped.action
}

const attributesOf = (action: ActionRow): Record<string, JsonValue> => JSON.parse(action.attributes ?? '{}')
const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4.1' }

function countedOf(actions: readonly ActionRow[]): readonly string[] {
  const execution = { agent: 'a', environment: 'production', release: null }
  const settled = settleTrace(
    execution,
    actions.map((action) => ({ ...action, hasUsage: hasUsage(action) })),
  )
  return actions.filter(({ actionId }) => settled.get(actionId)?.counted).map(({ name }) => name)
}

test('rule 1: usage counts on leaf inference spans, on a parent only when it has no inference descendant', () => {
  const usage = { 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 5 }
  const agent = actionOf({
    spanId: idOf(1),
    name: 'agent',
    attributes: { 'gen_ai.operation.name': 'invoke_agent', ...usage },
  })
  const step = actionOf({
    spanId: idOf(2),
    parentSpanId: idOf(1),
    name: 'step',
    attributes: { 'gen_ai.operation.name': 'agent_step', ...usage },
  })
  const call = actionOf({ spanId: idOf(3), parentSpanId: idOf(2), name: 'call', attributes: { ...chat, ...usage } })
  expect(countedOf([agent, step, call])).toEqual(['call'])
  expect(countedOf([agent])).toEqual(['agent'])
})

test('rule 2: input includes cached tokens; where it is smaller than they are they are added, and that is noted', () => {
  const read = { ...chat, 'gen_ai.usage.cache_read.input_tokens': 60, 'gen_ai.usage.cache_write.input_tokens': 20 }
  const inclusive = actionOf({ attributes: { ...read, 'gen_ai.usage.input_tokens': 100 } })
  expect(inclusive.inputTokens).toBe(100)
  expect(attributesOf(inclusive)).not.toHaveProperty('metaagent.mapping_notes')
  const exclusive = actionOf({ attributes: { ...read, 'gen_ai.usage.input_tokens': 20 } })
  expect(exclusive.inputTokens).toBe(100)
  expect(attributesOf(exclusive)).toMatchObject({ 'metaagent.mapping_notes': ['cached-tokens-counted-apart'] })
})

test('rule 3: cache_creation and cache_write are two names for one thing, never added', () => {
  const action = actionOf({
    attributes: {
      ...chat,
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.cache_creation.input_tokens': 30,
      'gen_ai.usage.cache_creation_input_tokens': 30,
      'gen_ai.usage.cache_write.input_tokens': 30,
    },
  })
  expect(action).toMatchObject({ cacheWriteTokens: 30, inputTokens: 100 })
})

test('rule 4: a dotted child of a number is read as a key of its own', () => {
  const action = actionOf({
    attributes: {
      ...chat,
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.input_tokens.cached': 40,
      'gen_ai.usage.output_tokens': 20,
      'gen_ai.usage.output_tokens.reasoning': 15,
    },
  })
  expect(action).toMatchObject({ inputTokens: 100, cacheReadTokens: 40, outputTokens: 20, reasoningTokens: 15 })
})

const messages = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello' },
]
const event = (name: string, content: string) => ({ name, attributes: { content } })
const encodings: readonly (readonly [string, Partial<OtlpSpan>])[] = [
  ['a value', { attributes: { ...chat, 'gen_ai.input.messages': messages } }],
  ['JSON text', { attributes: { ...chat, 'gen_ai.input.messages': JSON.stringify(messages) } }],
  [
    'indexed keys',
    {
      attributes: {
        ...chat,
        'gen_ai.prompt.1.content': 'Hello',
        'gen_ai.prompt.1.role': 'assistant',
        'gen_ai.prompt.0.role': 'user',
        'gen_ai.prompt.0.content': 'Hi',
      },
    },
  ],
  [
    'indexed keys of OpenInference',
    {
      attributes: {
        'llm.input_messages.0.message.role': 'user',
        'llm.input_messages.0.message.content': 'Hi',
        'llm.input_messages.1.message.role': 'assistant',
        'llm.input_messages.1.message.content': 'Hello',
      },
    },
  ],
  [
    'events of the span',
    {
      attributes: chat,
      events: [event('gen_ai.user.message', 'Hi'), event('gen_ai.assistant.message', 'Hello')],
    },
  ],
]

test.each(encodings)('rule 5: messages come as %s', (_, change) => {
  expect(JSON.parse(actionOf(change).input ?? '')).toEqual(messages)
})

test('rule 5: messages come as log records', () => {
  const records = [
    ['gen_ai.user.message', 'Hi'],
    ['gen_ai.assistant.message', 'Hello'],
  ].map(([eventName = '', content = '']) =>
    mapRecord({ traceId, spanId: idOf(1), at: now, eventName, body: { content }, attributes: {}, resource: {} }, now),
  )
  const events = records.flatMap((record) => (record.kind === 'content' ? [record.content.event] : []))
  expect(JSON.parse(actionOf({ attributes: chat, events }).input ?? '')).toEqual(messages)
})

test('rule 6: a span that cannot be used is refused alone, with its fault', () => {
  const mapped = [span(), span({ spanId: 'no' }), span({ spanId: idOf(2) })].map((one) => mapSpan(one, now))
  expect(mapped.map(({ fault }) => fault)).toEqual([null, 'spanId must be 8 bytes, not all zero', null])
})

test('rule 7: a child may come before its root, and a span twice', () => {
  const child = actionOf({ spanId: idOf(2), parentSpanId: idOf(1), attributes: chat })
  const root = actionOf({ spanId: idOf(1), attributes: { 'gen_ai.agent.name': 'a' } })
  const { executions, repeated } = gather([
    { executions: [], actions: [child] },
    { executions: [], actions: [root, child] },
  ])
  expect(executions.map(({ actions }) => actions.length)).toEqual([2])
  expect(repeated).toEqual([0, 1])
})

test('rule 8: the scope of a span does not decide whether it is read', () => {
  const { attributes: _, ...named } = actionOf({ attributes: chat, scope: 'my.own.tracer' })
  const { attributes: __, ...unnamed } = actionOf({ attributes: chat, scope: '' })
  expect(named).toEqual(unnamed)
})

test('rule 9: what a span said is kept raw, so that it can be read again as if it had just come', () => {
  const sent = span({
    spanId: idOf(1),
    parentSpanId: idOf(9),
    parentIsRemote: true,
    name: 'ai.toolCall',
    status: 'error',
    statusMessage: 'no such city',
    attributes: {
      'ai.operationId': 'ai.toolCall',
      'ai.toolCall.name': 'weather',
      'ai.telemetry.metadata.userId': 'u-1',
      'vendor.unknown': [1, { a: null }],
    },
    events: [{ name: 'exception', attributes: { 'exception.type': 'KeyError' } }],
    resource: { 'service.version': '2' },
    scope: 'ai',
  })
  const action = actionOf(sent)
  expect(attributesOf(action)).toMatchObject({
    'vendor.unknown': [1, { a: null }],
    'user.id': 'u-1',
    'metaagent.derived': expect.arrayContaining(['user.id']),
  })
  const again = spanOfStored({ ...action, attributes: attributesOf(action) })
  expect({ ...again, attributes: { ...again.attributes } }).toEqual(sent)
  expect(actionOf(again)).toEqual(action)
})

test('rule 10: a fetched response never counts as usage', () => {
  const usage = { 'gen_ai.usage.input_tokens': 9, 'gen_ai.usage.output_tokens': 9, 'gen_ai.usage.cost': 1 }
  const fetched = actionOf({ attributes: { ...chat, 'gen_ai.operation.name': 'fetch_response', ...usage } })
  expect(fetched).toMatchObject({ kind: 'other', inputTokens: null, outputTokens: null, reportedCostNanoUsd: null })
})
