import type { Telemetry } from 'ai'
import { AgentLogger, type OpenAction, type OpenExecution } from '../agent-logger.ts'
import { type Continuations, memoryContinuations, type WaitingExecution } from '../continuations.ts'
import { quietly, quietlyWaiting } from '../quietly.ts'
import { createAsyncScope } from './async-scope.ts'
import type {
  CallEvent,
  InputEvent,
  ModelEndEvent,
  ModelStartEvent,
  StartEvent,
  ToolEndEvent,
  ToolEvent,
} from './events.ts'
import { OpenCall } from './open-call.ts'
import { approvalIds, conversationOf, inputOf, modelAttributes, providerOf, usageOf } from './reading.ts'

export interface MetaAgentTelemetryOptions {
  /** Default: a new one, configured by the environment. It is `telemetry.logger`. */
  readonly logger?: AgentLogger
  /** Default: the call's `functionId`, else the logger's agent. */
  readonly agent?: string
  /** Default: in memory. */
  readonly continuations?: Continuations
}

/** Streams that nobody reads to their end never end; they must not grow without limit. */
const callsMax = 10_000

/**
 * Reports calls of Vercel's AI SDK 7 to MetaAgent: a call is an execution, its steps, model calls and tools are actions.
 * A call made inside a tool is a sub-agent below that tool. Tokens are counted on model calls only. A request for a
 * tool's approval leaves the execution waiting; the call that brings the answer continues it. Never throws into the
 * agent.
 *
 * ```ts
 * registerTelemetry(new MetaAgentTelemetry({ logger })) // or per call: telemetry: { integrations: [...] }
 * await generateText({ model, prompt, telemetry: { functionId: 'support' } })
 * ```
 */
export class MetaAgentTelemetry implements Telemetry {
  readonly logger: AgentLogger
  readonly #agent: string | undefined
  readonly #continuations: Continuations
  readonly #scope = createAsyncScope()
  readonly #calls = new Map<string, OpenCall>()

  constructor(options: MetaAgentTelemetryOptions = {}) {
    this.logger = options.logger ?? new AgentLogger()
    this.#agent = options.agent
    this.#continuations = options.continuations ?? memoryContinuations()
  }

  /** Reports the calls that `work` makes as steps of an execution or action of yours. */
  within<R>(scope: OpenExecution | OpenAction, work: () => R): R {
    return this.#scope.run(scope, work)
  }

  onStart(event: StartEvent): Promise<void> | void {
    return quietlyWaiting(() => {
      const startedAt = timeOf(event)
      const parent = this.#scope.current()
      const name = event.functionId ?? event.operationId
      if (parent !== undefined) {
        const scope = parent.action({ kind: 'agent', name, startedAt, ...inputField(event) })
        return this.#keep(event.callId, new OpenCall(scope, startedAt))
      }
      const answered = approvalIds((event as InputEvent).messages, 'tool-approval-response')
      const last = answered.at(-1)
      if (last === undefined) return this.#open(event, startedAt, null)
      return this.#continue(event, startedAt, last, answered)
    })
  }

  onStepStart(event: CallEvent & { readonly stepNumber: number }): void {
    this.#with(event, (call) => {
      call.step = call.scope.action({ kind: 'other', name: `step ${event.stepNumber + 1}`, startedAt: timeOf(event) })
    })
  }

  onLanguageModelCallStart(event: ModelStartEvent): void {
    this.#with(event, (call) => {
      call.model = call.current.action({
        kind: 'llm',
        name: `chat ${event.modelId}`,
        provider: providerOf(event.provider),
        model: event.modelId,
        startedAt: timeOf(event),
        ...inputField(event),
      })
    })
  }

  onLanguageModelCallEnd(event: ModelEndEvent): void {
    this.#with(event, (call) => {
      const usage = usageOf(event.usage)
      const model = event.response?.modelId ?? event.modelId
      const output = event.recordOutputs === false ? undefined : (event.content ?? event.objectText)
      call.model?.end({
        // A stream that broke in the middle ends without an error event, but with this reason.
        ...(event.finishReason === 'error' ? { error: new BrokenStream() } : {}),
        ...(usage === undefined ? {} : { usage }),
        ...(model === undefined ? {} : { model }),
        ...(output === undefined ? {} : { output }),
        attributes: modelAttributes(event),
        endedAt: timeOf(event),
      })
      call.model = null
    })
  }

  onObjectStepStart(event: ModelStartEvent): void {
    this.onLanguageModelCallStart(event)
  }

  onObjectStepEnd(event: ModelEndEvent): void {
    this.onLanguageModelCallEnd(event)
  }

  onToolExecutionStart(event: ToolEvent): void {
    this.#with(event, (call) => {
      const { toolCallId, toolName, input } = event.toolCall
      const attributes = { 'gen_ai.tool.call.id': toolCallId }
      const asked = input === undefined ? {} : { input }
      const start = { kind: 'tool', name: toolName, attributes, startedAt: timeOf(event), ...asked } as const
      call.inner.set(toolCallId, call.current.action(start))
    })
  }

  onToolExecutionEnd(event: ToolEndEvent): void {
    this.#with(event, (call) => {
      const { type, output, error } = event.toolOutput
      const failed = type === 'tool-error' ? { error: error ?? 'the tool failed' } : {}
      const answer = output === undefined ? {} : { output }
      call.inner.get(event.toolCall.toolCallId)?.end({ ...failed, ...answer, endedAt: timeOf(event) })
      call.inner.delete(event.toolCall.toolCallId)
    })
  }

  /** Runs a tool inside its step, so that calls which the tool makes are reported below it. */
  executeTool<T>(options: { callId: string; toolCallId: string; execute: () => PromiseLike<T> }): PromiseLike<T> {
    const tool = this.#calls.get(options.callId)?.inner.get(options.toolCallId)
    return tool === undefined ? options.execute() : this.#scope.run(tool, options.execute)
  }

  onStepEnd(event: CallEvent): void {
    this.#with(event, (call) => {
      call.step?.end({ endedAt: timeOf(event) })
      call.step = null
    })
  }

  onStepError(event: CallEvent & { readonly error: unknown }): void {
    this.#with(event, (call) => call.endOpen(brokenOff(event.error)))
  }

  onEmbedStart(event: ModelStartEvent & { readonly embedCallId: string }): void {
    this.#with(event, (call) => {
      const { provider, modelId: model } = event
      const start = { kind: 'embedding', name: `embeddings ${model}`, provider: providerOf(provider), model } as const
      call.inner.set(
        event.embedCallId,
        call.current.action({ ...start, startedAt: timeOf(event), ...inputField(event) }),
      )
    })
  }

  onEmbedEnd(event: CallEvent & { readonly embedCallId: string; readonly usage?: { readonly tokens: number } }): void {
    this.#with(event, (call) => {
      const tokens = event.usage?.tokens
      // Providers that do not say are NaN here.
      const usage = Number.isFinite(tokens) ? { usage: { inputTokens: tokens ?? null, outputTokens: 0 } } : {}
      call.inner.get(event.embedCallId)?.end({ ...usage, endedAt: timeOf(event) })
      call.inner.delete(event.embedCallId)
    })
  }

  onRerankStart(event: ModelStartEvent): void {
    this.#with(event, (call) => {
      const { provider, modelId: model } = event
      const start = { kind: 'retrieval', name: `rerank ${model}`, provider: providerOf(provider), model } as const
      call.model = call.current.action({ ...start, startedAt: timeOf(event), ...inputField(event) })
    })
  }

  onRerankEnd(event: CallEvent & { readonly ranking?: unknown }): void {
    this.#with(event, (call) => {
      call.model?.end({ output: event.recordOutputs === false ? undefined : event.ranking, endedAt: timeOf(event) })
      call.model = null
    })
  }

  onEnd(event: CallEvent & { readonly finishReason?: string; readonly content?: unknown }): Promise<void> | void {
    return quietlyWaiting(() => {
      const call = this.#take(event.callId)
      if (call === undefined) return
      const approvals = approvalIds(event.content, 'tool-approval-request')
      if (approvals.length > 0) return this.#waitForApproval(call, approvals)
      const { finishReason } = event
      const output = outputOf(event)
      call.endOpen({})
      call.end({
        status: finishReason === 'error' ? 'failure' : 'success',
        ...(finishReason === 'error' ? { error: new BrokenStream() } : {}),
        ...(finishReason === undefined || finishReason === 'stop' ? {} : { endReason: finishReason }),
        ...(output === undefined ? {} : { output }),
        endedAt: timeOf(event),
      })
    })
  }

  onAbort(event: CallEvent & { readonly reason?: unknown }): void {
    quietly(() => {
      // Without a reason the caller just stopped reading; a time-out arrives here, too, and is a failure.
      this.#breakOff(event, event.reason ?? { name: 'AbortError' })
    })
  }

  onError(event: unknown): void {
    quietly(() => {
      const failed = event as CallEvent & { readonly error: unknown }
      this.#breakOff(failed, failed.error)
    })
  }

  #breakOff(event: CallEvent, error: unknown): void {
    const call = this.#take(event.callId)
    const ending = brokenOff(error)
    const endedAt = timeOf(event)
    call?.endOpen({ ...ending, endedAt })
    call?.end({ ...ending, ...(ending.status === 'cancelled' ? { endReason: 'aborted' } : {}), endedAt })
  }

  /** Opens the execution that waited for these answers; if nobody remembers it, a new one. */
  async #continue(event: StartEvent, startedAt: Date, last: string, answered: readonly string[]): Promise<void> {
    const waiting = await Promise.resolve(this.#continuations.load(last)).catch(() => null)
    this.#open(event, startedAt, waiting)
    for (const approval of answered) await this.#continuations.forget(approval)
  }

  #open(event: StartEvent, startedAt: Date, waiting: WaitingExecution | null): void {
    const agent = this.#agent ?? event.functionId
    const conversationId = conversationOf(event.runtimeContext)
    const began = waiting === null ? startedAt : new Date(waiting.startedAt)
    const execution = this.logger.startExecution({
      ...(agent === undefined ? {} : { agent }),
      ...(conversationId === undefined ? {} : { conversationId }),
      ...(waiting === null ? inputField(event) : { executionId: waiting.executionId }),
      attributes: { 'ai.operationId': event.operationId },
      startedAt: began,
    })
    this.#keep(event.callId, new OpenCall(execution, began))
  }

  async #waitForApproval(call: OpenCall, approvals: readonly string[]): Promise<void> {
    call.endOpen({})
    call.wait('approval')
    if (call.execution === null) return
    const waiting = { executionId: call.execution.executionId, startedAt: call.startedAt.toISOString() }
    for (const approval of approvals) await this.#continuations.save(approval, waiting)
  }

  #keep(callId: string, call: OpenCall): void {
    this.#calls.set(callId, call)
    const oldest = this.#calls.size > callsMax ? this.#calls.keys().next().value : undefined
    if (oldest !== undefined) this.#calls.delete(oldest)
  }

  #take(callId: string): OpenCall | undefined {
    const call = this.#calls.get(callId)
    this.#calls.delete(callId)
    return call
  }

  #with(event: CallEvent, work: (call: OpenCall) => void): void {
    quietly(() => {
      const call = this.#calls.get(event.callId)
      if (call !== undefined) work(call)
    })
  }
}

class BrokenStream extends Error {
  override readonly name = 'BrokenStream'
  constructor() {
    super('The stream of the model ended with an error.')
  }
}

function timeOf(event: CallEvent): Date {
  return event.timestamp === undefined ? new Date() : new Date(event.timestamp)
}

function inputField(event: CallEvent): { readonly input?: unknown } {
  const input = inputOf(event)
  return input === undefined ? {} : { input }
}

function outputOf(event: CallEvent): unknown {
  if (event.recordOutputs === false) return undefined
  const { text, object, content } = event as { readonly text?: unknown; readonly object?: unknown; content?: unknown }
  return object ?? (text === '' || text === undefined ? content : text)
}

/** An abort is a decision, not a failure. */
function brokenOff(error: unknown): { readonly status: 'cancelled' } | { readonly status: 'failure'; error: unknown } {
  const { name } = (typeof error === 'object' && error !== null ? error : {}) as { readonly name?: unknown }
  return name === 'AbortError' ? { status: 'cancelled' } : { status: 'failure', error }
}
