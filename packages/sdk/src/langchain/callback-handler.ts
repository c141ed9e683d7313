import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { type ActionStart, AgentLogger, type OpenAction, type OpenExecution } from '../agent-logger.ts'
import { type Continuations, memoryContinuations, type WaitingExecution } from '../continuations.ts'
import { quietly, quietlyWaiting } from '../quietly.ts'
import { endingOf } from './ending.ts'
import { fields, outcomeOf, plain, streamedTokens, text } from './llm-output.ts'
import { agentNameOf, isPlumbing, isResumption, type RunFacts, sessionOf, stepAttributes } from './run-facts.ts'
import { type OpenRun, RunTree } from './run-tree.ts'

export interface MetaAgentCallbackHandlerOptions {
  /** Default: a new one, configured by the environment. It is `handler.logger`. */
  readonly logger?: AgentLogger
  /** Default: the graph's own name, if it has one, else the logger's agent. */
  readonly agent?: string
  /** Reports runs as steps of this instead of as executions of their own. */
  readonly parent?: OpenAction | OpenExecution
  /** Default: in memory. */
  readonly continuations?: Continuations
}

/**
 * Reports LangChain and LangGraph runs to MetaAgent: the root run is an execution; nodes, model calls, tools and
 * retrievers are its actions. An interrupt leaves the execution waiting, and resuming its thread continues it.
 * Never throws into the agent.
 *
 * ```ts
 * const handler = new MetaAgentCallbackHandler({ logger })
 * await graph.invoke(input, { callbacks: [handler], configurable: { thread_id } })
 * ```
 */
export class MetaAgentCallbackHandler extends BaseCallbackHandler {
  override readonly name = 'metaagent'
  // In order and before the agent goes on: each call only puts a row in a queue. In the background (the default) the
  // last rows of a serverless function would be lost.
  override awaitHandlers = true
  readonly logger: AgentLogger
  readonly #agent: string | undefined
  readonly #tree: RunTree
  readonly #continuations: Continuations

  constructor(options: MetaAgentCallbackHandlerOptions = {}) {
    super()
    this.logger = options.logger ?? new AgentLogger()
    this.#agent = options.agent
    this.#tree = new RunTree(this.logger, options.parent ?? null)
    this.#continuations = options.continuations ?? memoryContinuations()
  }

  /** A copy would not know the runs that are open. */
  override copy(): BaseCallbackHandler {
    return this
  }

  /**
   * The parameters are named as `CallbackManager` passes them. The declared order of `BaseCallbackHandler` is another
   * one (runType, tags, metadata, runName, parentRunId) and is not what arrives.
   */
  override handleChainStart(
    chain: unknown,
    inputs: unknown,
    runId: string,
    parentRunId?: string,
    tags?: string[],
    metadata?: Record<string, unknown>,
    _runType?: string,
    runName?: string,
  ): Promise<void> | void {
    return this.#start(parentRunId, inputs, () => {
      const path = classPathOf(chain)
      const name = runName ?? path.at(-1) ?? 'chain'
      const kind = path.includes('pregel') ? 'agent' : 'other'
      return { facts: { runId, name, path, tags: tags ?? [], metadata: metadata ?? {} }, step: { kind, name } }
    })
  }

  override handleChatModelStart(
    llm: unknown,
    messages: unknown,
    runId: string,
    parentRunId?: string,
    extra?: Record<string, unknown>,
    tags?: string[],
    metadata?: Record<string, unknown>,
    runName?: string,
  ): Promise<void> | void {
    const input = Array.isArray(messages) && messages.length === 1 ? (messages[0] as unknown) : messages
    return this.#startModel(llm, input, runId, parentRunId, extra, tags, metadata, runName)
  }

  override handleLLMStart(
    llm: unknown,
    prompts: string[],
    runId: string,
    parentRunId?: string,
    extra?: Record<string, unknown>,
    tags?: string[],
    metadata?: Record<string, unknown>,
    runName?: string,
  ): Promise<void> | void {
    return this.#startModel(llm, prompts, runId, parentRunId, extra, tags, metadata, runName)
  }

  override handleLLMNewToken(
    _token: string,
    _at: unknown,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    extra?: unknown,
  ): void {
    quietly(() => {
      const run = this.#tree.get(runId)
      if (run === undefined) return
      run.firstTokenAtMs ??= Date.now()
      if (run.provider === 'anthropic') run.streamedOutputTokens = streamedTokens(extra) ?? run.streamedOutputTokens
    })
  }

  override handleLLMEnd(result: unknown, runId: string): Promise<void> | void {
    return quietlyWaiting(() => {
      const run = this.#tree.get(runId)
      const { usage: summed, model, finishReason, output } = outcomeOf(result)
      const outputTokens = run?.streamedOutputTokens ?? summed?.outputTokens
      const usage = summed === undefined || outputTokens === undefined ? summed : { ...summed, outputTokens }
      const firstTokenMs =
        run === undefined || run.firstTokenAtMs === null ? null : run.firstTokenAtMs - run.startedAtMs
      return this.#closed(
        this.#tree.end(runId, {
          output: plain(output),
          ...(usage === undefined ? {} : { usage }),
          ...(model === undefined ? {} : { model }),
          attributes: {
            ...(finishReason === undefined ? {} : { 'gen_ai.response.finish_reasons': finishReason }),
            ...(firstTokenMs === null ? {} : { 'gen_ai.response.time_to_first_chunk': firstTokenMs / 1000 }),
          },
        }),
      )
    })
  }

  override handleToolStart(
    tool: unknown,
    input: string,
    runId: string,
    parentRunId?: string,
    tags?: string[],
    metadata?: Record<string, unknown>,
    runName?: string,
    toolCallId?: string,
  ): Promise<void> | void {
    return this.#start(parentRunId, parsed(input), () => {
      const name = runName ?? text(fields(tool)['name']) ?? 'tool'
      const attributes = toolCallId == null ? {} : { 'gen_ai.tool.call.id': toolCallId }
      const facts = { runId, name, path: [], tags: tags ?? [], metadata: metadata ?? {} }
      return { facts, step: { kind: 'tool', name, attributes } }
    })
  }

  override handleRetrieverStart(
    retriever: unknown,
    query: string,
    runId: string,
    parentRunId?: string,
    tags?: string[],
    metadata?: Record<string, unknown>,
    runName?: string,
  ): Promise<void> | void {
    return this.#start(parentRunId, query, () => {
      const name = runName ?? classPathOf(retriever).at(-1) ?? 'retriever'
      const facts = { runId, name, path: [], tags: tags ?? [], metadata: metadata ?? {} }
      return { facts, step: { kind: 'retrieval', name } }
    })
  }

  override handleChainEnd(outputs: unknown, runId: string): Promise<void> | void {
    return this.#end(runId, outputs)
  }

  override handleToolEnd(output: unknown, runId: string): Promise<void> | void {
    return this.#end(runId, output)
  }

  override handleRetrieverEnd(documents: unknown, runId: string): Promise<void> | void {
    return this.#end(runId, documents)
  }

  override handleChainError(error: unknown, runId: string): Promise<void> | void {
    return this.#fail(runId, error)
  }

  override handleToolError(error: unknown, runId: string): Promise<void> | void {
    return this.#fail(runId, error)
  }

  override handleRetrieverError(error: unknown, runId: string): Promise<void> | void {
    return this.#fail(runId, error)
  }

  override handleLLMError(error: unknown, runId: string): Promise<void> | void {
    return this.#fail(runId, error)
  }

  #startModel(
    llm: unknown,
    input: unknown,
    runId: string,
    parentRunId: string | undefined,
    extra: Record<string, unknown> | undefined,
    tags: string[] | undefined,
    metadata: Record<string, unknown> | undefined,
    runName: string | undefined,
  ): Promise<void> | void {
    return this.#start(parentRunId, input, () => {
      const name = runName ?? classPathOf(llm).at(-1) ?? 'model'
      const parameters = fields(extra?.['invocation_params'])
      const model = text(metadata?.['ls_model_name']) ?? text(parameters['model']) ?? text(parameters['model_name'])
      const provider = text(metadata?.['ls_provider'])
      const facts = { runId, name, path: [], tags: tags ?? [], metadata: metadata ?? {} }
      const named = { ...(model === undefined ? {} : { model }), ...(provider === undefined ? {} : { provider }) }
      return { facts, step: { kind: 'llm', name, ...named } }
    })
  }

  #start(parentRunId: string | undefined, input: unknown, read: () => StartedRun): Promise<void> | void {
    return quietlyWaiting(() => {
      const { facts, step } = read()
      const parent = parentRunId === undefined ? undefined : this.#tree.get(parentRunId)
      const attributes = { ...stepAttributes(facts), ...step.attributes }
      const reported: ActionStart = { ...step, input: plain(input), attributes }
      if (parent !== undefined) return this.#tree.openChild(facts.runId, parent, isPlumbing(facts) ? null : reported)
      return this.#startRoot(facts, input, reported)
    })
  }

  #startRoot(facts: RunFacts, input: unknown, step: ActionStart): Promise<void> | void {
    const agent = this.#agent ?? agentNameOf(facts)
    const session = sessionOf(facts.metadata)
    const thread = session === undefined ? null : `${facts.name}/${session}`
    const open = (waiting: WaitingExecution | null) => {
      const continued = waiting !== null && isResumption(input)
      // A new question on a thread that waited: what was asked then is not wanted any more.
      if (waiting !== null && !continued && thread !== null) {
        this.logger
          .startExecution({
            ...waiting,
            startedAt: new Date(waiting.startedAt),
            ...(agent === undefined ? {} : { agent }),
          })
          .end({ status: 'cancelled', endReason: 'superseded' })
      }
      const execution = {
        ...(agent === undefined ? {} : { agent }),
        ...(session === undefined ? {} : { conversationId: session }),
        ...(continued
          ? { executionId: waiting.executionId, startedAt: new Date(waiting.startedAt) }
          : { input: plain(input), attributes: stepAttributes(facts) }),
      }
      const isSingleCall = step.kind !== 'other' && step.kind !== 'agent'
      this.#tree.openRoot(facts.runId, { execution, thread }, step, isSingleCall)
    }
    const waiting = thread === null ? null : this.#continuations.load(thread)
    return waiting instanceof Promise ? waiting.then(open, () => open(null)) : open(waiting)
  }

  #end(runId: string, output: unknown): Promise<void> | void {
    return quietlyWaiting(() => {
      const run = this.#tree.get(runId)
      const interrupts = fields(output)['__interrupt__']
      if (run !== undefined && Array.isArray(interrupts) && interrupts.length > 0)
        run.root.waiting ??= { reason: 'interrupt', interrupts }
      return this.#closed(this.#tree.end(runId, { output: plain(output) }))
    })
  }

  #fail(runId: string, error: unknown): Promise<void> | void {
    return quietlyWaiting(() => this.#closed(this.#tree.endBy(runId, endingOf(error))))
  }

  /** Remembers or forgets the execution of a root that ended. */
  #closed(run: OpenRun | null): Promise<void> | void {
    if (run === null) return
    const { thread, execution, waiting, startedAt } = run.root
    if (thread === null || execution === null) return
    if (waiting === null) return this.#continuations.forget(thread)
    const { executionId } = execution
    return this.#continuations.save(thread, { executionId, startedAt: startedAt.toISOString() })
  }
}

interface StartedRun {
  readonly facts: RunFacts
  readonly step: ActionStart
}

/** Path of the class of a serialized object: `['langgraph', 'pregel', 'CompiledStateGraph']`. */
function classPathOf(serialized: unknown): readonly string[] {
  const { id } = fields(serialized)
  return Array.isArray(id) ? id.map(String) : []
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}
