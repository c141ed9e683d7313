import type { ActionEnd, ActionStart, AgentLogger, ExecutionStart, OpenAction, OpenExecution } from '../agent-logger.ts'
import type { Ending } from './ending.ts'
import { fields } from './llm-output.ts'

/** A run that LangChain started and has not ended. */
export interface OpenRun {
  /** Where its children are reported. */
  readonly scope: OpenAction | OpenExecution
  /** The step that it is; null for a root, and for plumbing that is folded into its parent. */
  readonly action: OpenAction | null
  readonly root: OpenRoot
  readonly isRoot: boolean
  readonly provider: string | undefined
  readonly startedAtMs: number
  firstTokenAtMs: number | null
  /** Output tokens as the last event of a stream said, where LangChain's own sum is not to be trusted. */
  streamedOutputTokens: number | null
}

/** What all runs below one root share. */
export interface OpenRoot {
  /** Null below a parent that somebody else reports. */
  readonly execution: OpenExecution | null
  readonly startedAt: Date
  /** Key of its continuation; null when it cannot be resumed. */
  readonly thread: string | null
  /** What is awaited since a node was interrupted. */
  waiting: { readonly reason: string; readonly interrupts: unknown } | null
  /** The time-out that a node ended by; the graph around it tells only of an abort. */
  timeout: Ending | null
}

export interface RootStart {
  readonly execution: ExecutionStart
  readonly thread: string | null
}

/** Runs that never end (a stream nobody read to its end) must not grow without limit. */
const runsMax = 20_000

/** Maps LangChain's tree of runs to executions and actions. */
export class RunTree {
  readonly #logger: AgentLogger
  readonly #parent: OpenAction | OpenExecution | null
  readonly #runs = new Map<string, OpenRun>()

  constructor(logger: AgentLogger, parent: OpenAction | OpenExecution | null) {
    this.#logger = logger
    this.#parent = parent
  }

  get(runId: string): OpenRun | undefined {
    return this.#runs.get(runId)
  }

  /** Opens a root; with `step` it is a single call without a chain around it, reported inside its own execution. */
  openRoot(runId: string, start: RootStart, step: ActionStart, isSingleCall: boolean): void {
    const startedAt = start.execution.startedAt ?? new Date()
    if (this.#parent !== null) {
      const action = this.#parent.action(isSingleCall ? step : { ...step, kind: 'agent' })
      const root: OpenRoot = { execution: null, startedAt, thread: null, waiting: null, timeout: null }
      return this.#keep(runId, { scope: action, action, root, isRoot: true, provider: step.provider })
    }
    const execution = this.#logger.startExecution({ ...start.execution, startedAt })
    const action = isSingleCall ? execution.action(step) : null
    const root: OpenRoot = { execution, startedAt, thread: start.thread, waiting: null, timeout: null }
    this.#keep(runId, { scope: action ?? execution, action, root, isRoot: true, provider: step.provider })
  }

  /** Opens a run below another; `null` folds it into its parent. */
  openChild(runId: string, parent: OpenRun, step: ActionStart | null): void {
    const action = step === null ? null : parent.scope.action(step)
    const { root } = parent
    this.#keep(runId, { scope: action ?? parent.scope, action, root, isRoot: false, provider: step?.provider })
  }

  /** Ends a run well. Answers the root if it ended with it. */
  end(runId: string, end: ActionEnd): OpenRun | null {
    const run = this.#take(runId)
    if (run === undefined) return null
    const { execution, waiting } = run.root
    if (run.isRoot && waiting !== null) {
      // A graph ends without an error when it was interrupted; its nodes told so.
      run.action?.end(stepEnd({ kind: 'waiting', ...waiting }))
      execution?.wait(waiting.reason)
      return run
    }
    run.action?.end(end)
    if (!run.isRoot) return null
    execution?.end({ status: 'success', ...(end.output === undefined ? {} : { output: end.output }) })
    return run
  }

  /** Ends a run as its error says. Answers the root if it ended with it. */
  endBy(runId: string, told: Ending): OpenRun | null {
    const run = this.#take(runId)
    if (run === undefined) return null
    const ending = run.isRoot && told.kind === 'cancelled' ? (run.root.timeout ?? told) : told
    if (ending.kind === 'failure' && fields(ending.error)['name'] === 'TimeoutError') run.root.timeout = ending
    if (ending.kind === 'waiting') run.root.waiting = { reason: ending.reason, interrupts: ending.interrupts }
    run.action?.end(stepEnd(ending))
    if (!run.isRoot) return null
    if (ending.kind !== 'waiting') run.root.waiting = null
    endExecution(run.root, ending)
    return run
  }

  #keep(runId: string, run: Omit<OpenRun, 'startedAtMs' | 'firstTokenAtMs' | 'streamedOutputTokens'>): void {
    this.#runs.set(runId, { ...run, startedAtMs: Date.now(), firstTokenAtMs: null, streamedOutputTokens: null })
    const oldest = this.#runs.size > runsMax ? this.#runs.keys().next().value : undefined
    if (oldest !== undefined) this.#runs.delete(oldest)
  }

  #take(runId: string): OpenRun | undefined {
    const run = this.#runs.get(runId)
    this.#runs.delete(runId)
    return run
  }
}

function stepEnd(ending: Ending): ActionEnd {
  switch (ending.kind) {
    case 'handed-over':
      return { status: 'success' }
    case 'waiting':
      // It is run again from its beginning when the graph resumes; this attempt is neither success nor failure.
      return {
        status: 'cancelled',
        attributes: { 'metaagent.waiting': ending.reason },
        ...(ending.interrupts === undefined ? {} : { output: { interrupts: ending.interrupts } }),
      }
    default:
      return { status: ending.kind, error: ending.error }
  }
}

function endExecution({ execution }: OpenRoot, ending: Ending): void {
  switch (ending.kind) {
    case 'waiting':
      return execution?.wait(ending.reason)
    case 'handed-over':
      return execution?.end({ status: 'success' })
    default:
      return execution?.end({
        status: ending.kind,
        error: ending.error,
        ...(ending.endReason === undefined ? {} : { endReason: ending.endReason }),
      })
  }
}
