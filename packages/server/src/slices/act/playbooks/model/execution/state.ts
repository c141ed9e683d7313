/** What was seen and what the rule's limit is; null where neither says anything. Times are epoch milliseconds. */
export interface ExecutionReason {
  readonly rule:
    | 'next-step'
    | 'retry'
    | 'backoff'
    | 'in-flight'
    | 'all-succeeded'
    | 'attempts-exhausted'
    | 'not-retryable'
    | 'macro-timeout'
    | 'cancelled'
    | 'key-unresolved'
    | 'compensated'
    | 'compensation-failed'
  readonly observed: number | null
  readonly limit: number | null
  readonly step: string | null
}

/** A step or its compensation to release now, under this key. */
export interface Release {
  readonly step: string
  /** From 1. */
  readonly attempt: number
  readonly idempotencyKey: string
  /** When it counts as failed without an answer. */
  readonly deadlineAtMs: number
}

/** What happened to an execution, as it is journaled. Times are epoch milliseconds. */
export type ExecutionEvent =
  | { readonly type: 'released'; readonly release: Release }
  | { readonly type: 'succeeded'; readonly step: string; readonly output: unknown }
  | { readonly type: 'attempt-failed'; readonly step: string; readonly attempt: number; readonly failure: Failure }
  | { readonly type: 'cancelled'; readonly atMs: number }
  /** Recorded with the first decision to compensate, or to fail: from here there is no way forwards. */
  | { readonly type: 'turned-back'; readonly because: ExecutionReason }
  | { readonly type: 'compensation-released'; readonly release: Release }
  | { readonly type: 'compensation-succeeded'; readonly step: string }
  | {
      readonly type: 'compensation-attempt-failed'
      readonly step: string
      readonly attempt: number
      readonly failure: Failure
    }

export interface Failure {
  readonly atMs: number
  readonly retryable: boolean
}

export interface Run {
  readonly attempts: number
  /** The one of the first release, for ever. */
  readonly idempotencyKey: string
  readonly deadlineAtMs: number
  readonly succeeded: boolean
  /** Of the attempt that was released last; null while it has not answered. */
  readonly failure: Failure | null
}

/** Plain JSON. */
export interface ExecutionState {
  readonly executionId: string
  readonly inputs: unknown
  readonly startedAtMs: number
  readonly cancelledAtMs: number | null
  readonly turnedBack: ExecutionReason | null
  readonly outputs: Readonly<Record<string, unknown>>
  readonly steps: Readonly<Record<string, Run>>
  readonly compensations: Readonly<Record<string, Run>>
}

/** An execution of which nothing has happened yet. */
export function startedExecution(start: {
  readonly executionId: string
  readonly inputs: unknown
  readonly startedAtMs: number
}): ExecutionState {
  return { ...start, cancelledAtMs: null, turnedBack: null, outputs: {}, steps: {}, compensations: {} }
}

/** The state after one more event. An answer that comes late, or twice, says what it says: success stays success. */
export function stateAfter(state: ExecutionState, event: ExecutionEvent): ExecutionState {
  switch (event.type) {
    case 'released':
      return { ...state, steps: withRelease(state.steps, event.release) }
    case 'succeeded':
      if (runOf(state.steps, event.step)?.succeeded === true) return state
      return {
        ...state,
        outputs: { ...state.outputs, [event.step]: event.output },
        steps: withSuccess(state.steps, event.step),
      }
    case 'attempt-failed':
      return { ...state, steps: withFailure(state.steps, event) }
    case 'cancelled':
      return { ...state, cancelledAtMs: state.cancelledAtMs ?? event.atMs }
    case 'turned-back':
      return { ...state, turnedBack: state.turnedBack ?? event.because }
    case 'compensation-released':
      return { ...state, compensations: withRelease(state.compensations, event.release) }
    case 'compensation-succeeded':
      return { ...state, compensations: withSuccess(state.compensations, event.step) }
    case 'compensation-attempt-failed':
      return { ...state, compensations: withFailure(state.compensations, event) }
  }
}

type Runs = Readonly<Record<string, Run>>

/** Null while it was never released. A step may be called `constructor`. */
export function runOf(runs: Runs, step: string): Run | null {
  return Object.hasOwn(runs, step) ? (runs[step] ?? null) : null
}

function withRelease(runs: Runs, { step, attempt, idempotencyKey, deadlineAtMs }: Release): Runs {
  const before = runOf(runs, step)
  const key = before?.idempotencyKey ?? idempotencyKey
  const succeeded = before?.succeeded ?? false
  return { ...runs, [step]: { attempts: attempt, idempotencyKey: key, deadlineAtMs, succeeded, failure: null } }
}

function withSuccess(runs: Runs, step: string): Runs {
  const run = runOf(runs, step)
  return run === null ? runs : { ...runs, [step]: { ...run, succeeded: true, failure: null } }
}

/** An earlier attempt's late failure says nothing about the one in flight. */
function withFailure(
  runs: Runs,
  { step, attempt, failure }: { readonly step: string; readonly attempt: number; readonly failure: Failure },
): Runs {
  const run = runOf(runs, step)
  if (run === null || run.succeeded || attempt !== run.attempts) return runs
  return { ...runs, [step]: { ...run, failure } }
}
