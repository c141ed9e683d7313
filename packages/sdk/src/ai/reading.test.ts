import { describe, expect, test } from 'vitest'
import { approvalIds, conversationOf, inputOf, modelAttributes, providerOf, usageOf } from './reading.ts'

test.each([
  ['openai.responses', 'openai'],
  ['openai.chat', 'openai'],
  ['anthropic.messages', 'anthropic'],
  ['google.vertex.chat', 'gcp.vertex_ai'],
  ['google.generative-ai', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure.chat', 'azure.ai.openai'],
  ['xai.chat', 'x_ai'],
  ['my-company', 'my-company'],
])('the provider %s is reported as %s', (given, expected) => {
  expect(providerOf(given)).toBe(expected)
})

describe('tokens', () => {
  test('what the provider does not say is null', () => {
    expect(usageOf({ inputTokens: 5 })).toEqual({
      inputTokens: 5,
      outputTokens: null,
      cacheReadTokens: null,
      cacheWriteTokens: null,
      reasoningTokens: null,
    })
  })
  test('a call without any tokens has no usage', () => {
    expect(usageOf({ inputTokenDetails: {}, outputTokenDetails: {} })).toBeUndefined()
    expect(usageOf(undefined)).toBeUndefined()
  })
})

test('times of the SDK in milliseconds are seconds in the semantic conventions', () => {
  expect(modelAttributes({ callId: 'c', performance: { timeToFirstOutputMs: 250 }, responseId: 'r' })).toEqual({
    'gen_ai.response.time_to_first_chunk': 0.25,
    'gen_ai.response.id': 'r',
  })
})

test.each([
  [
    { messages: ['m'], instructions: 'i' },
    { instructions: 'i', messages: ['m'] },
  ],
  [{ messages: ['m'] }, ['m']],
  [{ prompt: 'p' }, 'p'],
  [{ values: ['a'] }, ['a']],
  [
    { query: 'q', documents: ['d'] },
    { query: 'q', documents: ['d'] },
  ],
  [{ messages: ['m'], recordInputs: false }, undefined],
  [{}, undefined],
])('the input of %j', (event, expected) => {
  expect(inputOf(event)).toEqual(expected)
})

test.each([
  [{ conversationId: 'c', sessionId: 's' }, 'c'],
  [{ chatId: 9 }, '9'],
  [{ other: 'x' }, undefined],
  [undefined, undefined],
])('the conversation of %j', (context, expected) => {
  expect(conversationOf(context)).toBe(expected)
})

test('approvals are found in answers and, inside messages, in their content', () => {
  expect(approvalIds([{ type: 'tool-approval-request', approvalId: 'a' }], 'tool-approval-request')).toEqual(['a'])
  const messages = [
    { role: 'user', content: 'x' },
    null,
    { role: 'tool', content: [{ type: 'tool-approval-response', approvalId: 'b', approved: false }] },
  ]
  expect(approvalIds(messages, 'tool-approval-response')).toEqual(['b'])
  expect(approvalIds('text', 'tool-approval-response')).toEqual([])
})
