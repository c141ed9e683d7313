import { ChatAnthropic } from '@langchain/anthropic'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { Document } from '@langchain/core/documents'
import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { BaseRetriever } from '@langchain/core/retrievers'
import { type StructuredToolInterface, tool } from '@langchain/core/tools'
import { FakeLLM } from '@langchain/core/utils/testing'
import {
  Annotation,
  Command,
  END,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { ChatOpenAI } from '@langchain/openai'
import { type Continuations, MetaAgentCallbackHandler, type WaitingExecution } from '@metaagent/sdk/langchain'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type Observed, startObserved, treeOf } from './observed.ts'

let observed: Observed
beforeAll(async () => {
  observed = await startObserved()
})
afterEach(() => {
  observed.llm.reset()
})
afterAll(async () => {
  await observed.close()
})

const openAi = () =>
  new ChatOpenAI({
    model: 'gpt-4.1',
    apiKey: 'sk-scripted',
    maxRetries: 0,
    configuration: { baseURL: `${observed.llm.url}/v1` },
  })
const anthropic = () =>
  new ChatAnthropic({
    model: 'claude-sonnet-4-5',
    apiKey: 'sk-scripted',
    maxRetries: 0,
    anthropicApiUrl: observed.llm.url,
  })
const weather = tool(async ({ city }: { city: string }) => `21 °C in ${city}`, {
  name: 'weather',
  description: 'Temperature of a city',
  schema: z.object({ city: z.string() }),
})
const Steps = Annotation.Root({
  question: Annotation<string>,
  steps: Annotation<string[]>({ reducer: (left, right) => left.concat(right), default: () => [] }),
})

interface ToolLoop {
  readonly model: ChatOpenAI | ChatAnthropic
  readonly name: string
  readonly tools?: readonly StructuredToolInterface[]
  readonly checkpointer?: MemorySaver
}

/** Calls the model, runs the tools it asks for, and calls it again, until it asks for none. */
function toolLoop({ model, name, tools = [weather], checkpointer }: ToolLoop) {
  const bound = model.bindTools([...tools])
  return new StateGraph(MessagesAnnotation)
    .addNode('think', async ({ messages }) => ({ messages: [await bound.invoke(messages)] }))
    .addNode('tools', new ToolNode([...tools]))
    .addEdge(START, 'think')
    .addConditionalEdges(
      'think',
      ({ messages }) => {
        const last = messages.at(-1)
        return last instanceof AIMessage && (last.tool_calls?.length ?? 0) > 0 ? 'tools' : END
      },
      ['tools', END],
    )
    .addEdge('tools', 'think')
    .compile({ name, ...(checkpointer === undefined ? {} : { checkpointer }) })
}

const turns = [
  {
    toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }],
    usage: { inputTokens: 1_000, outputTokens: 50, cacheReadTokens: 600 },
  },
  { text: 'It is 21 °C.', usage: { inputTokens: 1_200, outputTokens: 20, cacheReadTokens: 600 } },
]

test('the library still passes handleChainStart its arguments in the order that we read, not in the declared one', async () => {
  const calls: unknown[][] = []
  class Recorder extends BaseCallbackHandler {
    override name = 'recorder'
    override awaitHandlers = true
    override handleChainStart(...given: unknown[]): void {
      calls.push(given)
    }
  }
  const graph = new StateGraph(Steps)
    .addNode('only', () => ({ steps: ['only'] }))
    .addEdge(START, 'only')
    .compile({ name: 'order' })
  await graph.invoke({ question: '?' }, { callbacks: [new Recorder()], tags: ['mine'], metadata: { team: 'a' } })
  const [root] = calls
  const node = calls.find((call) => call[7] === 'only')
  expect(root?.[3]).toBeUndefined()
  expect(node?.[3]).toBe(root?.[2])
  expect(root?.[4]).toEqual(['mine'])
  expect(root?.[5]).toMatchObject({ team: 'a' })
  expect(root?.[7]).toBe('order')
})

test.each([
  { provider: 'openai', agent: 'loop-openai', create: openAi, called: 'ChatOpenAI', model: 'gpt-4.1' },
  {
    provider: 'anthropic',
    agent: 'loop-anthropic',
    create: anthropic,
    called: 'ChatAnthropic',
    model: 'claude-sonnet-4-5',
  },
])('a tool loop on $provider is stored as one execution with its tree, tokens and cost', async (row) => {
  const { provider, agent, create, called, model } = row
  observed.llm.script(...turns)
  const logger = observed.logger('default')
  const handler = new MetaAgentCallbackHandler({ logger })
  const graph = toolLoop({ model: create(), name: agent })
  await graph.invoke({ messages: [new HumanMessage('Weather in Oslo?')] }, { callbacks: [handler] })
  const [execution, ...others] = await observed.stored(logger, agent)
  expect(others).toEqual([])
  expect(execution).toMatchObject({
    agent,
    release: 'v1',
    status: 'success',
    totals: { llmCalls: 2, toolCalls: 1, actionErrors: 0, inputTokens: 2_200, outputTokens: 70, unpricedCalls: 0 },
  })
  const { actions, execution: detail } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual([
    'other think success',
    `  llm ${called} success`,
    'other tools success',
    '  tool weather success',
    'other think success',
    `  llm ${called} success`,
  ])
  const calls = actions.filter(({ kind }) => kind === 'llm')
  expect(calls.map((call) => call.model)).toEqual([model, model])
  expect(calls.find((call) => call.inputTokens === 1_000)).toMatchObject({
    provider,
    outputTokens: 50,
    cacheReadTokens: 600,
  })
  // List prices per million tokens: gpt-4.1 2.00 / 0.50 cached / 8.00; claude-sonnet-4-5 3.00 / 0.30 cached / 15.00.
  const [input, cached, output] = provider === 'openai' ? [2_000, 500, 8_000] : [3_000, 300, 15_000]
  expect(execution?.totals.costNanoUsd).toBe(1_000 * input + 1_200 * cached + 70 * output)
  expect(detail.input).toEqual({ messages: [{ role: 'user', content: 'Weather in Oslo?' }] })
})

test('an interrupt leaves the execution waiting, and resuming the thread continues and ends the same one', async () => {
  const logger = observed.logger('default')
  const graph = new StateGraph(Steps)
    .addNode('approve', () => ({ steps: [`answer: ${String(interrupt({ question: 'Send it?' }))}`] }))
    .addNode('send', async () => {
      const [resumed] = await observed.stored(logger, 'approver')
      return { steps: [`sent while ${resumed?.status}`] }
    })
    .addEdge(START, 'approve')
    .addEdge('approve', 'send')
    .compile({ checkpointer: new MemorySaver(), name: 'approver' })
  const config = {
    callbacks: [new MetaAgentCallbackHandler({ logger })],
    configurable: { thread_id: 'thread-1' },
  }
  await graph.invoke({ question: 'mail' }, config)
  const [waiting] = await observed.stored(logger, 'approver')
  expect(waiting).toMatchObject({
    status: 'waiting',
    endReason: 'interrupt',
    conversationId: 'thread-1',
    endedAt: null,
  })
  expect(waiting?.totals.actionErrors).toBe(0)
  await graph.invoke(new Command({ resume: 'yes' }), config)
  const after = await observed.stored(logger, 'approver')
  expect(after).toHaveLength(1)
  expect(after[0]).toMatchObject({
    executionId: waiting?.executionId,
    status: 'success',
    startedAt: waiting?.startedAt,
  })
  const { actions, execution } = await observed.trace(waiting?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['other approve cancelled', 'other approve success', 'other send success'])
  expect(execution).toMatchObject({
    input: { question: 'mail' },
    output: { steps: ['answer: yes', 'sent while running'] },
  })
})

test('another process that shares the continuations resumes the same execution', async () => {
  const rows = new Map<string, WaitingExecution>()
  const continuations: Continuations = {
    load: async (key) => rows.get(key) ?? null,
    save: async (key, waiting) => void rows.set(key, waiting),
    forget: async (key) => void rows.delete(key),
  }
  const checkpointer = new MemorySaver()
  const run = async (resume: string | null) => {
    const logger = observed.logger('default')
    const handler = new MetaAgentCallbackHandler({ logger, continuations })
    await new StateGraph(Steps)
      .addNode('approve', () => ({ steps: [String(interrupt('?'))] }))
      .addEdge(START, 'approve')
      .compile({ checkpointer, name: 'two-processes' })
      .invoke(resume === null ? { question: 'q' } : new Command({ resume }), {
        callbacks: [handler],
        configurable: { thread_id: 'shared' },
      })
    return await observed.stored(logger, 'two-processes')
  }
  const [waiting] = await run(null)
  expect(rows.size).toBe(1)
  const after = await run('ok')
  expect(after).toHaveLength(1)
  expect(after[0]).toMatchObject({
    executionId: waiting?.executionId,
    status: 'success',
    startedAt: waiting?.startedAt,
  })
  expect(rows.size).toBe(0)
})

test('a new question on a thread that waits cancels the waiting execution as superseded', async () => {
  const logger = observed.logger('default')
  const graph = new StateGraph(Steps)
    .addNode('approve', ({ question }) => (question === 'first' ? { steps: [String(interrupt('?'))] } : {}))
    .addEdge(START, 'approve')
    .compile({ checkpointer: new MemorySaver(), name: 'superseding' })
  const config = { callbacks: [new MetaAgentCallbackHandler({ logger })], configurable: { thread_id: 'thread-2' } }
  await graph.invoke({ question: 'first' }, config)
  await graph.invoke({ question: 'second' }, config)
  const executions = await observed.stored(logger, 'superseding')
  expect(executions.map(({ status, endReason }) => [status, endReason])).toEqual([
    ['cancelled', 'superseded'],
    ['success', null],
  ])
})

test('a node that fails fails its execution, with the error of the node on both', async () => {
  const logger = observed.logger('default')
  const graph = new StateGraph(Steps)
    .addNode('fetch', () => {
      throw new TypeError('no such order')
    })
    .addEdge(START, 'fetch')
    .compile({ name: 'failing' })
  const handler = new MetaAgentCallbackHandler({ logger })
  await expect(graph.invoke({ question: '?' }, { callbacks: [handler] })).rejects.toThrow('no such order')
  const [execution] = await observed.stored(logger, 'failing')
  expect(execution).toMatchObject({ status: 'failure', errorType: 'TypeError', errorMessage: 'no such order' })
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['other fetch failure'])
  expect(execution?.totals.actionErrors).toBe(1)
})

test('a graph that runs in circles ends for the reason max_steps, which is flagged', async () => {
  const logger = observed.logger('default')
  const graph = new StateGraph(Steps)
    .addNode('again', () => ({ steps: ['again'] }))
    .addEdge(START, 'again')
    .addEdge('again', 'again')
    .compile({ name: 'circling' })
  const config = { callbacks: [new MetaAgentCallbackHandler({ logger })], recursionLimit: 4 }
  await expect(graph.invoke({ question: '?' }, config)).rejects.toThrow('Recursion limit')
  const [execution] = await observed.stored(logger, 'circling')
  expect(execution).toMatchObject({ status: 'failure', endReason: 'max_steps', flags: ['max_steps'] })
})

test('a refused model call is a failed action with the vendor’s words', async () => {
  observed.llm.script({ error: { status: 400, type: 'invalid_request_error', message: 'Your prompt is too long.' } })
  const logger = observed.logger('default')
  const handler = new MetaAgentCallbackHandler({ logger })
  const graph = toolLoop({ model: openAi(), name: 'refused' })
  const asked = graph.invoke({ messages: [new HumanMessage('?')] }, { callbacks: [handler] })
  await expect(asked).rejects.toThrow('too long')
  const [execution] = await observed.stored(logger, 'refused')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['other think failure', '  llm ChatOpenAI failure'])
  const call = actions.find(({ kind }) => kind === 'llm')
  expect(call?.errorMessage).toContain('too long')
  expect(call).toMatchObject({ model: 'gpt-4.1', inputTokens: null, costNanoUsd: null })
})

test('parallel nodes lie beside each other, each with its own calls; conditional edges and hidden runs are folded away', async () => {
  observed.llm.script({ text: 'one', repeat: true, usage: { inputTokens: 10, outputTokens: 1 } })
  const logger = observed.logger('default')
  const branch = async () => ({ steps: [String((await openAi().invoke('say')).content)] })
  const graph = new StateGraph(Steps)
    .addNode('left', branch)
    .addNode('right', branch)
    .addNode('join', () => ({ steps: ['joined'] }))
    .addConditionalEdges(START, () => ['left', 'right'], ['left', 'right'])
    .addEdge(['left', 'right'], 'join')
    .compile({ name: 'parallel' })
  await graph.invoke({ question: '?' }, { callbacks: [new MetaAgentCallbackHandler({ logger })] })
  const [execution] = await observed.stored(logger, 'parallel')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions).toSorted()).toEqual(
    [
      'other left success',
      '  llm ChatOpenAI success',
      'other right success',
      '  llm ChatOpenAI success',
      'other join success',
    ].toSorted(),
  )
  const parents = actions.filter(({ kind }) => kind === 'llm').map(({ parentActionId }) => parentActionId)
  expect(new Set(parents).size).toBe(2)
  expect(execution?.totals).toMatchObject({ inputTokens: 20, outputTokens: 2, llmCalls: 2 })
})

test('a graph inside a node is an agent below it, in the same execution', async () => {
  const logger = observed.logger('default')
  const inner = new StateGraph(Steps)
    .addNode('work', () => ({ steps: ['worked'] }))
    .addEdge(START, 'work')
    .compile({ name: 'researcher' })
  const graph = new StateGraph(Steps).addNode('research', inner).addEdge(START, 'research').compile({ name: 'outer' })
  await graph.invoke({ question: '?' }, { callbacks: [new MetaAgentCallbackHandler({ logger })] })
  const [execution] = await observed.stored(logger, 'outer')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual(['other research success', '  agent researcher success', '    other work success'])
  expect(await observed.executionsOf('researcher')).toEqual([])
})

test('a streamed answer is stored whole, with its tokens and the time to the first chunk', async () => {
  observed.llm.script({
    text: 'A longer answer in several pieces.',
    usage: { inputTokens: 300, outputTokens: 40, reasoningTokens: 30 },
    chunkDelayMs: 2,
  })
  const logger = observed.logger('default')
  const handler = new MetaAgentCallbackHandler({ logger, agent: 'streaming' })
  let said = ''
  for await (const chunk of await openAi().stream('say', { callbacks: [handler] })) said += String(chunk.content)
  expect(said).toBe('A longer answer in several pieces.')
  const [execution] = await observed.stored(logger, 'streaming')
  expect(execution).toMatchObject({ status: 'success', totals: { inputTokens: 300, outputTokens: 40, llmCalls: 1 } })
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(actions).toHaveLength(1)
  expect(actions[0]?.reasoningTokens).toBe(30)
  const detail = await observed.action(execution?.executionId ?? '', actions[0]?.actionId ?? '')
  expect(detail.attributes['gen_ai.response.time_to_first_chunk']).toEqual(expect.any(Number))
  expect(detail.attributes['gen_ai.response.finish_reasons']).toBe('stop')
  expect(detail.output).toEqual([{ role: 'assistant', content: said }])
})

test('a streamed answer of Anthropic counts the cumulative usage of its last event once', async () => {
  observed.llm.script({
    text: 'A longer answer in several pieces.',
    usage: { inputTokens: 1_000, outputTokens: 40, cacheReadTokens: 500, cacheWriteTokens: 300 },
  })
  const logger = observed.logger('default')
  const handler = new MetaAgentCallbackHandler({ logger, agent: 'streaming-anthropic' })
  for await (const _ of await anthropic().stream('say', { callbacks: [handler] }));
  const [execution] = await observed.stored(logger, 'streaming-anthropic')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(actions).toMatchObject([{ inputTokens: 1_000, outputTokens: 40, cacheReadTokens: 500, cacheWriteTokens: 300 }])
  expect(execution?.totals.costNanoUsd).toBe(200 * 3_000 + 500 * 300 + 300 * 3_750 + 40 * 15_000)
})

test('a tool that asks a person leaves node, tool and execution waiting, and resumes with the answer', async () => {
  observed.llm.script({ toolCalls: [{ name: 'ask_person', arguments: {} }] }, { text: 'They said yes.' })
  const logger = observed.logger('default')
  const askPerson = tool(async () => String(interrupt('May I?')), {
    name: 'ask_person',
    description: 'Asks a person',
    schema: z.object({}),
  })
  const graph = toolLoop({ model: openAi(), name: 'asking', tools: [askPerson], checkpointer: new MemorySaver() })
  const config = { callbacks: [new MetaAgentCallbackHandler({ logger })], configurable: { thread_id: 'asking-1' } }
  await graph.invoke({ messages: [new HumanMessage('Go on?')] }, config)
  const [waiting] = await observed.stored(logger, 'asking')
  expect(waiting).toMatchObject({ status: 'waiting', totals: { actionErrors: 0 } })
  await graph.invoke(new Command({ resume: 'yes' }), config)
  const [after, ...others] = await observed.stored(logger, 'asking')
  expect(others).toEqual([])
  expect(after).toMatchObject({ executionId: waiting?.executionId, status: 'success', totals: { llmCalls: 2 } })
  expect(treeOf((await observed.trace(after?.executionId ?? '')).actions)).toEqual([
    'other think success',
    '  llm ChatOpenAI success',
    'other tools cancelled',
    '  tool ask_person cancelled',
    'other tools success',
    '  tool ask_person success',
    'other think success',
    '  llm ChatOpenAI success',
  ])
})

test.each([
  { name: 'stopped', timeoutMs: null, expected: { status: 'cancelled', endReason: 'aborted' } },
  { name: 'late', timeoutMs: 5, expected: { status: 'failure', errorType: 'TimeoutError' } },
])('a graph that is $name in the middle of a node ends as $expected.status', async ({ name, timeoutMs, expected }) => {
  const logger = observed.logger('default')
  const stop = new AbortController()
  const graph = new StateGraph(Steps)
    .addNode('endless', async () => {
      if (timeoutMs === null) setImmediate(() => stop.abort())
      return await new Promise<object>(() => {})
    })
    .addEdge(START, 'endless')
    .compile({ name })
  const limit = timeoutMs === null ? { signal: stop.signal } : { timeout: timeoutMs }
  const config = { callbacks: [new MetaAgentCallbackHandler({ logger })], ...limit }
  await expect(graph.invoke({ question: '?' }, config)).rejects.toThrow()
  // The graph tells its callbacks of its end after its caller has heard. Three rows: began, the node, ended.
  await vi.waitFor(() => expect(logger.stats.queued).toBe(3), { timeout: 30_000, interval: 5 })
  expect((await observed.stored(logger, name))[0]).toMatchObject(expected)
})

test('retrievers and completion models are actions of their kind, with what they were asked and answered', async () => {
  class Shelf extends BaseRetriever {
    lc_namespace = ['tests']
    override async _getRelevantDocuments(query: string): Promise<Document[]> {
      return [new Document({ pageContent: `all about ${query}` })]
    }
  }
  const logger = observed.logger('default')
  const shelf = new Shelf()
  const model = new FakeLLM({ response: 'A summary.' })
  const graph = new StateGraph(Steps)
    .addNode('read', async ({ question }) => ({
      steps: (await shelf.invoke(question)).map((page) => page.pageContent),
    }))
    .addNode('sum', async ({ steps }) => ({ steps: [await model.invoke(steps.join(' '))] }))
    .addEdge(START, 'read')
    .addEdge('read', 'sum')
    .compile({ name: 'reader' })
  await graph.invoke({ question: 'parcels' }, { callbacks: [new MetaAgentCallbackHandler({ logger })] })
  const [execution] = await observed.stored(logger, 'reader')
  const { actions } = await observed.trace(execution?.executionId ?? '')
  expect(treeOf(actions)).toEqual([
    'other read success',
    '  retrieval Shelf success',
    'other sum success',
    '  llm FakeLLM success',
  ])
  const detailOf = async (kind: string) => {
    const action = actions.find((each) => each.kind === kind)
    return await observed.action(execution?.executionId ?? '', action?.actionId ?? '')
  }
  expect(await detailOf('retrieval')).toMatchObject({
    input: 'parcels',
    output: [{ pageContent: 'all about parcels' }],
  })
  expect(await detailOf('llm')).toMatchObject({
    input: ['all about parcels'],
    output: ['A summary.'],
    inputTokens: null,
  })
})

test('runs below a given parent are its steps and make no execution of their own', async () => {
  const logger = observed.logger('caller')
  await logger.execute({}, async (run) => {
    const handler = new MetaAgentCallbackHandler({ logger, parent: run })
    await weather.invoke({ city: 'Rome' }, { callbacks: [handler] })
  })
  const [execution, ...others] = await observed.stored(logger, 'caller')
  expect(others).toEqual([])
  expect(treeOf((await observed.trace(execution?.executionId ?? '')).actions)).toEqual(['tool weather success'])
})

test('nothing that arrives through the callbacks makes the handler throw', async () => {
  const logger = observed.logger('hostile')
  const handler = new MetaAgentCallbackHandler({ logger })
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('boo')
      },
    },
  )
  const call = (name: string, ...given: unknown[]) =>
    (handler as unknown as Record<string, (...given: unknown[]) => unknown>)[name]?.(...given)
  for (const method of [
    'handleChainStart',
    'handleChatModelStart',
    'handleLLMStart',
    'handleToolStart',
    'handleRetrieverStart',
  ])
    for (const value of [undefined, null, 7, hostile, { id: 3 }]) await call(method, value, value, `${method}-run`)
  for (const method of [
    'handleChainEnd',
    'handleLLMEnd',
    'handleToolEnd',
    'handleRetrieverEnd',
    'handleChainError',
    'handleLLMError',
    'handleToolError',
    'handleRetrieverError',
  ])
    for (const value of [undefined, null, 7, hostile]) await call(method, value, 'never-started')
  await logger.close()
  expect(logger.stats.rejected).toBe(0)
})
