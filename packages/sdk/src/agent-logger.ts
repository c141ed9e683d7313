import type {
  ActionKind,
  ActionReportInput,
  ExecutionReportInput,
  ExecutionStatus,
  JsonValue,
  Usage,
} from '@metaagent/contract'
import { newActionId, newExecutionId } from './ids.ts'
import { type JudgmentReport, judgmentRow, type OwnJudgmentReport } from './judging.ts'
import { type RowList, Sender } from './sender.ts'
import { type AgentLoggerOptions, type LoggerStats, resolveSettings, type Settings } from './settings.ts'
import { snapshot } from './snapshot.ts'

type Scalar = string | number | boolean

export interface ExecutionStart {
  /** Default: the logger's agent, environment and release. */
  readonly agent?: string
  readonly environment?: string
  readonly release?: string
  /** 32 hex digits; default a new one. Give the OpenTelemetry trace id to join both worlds. */
  readonly executionId?: string
  readonly conversationId?: string
  /** The task or case; pairs the same work across releases. */
  readonly unit?: string
  readonly input?: unknown
  readonly attributes?: Readonly<Record<string, Scalar>>
  readonly synthetic?: boolean
  /** Default now. */
  readonly startedAt?: Date
}

export interface ExecutionEnd {
  readonly status: Exclude<ExecutionStatus, 'running'>
  readonly output?: unknown
  readonly error?: unknown
  readonly endReason?: string
  readonly score?: number
  readonly reportedCostUsd?: number
  readonly attributes?: Readonly<Record<string, Scalar>>
  readonly endedAt?: Date
}

export interface ActionStart {
  readonly kind: ActionKind
  readonly name: string
  readonly provider?: string
  readonly model?: string
  readonly input?: unknown
  readonly attributes?: Readonly<Record<string, Scalar>>
  readonly actionId?: string
  readonly startedAt?: Date
}

export interface ActionEnd {
  readonly status?: 'success' | 'failure' | 'cancelled'
  readonly output?: unknown
  readonly error?: unknown
  readonly usage?: Usage
  /** The model that answered, where it differs from the one asked for. */
  readonly model?: string
  readonly reportedCostUsd?: number
  readonly attributes?: Readonly<Record<string, Scalar>>
  readonly endedAt?: Date
}

/** One step of an execution, open until `end`. */
export interface OpenAction {
  readonly actionId: string
  /** Starts a step inside this one. */
  action(start: ActionStart): OpenAction
  /** Reports what a judge says of this step, also after it ended. */
  judge(judgment: OwnJudgmentReport): void
  /** Reports the step; the first call counts, further ones do nothing. */
  end(end?: ActionEnd): void
}

/** One run of an agent, open until `end`. */
export interface OpenExecution {
  readonly executionId: string
  action(start: ActionStart): OpenAction
  /** Says that a person or an event is awaited; `resume` or `end` may follow. */
  wait(reason?: string): void
  /** Says that what was awaited has come and the run goes on. */
  resume(): void
  /** Reports what a judge says of this run, also after it ended. */
  judge(judgment: OwnJudgmentReport): void
  /** Reports the outcome; the first call counts, further ones do nothing. */
  end(end: ExecutionEnd): void
}

/**
 * Reports what an agent does to MetaAgent. Calls return at once and never throw into the agent; rows are sent in
 * batches in the background, wait while the server is away, and are dropped and counted beyond the queue's limits.
 *
 * ```ts
 * const logger = new AgentLogger({ agent: 'support', release: 'v12' })
 * const run = logger.startExecution({ input: question, conversationId })
 * const call = run.action({ kind: 'llm', name: 'answer', model: 'gpt-4.1' })
 * call.end({ output: answer, usage: { inputTokens: 812, outputTokens: 64 } })
 * run.end({ status: 'success', output: answer })
 * ```
 */
export class AgentLogger {
  readonly #settings: Settings
  readonly #sender: Sender

  constructor(options: AgentLoggerOptions = {}) {
    this.#settings = resolveSettings(options)
    this.#sender = new Sender(this.#settings)
    if (!this.#settings.disabled) flushBeforeExit(this.#sender)
  }

  /** What became of the rows so far. */
  get stats(): LoggerStats {
    return this.#sender.stats
  }

  /** Begins an execution and reports it as running. */
  startExecution(start: ExecutionStart = {}): OpenExecution {
    return new Run(this.#settings, (list, row) => this.#report(list, row), start)
  }

  /**
   * Reports what a judge says of anything: a run, a step, or something else with a name. Needs a key with the scope
   * `judgments:write`.
   */
  judge(judgment: JudgmentReport): void {
    this.#report('events', () => judgmentRow(judgment))
  }

  /** Runs `work` as an execution: success when it resolves, failure when it throws; its result and error pass through. */
  async execute<T>(start: ExecutionStart, work: (run: OpenExecution) => Promise<T>): Promise<T> {
    const run = this.startExecution(start)
    try {
      const output = await work(run)
      run.end({ status: 'success', output })
      return output
    } catch (error) {
      run.end({ status: 'failure', error })
      throw error
    }
  }

  /** Sends what is queued, once; resolves when done or when the server is away. Never rejects. */
  async flush(): Promise<void> {
    await this.#sender.flush()
  }

  /** Sends what is queued for at most `waitMs` (default 5,000), then drops the rest and stops. */
  async close(waitMs = 5_000): Promise<void> {
    sendersToFlush.delete(this.#sender)
    await this.#sender.close(waitMs)
  }

  #report(list: RowList, row: () => unknown): void {
    if (this.#settings.disabled) return
    try {
      this.#sender.push(list, JSON.stringify(row()))
    } catch {
      // Whatever was wrong with the report, the agent must not feel it; the row is counted as lost.
      this.#sender.lose()
    }
  }
}

const sendersToFlush = new Set<Sender>()
let isListening = false

/** One listener for all loggers of a process: Node warns of a leak at the eleventh. */
function flushBeforeExit(sender: Sender): void {
  sendersToFlush.add(sender)
  if (isListening) return
  isListening = true
  globalThis.process?.once?.('beforeExit', () => {
    isListening = false
    for (const each of sendersToFlush) void each.flush()
  })
}

type Report = {
  (list: 'executions', row: () => ExecutionReportInput): void
  (list: 'actions', row: () => ActionReportInput): void
  (list: 'events', row: () => JsonValue): void
}

class Run implements OpenExecution {
  readonly executionId: string
  readonly #settings: Settings
  readonly #report: Report
  readonly #base: Omit<ExecutionReportInput, 'status'>
  #reportedAtMs = 0
  #ended = false

  constructor(settings: Settings, report: Report, start: ExecutionStart) {
    this.#settings = settings
    this.#report = report
    this.executionId = start.executionId ?? newExecutionId()
    const release = start.release ?? settings.release
    this.#base = {
      executionId: this.executionId,
      agent: start.agent ?? settings.agent,
      environment: start.environment ?? settings.environment,
      ...(release === null ? {} : { release }),
      startedAt: (start.startedAt ?? new Date()).toISOString(),
      ...(start.conversationId === undefined ? {} : { conversationId: start.conversationId }),
      ...(start.unit === undefined ? {} : { unit: start.unit }),
      ...(start.synthetic === undefined ? {} : { synthetic: start.synthetic }),
      ...(start.input === undefined ? {} : { input: snapshot(start.input, settings.fieldCharacters) }),
      ...(start.attributes === undefined ? {} : { attributes: start.attributes }),
    }
    this.#tell('running')
  }

  action(start: ActionStart): OpenAction {
    return new Step(this.#settings, this.#report, this.#base, null, start)
  }

  judge(judgment: OwnJudgmentReport): void {
    const subject = { kind: 'execution', id: this.executionId } as const
    this.#report('events', () => judgmentRow({ ...judgment, subject }))
  }

  wait(reason?: string): void {
    if (!this.#ended) this.#tell('waiting', reason)
  }

  resume(): void {
    if (!this.#ended) this.#tell('running')
  }

  /** The later of two open reports counts, so each is at least a millisecond after the one before. */
  #tell(status: 'running' | 'waiting', reason?: string): void {
    this.#reportedAtMs = Math.max(Date.now(), this.#reportedAtMs + 1)
    const reportedAt = new Date(this.#reportedAtMs).toISOString()
    const why = reason === undefined ? {} : { endReason: reason }
    this.#report('executions', () => ({ ...this.#base, status, reportedAt, ...why }))
  }

  end(end: ExecutionEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#report('executions', () => ({
      ...this.#base,
      status: end.status,
      endedAt: (end.endedAt ?? new Date()).toISOString(),
      ...errorFields(end.error),
      ...(end.endReason === undefined ? {} : { endReason: end.endReason }),
      ...(end.score === undefined ? {} : { score: end.score }),
      ...(end.reportedCostUsd === undefined ? {} : { reportedCostUsd: end.reportedCostUsd }),
      ...(end.output === undefined ? {} : { output: snapshot(end.output, this.#settings.fieldCharacters) }),
      ...(end.attributes === undefined ? {} : { attributes: { ...this.#base.attributes, ...end.attributes } }),
    }))
  }
}

class Step implements OpenAction {
  readonly actionId: string
  readonly #settings: Settings
  readonly #report: Report
  readonly #execution: Omit<ExecutionReportInput, 'status'>
  readonly #parent: string | null
  readonly #start: ActionStart
  readonly #startedAt: Date
  readonly #input: ReturnType<typeof snapshot> | undefined
  #ended = false

  constructor(
    settings: Settings,
    report: Report,
    execution: Omit<ExecutionReportInput, 'status'>,
    parent: string | null,
    start: ActionStart,
  ) {
    this.actionId = start.actionId ?? newActionId()
    this.#settings = settings
    this.#report = report
    this.#execution = execution
    this.#parent = parent
    this.#start = start
    this.#startedAt = start.startedAt ?? new Date()
    this.#input =
      start.input === undefined || settings.disabled ? undefined : snapshot(start.input, settings.fieldCharacters)
  }

  action(start: ActionStart): OpenAction {
    return new Step(this.#settings, this.#report, this.#execution, this.actionId, start)
  }

  judge(judgment: OwnJudgmentReport): void {
    const subject = { kind: 'action', id: `${this.#execution.executionId}/${this.actionId}` } as const
    this.#report('events', () => judgmentRow({ ...judgment, subject }))
  }

  end(end: ActionEnd = {}): void {
    if (this.#ended) return
    this.#ended = true
    const { kind, name, provider } = this.#start
    const model = end.model ?? this.#start.model
    const { executionId, agent, environment, release } = this.#execution
    this.#report('actions', () => ({
      executionId,
      actionId: this.actionId,
      parentActionId: this.#parent,
      agent,
      ...(environment === undefined ? {} : { environment }),
      ...(release === undefined ? {} : { release }),
      kind,
      name,
      startedAt: this.#startedAt.toISOString(),
      endedAt: (end.endedAt ?? new Date()).toISOString(),
      status: end.status ?? (end.error === undefined ? 'success' : 'failure'),
      ...errorFields(end.error),
      ...(provider === undefined ? {} : { provider }),
      ...(model === undefined ? {} : { model }),
      ...(end.usage === undefined ? {} : { usage: end.usage }),
      ...(end.reportedCostUsd === undefined ? {} : { reportedCostUsd: end.reportedCostUsd }),
      ...(this.#input === undefined ? {} : { input: this.#input }),
      ...(end.output === undefined ? {} : { output: snapshot(end.output, this.#settings.fieldCharacters) }),
      ...(this.#start.attributes === undefined && end.attributes === undefined
        ? {}
        : { attributes: { ...this.#start.attributes, ...end.attributes } }),
    }))
  }
}

function errorFields(error: unknown): { errorType?: string; errorMessage?: string } {
  if (error === undefined) return {}
  if (error instanceof Error)
    return { errorType: error.name.slice(0, 300), errorMessage: error.message.slice(0, 10_000) }
  return { errorType: 'Error', errorMessage: String(error).slice(0, 10_000) }
}
