import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { MetaAgentTelemetry } from '@metaagent/sdk/ai'
import {
  embedMany,
  generateObject,
  generateText,
  isStepCount,
  type ModelMessage,
  Output,
  rerank,
  streamObject,
  streamText,
  ToolLoopAgent,
  tool,
} from 'ai'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Observed, startObserved, treeOf } from './observed.ts'

let observed: Observed
beforeAll(async () => {
  // Both ways to make an object are deprecated, and said so at each call; agents in the field still use them.
  globalThis.AI_SDK_LOG_WARNINGS = false
  observed = await startObserved()
})
afterEach(() => {
  observed.llm.reset()
})
afterAll(async () => {
  await observed.close()
})

const openAi = () => createOpenAI({ baseURL: `${observed.llm.url}/v1`, apiKey: 'sk-scripted' })
const anthropic = () => createAnthropic({ baseURL: `${observed.llm.url}/v1`, apiKey: 'sk-scripted' })

const models = [
  { provider: 'openai', api: 'responses', model: 'gpt-4.1', create: () => openAi().responses('gpt-4.1') },
  { provider: 'openai', api: 'chat', model: 'gpt-4.1', create: () => openAi().chat('gpt-4.1') },
  {
    provider: 'anthropic',
    api: 'messages',
    model: 'claude-sonnet-4-5',
    create: () => anthropic()('claude-sonnet-4-5'),
  },
]
const weather = tool({
  description: 'Temperature of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `21 °C in ${city}`,
})
const reporting = (agent: string) => {
  const logger = observed.logger('default')
  const integration = new MetaAgentTelemetry({ logger })
  return { logger, integration, telemetry: { functionId: agent, integrations: [integration] } }
}
const loopTurns = [
  {
    toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }],
    usage: { inputTokens: 1_000, outputTokens: 50, cacheReadTokens: 600 },
  },
  { text: 'It is 21 °C.', usage: { inputTokens: 1_200, outputTokens: 20, cacheReadTokens: 600 } },
]
const loopTree = (model: string) => [
  'other step 1 success',
  `  llm chat ${model} success`,
  '  tool weather success',
  'other step 2 success',
  `  llm chat ${model} success`,
]
/** List prices per million tokens: gpt-4.1 2.00 / 0.50 cached / 8.00; claude-sonnet-4-5 3.00 / 0.30 cached / 15.00. */
const loopCostNanoUsd = (provider: string) =>
  provider === 'openai' ? 1_000 * 2_000 + 1_200 * 500 + 70 * 8_000 : 1_000 * 3_000 + 1_200 * 300 + 70 * 15_000

test.each(models)(
  'an agent with a tool on $provider ($api) is one execution with its steps; tokens count on model calls alone',
  async ({ provider, api, model, create }) => {
    observed.llm.script(...loopTurns)
    const { logger, telemetry } = reporting(`agent-${api}`)
    const agent = new ToolLoopAgent({ model: create(), instructions: 'Be brief.', tools: { weather }, telemetry })
    const { text } = await agent.generate({ prompt: 'Weather in Oslo?' })
    expect(text).toBe('It is 21 °C.')
    const [execution, ...others] = await observed.stored(logger, `agent-${api}`)
    expect(others).toEqual([])
    expect(execution).toMatchObject({ status: 'success', release: 'v1' })
    expect(execution?.totals).toMatchObject({
      llmCalls: 2,
      toolCalls: 1,
      inputTokens: 2_200,
      outputTokens: 70,
      costNanoUsd: loopCostNanoUsd(provider),
    })
    const trace = await observed.trace(execution?.executionId ?? '')
    expect(treeOf(trace.actions)).toEqual(loopTree(model))
    expect(trace.actions.find(({ kind }) => kind === 'llm')).toMatchObject({ provider, model, cacheReadTokens: 600 })
    expect(trace.execution).toMatchObject({
      input: { instructions: 'Be brief.', messages: [{ role: 'user', content: 'Weather in Oslo?' }] },
      output: 'It is 21 °C.',
    })
  },
)

test.each(models)(
  'a stream on $provider ($api) is stored like the same answer in one piece, with the time to its first chunk',
  async ({ provider, api, model, create }) => {
    observed.llm.script(...loopTurns)
    const { logger, telemetry } = reporting(`stream-${api}`)
    const result = streamText({
      model: create(),
      prompt: 'Weather in Oslo?',
      tools: { weather },
      stopWhen: isStepCount(5),
      telemetry,
    })
    await result.consumeStream()
    const [execution] = await observed.stored(logger, `stream-${api}`)
    expect(execution?.totals).toMatchObject({
      inputTokens: 2_200,
      outputTokens: 70,
      costNanoUsd: loopCostNanoUsd(provider),
    })
    const { actions } = await observed.trace(execution?.executionId ?? '')
    expect(treeOf(actions)).toEqual(loopTree(model))
    const call = actions.find(({ inputTokens }) => inputTokens === 1_200)
    const { attributes } = await observed.action(execution?.executionId ?? '', call?.actionId ?? '')
    expect(attributes).toMatchObject({
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.response.finish_reasons': 'stop',
    })
  },
)

test('tokens written to the cache and spent on reasoning are kept apart, and the model that answered is named', async () => {
  observed.llm.script({
    text: 'ok',
    model: 'claude-sonnet-4-5-20250929',
    usage: { inputTokens: 5_000, outputTokens: 300, cacheReadTokens: 1_000, cacheWriteTokens: 3_000 },
  })
  const { logger, telemetry } = reporting('cache-writer')
  await generateText({ model: anthropic()('claude-sonnet-4-5'), prompt: 'x', telemetry })
  const [execution] = await observed.stored(logger, 'cache-writer')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(actions.find(({ kind }) => kind === 'llm')).toMatchObject({
    model: 'claude-sonnet-4-5-20250929',
    inputTokens: 5_000,
    cacheReadTokens: 1_000,
    cacheWriteTokens: 3_000,
  })
  // 1,000 fresh at 3.00, 1,000 cached at 0.30, 3,000 written at 3.75, 300 out at 15.00.
  expect(execution?.totals.costNanoUsd).toBe(1_000 * 3_000 + 1_000 * 300 + 3_000 * 3_750 + 300 * 15_000)
  observed.llm.script({ text: 'ok', usage: { inputTokens: 10, outputTokens: 90, reasoningTokens: 80 } })
  const thinking = reporting('thinker')
  await generateText({ model: openAi()('o4-mini'), prompt: 'x', telemetry: thinking.telemetry })
  const [thought] = await observed.stored(thinking.logger, 'thinker')
  const trace = await observed.trace(thought?.executionId ?? '')
  expect(trace.actions.find(({ kind }) => kind === 'llm')).toMatchObject({ outputTokens: 90, reasoningTokens: 80 })
})

test('a call inside a tool is a sub-agent below that tool, in the same execution', async () => {
  observed.llm.script(
    { when: { requestContains: 'Plan' }, toolCalls: [{ name: 'research', arguments: {} }] },
    { when: { requestContains: 'Look it up' }, text: 'found', usage: { inputTokens: 7, outputTokens: 3 } },
    { when: { requestContains: 'Plan' }, text: 'done' },
  )
  const { logger, telemetry } = reporting('planner')
  const research = tool({
    description: 'Looks things up',
    inputSchema: z.object({}),
    execute: async () => {
      const inner = { functionId: 'researcher', integrations: telemetry.integrations }
      return (await generateText({ model: openAi()('gpt-4.1'), prompt: 'Look it up', telemetry: inner })).text
    },
  })
  await generateText({
    model: openAi()('gpt-4.1'),
    prompt: 'Plan',
    tools: { research },
    stopWhen: isStepCount(3),
    telemetry,
  })
  const [execution] = await observed.stored(logger, 'planner')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual([
    'other step 1 success',
    '  llm chat gpt-4.1 success',
    '  tool research success',
    '    agent researcher success',
    '      other step 1 success',
    '        llm chat gpt-4.1 success',
    'other step 2 success',
    '  llm chat gpt-4.1 success',
  ])
  expect(await observed.executionsOf('researcher')).toEqual([])
})

test('calls within an execution of one’s own are reported below it', async () => {
  observed.llm.script({ text: 'ok' })
  const { logger, integration, telemetry } = reporting('inner')
  await logger.execute({ agent: 'outer' }, async (run) => {
    await integration.within(run, () => generateText({ model: openAi()('gpt-4.1'), prompt: 'x', telemetry }))
  })
  const [execution] = await observed.stored(logger, 'outer')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['agent inner success', '  other step 1 success', '    llm chat gpt-4.1 success'])
})

test('a refused model call fails the call, its step and the execution with the vendor’s words', async () => {
  observed.llm.script({ error: { status: 400, type: 'invalid_request_error', message: 'Your prompt is too long.' } })
  const { logger, telemetry } = reporting('refused-call')
  await expect(generateText({ model: openAi()('gpt-4.1'), prompt: 'x', telemetry })).rejects.toThrow('too long')
  const [execution] = await observed.stored(logger, 'refused-call')
  expect(execution).toMatchObject({ status: 'failure', errorMessage: 'Your prompt is too long.' })
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['other step 1 failure', '  llm chat gpt-4.1 failure'])
  const call = actions.find(({ kind }) => kind === 'llm')
  expect(call).toMatchObject({ inputTokens: null, costNanoUsd: null })
})

test('a tool that throws is a failed action; the agent that goes on succeeds', async () => {
  observed.llm.script({ toolCalls: [{ name: 'broken', arguments: {} }] }, { text: 'Sorry.' })
  const { logger, telemetry } = reporting('tolerant')
  const broken = tool({
    description: 'Fails',
    inputSchema: z.object({}),
    execute: async (): Promise<string> => {
      throw new RangeError('out of stock')
    },
  })
  await generateText({
    model: openAi()('gpt-4.1'),
    prompt: 'x',
    tools: { broken },
    stopWhen: isStepCount(3),
    telemetry,
  })
  const [execution] = await observed.stored(logger, 'tolerant')
  expect(execution).toMatchObject({ status: 'success', totals: { actionErrors: 1, toolCalls: 1 } })
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(actions.find(({ kind }) => kind === 'tool')).toMatchObject({
    status: 'failure',
    errorType: 'RangeError',
    errorMessage: 'out of stock',
  })
})

test('an aborted stream is cancelled, not failed, and its tokens stay unknown', async () => {
  observed.llm.script({ text: 'A text that is long enough to be stopped in the middle.', chunkDelayMs: 30 })
  const { logger, telemetry } = reporting('aborted')
  const stop = new AbortController()
  const result = streamText({ model: openAi()('gpt-4.1'), prompt: 'x', abortSignal: stop.signal, telemetry })
  for await (const _ of result.textStream) stop.abort()
  const [execution] = await observed.stored(logger, 'aborted')
  expect(execution).toMatchObject({ status: 'cancelled', endReason: 'aborted', errorType: null })
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['other step 1 cancelled', '  llm chat gpt-4.1 cancelled'])
  expect(actions.find(({ kind }) => kind === 'llm')?.inputTokens).toBeNull()
})

test('a stream that breaks with an error in the middle is a failure', async () => {
  observed.llm.script({ text: 'A text that breaks off.', breakAfterEvents: { events: 6, by: 'error' } })
  const { logger, telemetry } = reporting('breaking')
  const result = streamText({ model: openAi()('gpt-4.1'), prompt: 'x', telemetry, onError: () => {} })
  await result.consumeStream()
  const [execution] = await observed.stored(logger, 'breaking')
  expect(execution).toMatchObject({ status: 'failure', errorType: 'BrokenStream' })
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(actions.find(({ kind }) => kind === 'llm')?.status).toBe('failure')
})

test('a tool that needs approval leaves the execution waiting, and the answer continues and ends the same one', async () => {
  observed.llm.script({ toolCalls: [{ name: 'refund', arguments: { euro: 20 } }] }, { text: 'Refunded.' })
  const { logger, telemetry } = reporting('refunder')
  const refund = tool({
    description: 'Pays money back',
    inputSchema: z.object({ euro: z.number() }),
    execute: async ({ euro }) => `${euro} paid back`,
  })
  const ask = async (messages: ModelMessage[]) =>
    await generateText({
      model: openAi().chat('gpt-4.1'),
      messages,
      tools: { refund },
      toolApproval: { refund: 'user-approval' },
      stopWhen: isStepCount(3),
      telemetry,
    })
  const messages: ModelMessage[] = [{ role: 'user', content: 'My money back!' }]
  const first = await ask(messages)
  const [waiting] = await observed.stored(logger, 'refunder')
  expect(waiting).toMatchObject({ status: 'waiting', endReason: 'approval' })
  const request = first.content.find((part) => part.type === 'tool-approval-request')
  const approvalId = request?.type === 'tool-approval-request' ? request.approvalId : ''
  await ask([
    ...messages,
    ...first.responseMessages,
    { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, approved: true }] },
  ])
  const after = await observed.stored(logger, 'refunder')
  expect(after).toHaveLength(1)
  expect(after[0]).toMatchObject({
    executionId: waiting?.executionId,
    status: 'success',
    totals: { llmCalls: 2, toolCalls: 1 },
  })
})

test.each(['whole', 'streamed'] as const)(
  'an object made by generateObject or streamObject (%s) is a model call with its tokens',
  async (way) => {
    observed.llm.script({ text: '{"city":"Oslo"}', usage: { inputTokens: 400, outputTokens: 9, cacheReadTokens: 100 } })
    const { logger, telemetry } = reporting(`object-${way}`)
    const ask = { model: openAi()('gpt-4.1'), prompt: 'Where?', schema: z.object({ city: z.string() }) }
    const make = {
      whole: async () => (await generateObject({ ...ask, telemetry })).object,
      streamed: async () => {
        const result = streamObject({ ...ask, telemetry })
        for await (const _ of result.partialObjectStream);
        return await result.object
      },
    }
    const object = await make[way]()
    expect(object).toEqual({ city: 'Oslo' })
    const [execution] = await observed.stored(logger, `object-${way}`)
    expect(execution).toMatchObject({ status: 'success', totals: { llmCalls: 1, inputTokens: 400, outputTokens: 9 } })
    expect(execution?.totals.costNanoUsd).toBe(300 * 2_000 + 100 * 500 + 9 * 8_000)
    const { actions } = await observed.trace(execution?.executionId ?? '')
    expect(treeOf(actions)).toEqual(['llm chat gpt-4.1 success'])
  },
)

test('a reranking is a retrieval with what was asked and the order that came back', async () => {
  const model: Exclude<Parameters<typeof rerank>[0]['model'], string> = {
    specificationVersion: 'v4',
    provider: 'cohere.reranking',
    modelId: 'rerank-v3.5',
    doRerank: async () => ({ ranking: [{ index: 1, relevanceScore: 0.9 }] }),
  }
  const { logger, telemetry } = reporting('reranker')
  await rerank({ model, documents: ['rain', 'sun'], query: 'weather', telemetry })
  const [execution] = await observed.stored(logger, 'reranker')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['retrieval rerank rerank-v3.5 success'])
  const detail = await observed.action(execution?.executionId ?? '', actions[0]?.actionId ?? '')
  expect(detail).toMatchObject({
    provider: 'cohere',
    input: { query: 'weather', documents: ['rain', 'sun'] },
    output: [{ index: 1, relevanceScore: 0.9 }],
  })
})

test('embeddings are priced actions', async () => {
  const { logger, telemetry } = reporting('embedder')
  await embedMany({
    model: openAi().embedding('text-embedding-3-small'),
    values: ['a'.repeat(400), 'b'.repeat(400)],
    telemetry,
  })
  const [execution] = await observed.stored(logger, 'embedder')
  // 200 tokens at 0.02 per million.
  expect(execution?.totals).toMatchObject({ inputTokens: 200, costNanoUsd: 4_000, unpricedCalls: 0 })
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['embedding embeddings text-embedding-3-small success'])
})

test('structured output, a conversation from the runtime context, and fields that are not to be recorded', async () => {
  observed.llm.script({ text: '{"city":"Oslo"}' })
  const { logger, telemetry } = reporting('discreet')
  await generateText({
    model: openAi()('gpt-4.1'),
    prompt: 'A secret question',
    output: Output.object({ schema: z.object({ city: z.string() }) }),
    runtimeContext: { conversationId: 'conversation-7' },
    telemetry: {
      ...telemetry,
      recordInputs: false,
      recordOutputs: false,
      includeRuntimeContext: { conversationId: true },
    },
  })
  const [execution] = await observed.stored(logger, 'discreet')
  expect(execution?.conversationId).toBe('conversation-7')
  const trace = await observed.trace(execution?.executionId ?? '')
  expect(trace.execution).toMatchObject({ input: null, output: null })
  for (const { actionId } of trace.actions) {
    const detail = await observed.action(execution?.executionId ?? '', actionId)
    expect(JSON.stringify(detail)).not.toMatch(/secret question|Oslo/)
  }
})

test('events of an unknown shape do not make the integration throw', async () => {
  const logger = observed.logger('odd')
  const integration = new MetaAgentTelemetry({ logger }) as unknown as Record<string, (event: unknown) => unknown>
  const methods = Object.getOwnPropertyNames(MetaAgentTelemetry.prototype).filter((name) => name.startsWith('on'))
  expect(methods.length).toBeGreaterThan(15)
  for (const method of methods)
    for (const event of [undefined, null, {}, { callId: 'x' }, { callId: 'x', usage: 7 }])
      await integration[method]?.(event)
  await logger.close()
  expect(logger.stats.rejected).toBe(0)
})
