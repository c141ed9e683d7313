import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryContinuations } from '../continuations.ts'
import { endingOf } from './ending.ts'
import { outcomeOf, plain } from './llm-output.ts'
import { agentNameOf, isPlumbing, isResumption, type RunFacts, sessionOf } from './run-facts.ts'

const named = (name: string, fields: Record<string, unknown> = {}) =>
  Object.assign(new Error(name), { name, ...fields })

describe('how a run ended', () => {
  test.each([
    ['an interrupt', named('GraphInterrupt', { is_bubble_up: true, interrupts: [1] }), 'waiting', 'interrupt'],
    ['an older interrupt', named('NodeInterrupt', { is_bubble_up: true }), 'waiting', 'interrupt'],
    ['a drain before shutdown', named('GraphDrained', { is_bubble_up: true }), 'waiting', 'drained'],
    ['a command to the parent graph', named('ParentCommand', { is_bubble_up: true }), 'handed-over', undefined],
    ['an abort', named('AbortError'), 'cancelled', 'aborted'],
    ['an abort as Node says it', Object.assign(new Error('x'), { code: 'ABORT_ERR' }), 'cancelled', 'aborted'],
    ['an abort as LangGraph says it', new Error('Abort'), 'cancelled', 'aborted'],
    ['running in circles', named('GraphRecursionError'), 'failure', 'max_steps'],
    ['a time-out', named('TimeoutError'), 'failure', undefined],
    ['something that is no error', 'boo', 'failure', undefined],
    ['nothing', undefined, 'failure', undefined],
  ])('%s', (_, error, kind, reason) => {
    const ending = endingOf(error)
    expect(ending.kind).toBe(kind)
    expect('reason' in ending ? ending.reason : 'endReason' in ending ? ending.endReason : undefined).toBe(reason)
  })
})

describe('what a model answered', () => {
  test('usage_metadata wins, with its details; what it does not say is null', () => {
    const message = Object.assign(new AIMessage('hi'), {
      usage_metadata: {
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 15,
        input_token_details: { cache_read: 4 },
        output_token_details: { reasoning: 2 },
      },
      response_metadata: { model_name: 'gpt-4.1-2025-04-14', finish_reason: 'stop' },
    })
    const llmOutput = { tokenUsage: { promptTokens: 999, completionTokens: 999 } }
    expect(outcomeOf({ generations: [[{ text: 'hi', message }]], llmOutput })).toEqual({
      usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 4, cacheWriteTokens: null, reasoningTokens: 2 },
      model: 'gpt-4.1-2025-04-14',
      finishReason: 'stop',
      output: [{ role: 'assistant', content: 'hi' }],
    })
  })

  test('completion models say tokens in llmOutput.tokenUsage and text without a message', () => {
    const llmOutput = { tokenUsage: { promptTokens: 7, completionTokens: 3 }, model_name: 'old' }
    const generations = [[{ text: 'done', generationInfo: { finish_reason: 'length' } }]]
    expect(outcomeOf({ generations, llmOutput })).toEqual({
      usage: { inputTokens: 7, outputTokens: 3 },
      model: 'old',
      finishReason: 'length',
      output: ['done'],
    })
  })

  test('tokens that nobody reported are unknown, not zero', () => {
    expect(outcomeOf({ generations: [[{ text: 'x' }]] }).usage).toBeUndefined()
  })

  test('law: reading any value answers something and never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(outcomeOf(value).output).toBeInstanceOf(Array)
        plain(value)
      }),
    )
  })

  test('messages become role, content and tool calls, as deep as graph states hold them', () => {
    const state = {
      messages: [
        new HumanMessage('why?'),
        new AIMessage({ content: '', tool_calls: [{ name: 'look', args: {}, id: 'c1' }] }),
        new ToolMessage({ content: 'because', tool_call_id: 'c1' }),
      ],
      kept: new Date(0),
    }
    expect(plain(state)).toEqual({
      messages: [
        { role: 'user', content: 'why?' },
        { role: 'assistant', content: '', tool_calls: [{ name: 'look', args: {}, id: 'c1' }] },
        { role: 'tool', content: 'because', tool_call_id: 'c1' },
      ],
      kept: new Date(0),
    })
  })
})

describe('what a run is', () => {
  const facts = (over: Partial<RunFacts>): RunFacts => ({
    runId: 'r',
    name: 'x',
    path: [],
    tags: [],
    metadata: {},
    ...over,
  })

  test.each([
    ['hidden by LangChain', { tags: ['langsmith:hidden'] }, true],
    ['a wrapper named after its class', { name: 'RunnableLambda', path: ['a', 'RunnableLambda'] }, true],
    ['a wrapper that somebody named', { name: 'route', path: ['a', 'RunnableLambda'] }, false],
    ['a node', { name: 'think', path: ['a', 'RunnableSequence'] }, false],
  ])('folded away or not: %s', (_, over, expected) => {
    expect(isPlumbing(facts(over))).toBe(expected)
  })

  test.each([
    ['a graph with a name', { name: 'support', path: ['langgraph', 'pregel', 'CompiledStateGraph'] }, 'support'],
    ['a graph without one', { name: 'LangGraph', path: ['langgraph', 'pregel', 'CompiledStateGraph'] }, undefined],
    ['an agent of createAgent', { metadata: { lc_agent_name: 'helper' } }, 'helper'],
    ['a chain', { name: 'RunnableSequence', path: ['RunnableSequence'] }, undefined],
  ])('the agent of %s', (_, over, expected) => {
    expect(agentNameOf(facts(over))).toBe(expected)
  })

  test.each([
    [{ lg_name: 'Command', resume: false }, true],
    [{ lg_name: 'Command', goto: [] }, false],
    [null, true],
    [{ input: null }, true],
    [{ input: null, more: 1 }, false],
    [{ question: 'x' }, false],
  ])('going on with a thread: %j', (input, expected) => {
    expect(isResumption(input)).toBe(expected)
  })

  test.each([
    [{ thread_id: 't', session_id: 's' }, 't'],
    [{ session_id: 's' }, 's'],
    [{ thread_id: 7 }, '7'],
    [{}, undefined],
  ])('the session of %j', (metadata, expected) => {
    expect(sessionOf(metadata)).toBe(expected)
  })
})

test('continuations in memory keep the last 10,000 threads', () => {
  const kept = memoryContinuations()
  for (let at = 0; at <= 10_000; at++) void kept.save(`t${at}`, { executionId: `${at}`, startedAt: '' })
  expect(kept.load('t0')).toBeNull()
  expect(kept.load('t10000')).toEqual({ executionId: '10000', startedAt: '' })
  void kept.forget('t10000')
  expect(kept.load('t10000')).toBeNull()
})
