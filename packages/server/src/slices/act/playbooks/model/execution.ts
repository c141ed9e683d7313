import type { MacroDefinition, Step } from './definition.ts'
import { type ExecutionReason, type ExecutionState, type Release, type Run, runOf } from './execution/state.ts'
import { filled } from './template.ts'

export type ExecutionDecision =
  | { readonly kind: 'act'; readonly release: Release; readonly because: ExecutionReason }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly because: ExecutionReason }
  | { readonly kind: 'compensate'; readonly release: Release; readonly because: ExecutionReason }
  | { readonly kind: 'done'; readonly because: ExecutionReason }
  /** `compensated`: everything that succeeded and had a compensation was undone. */
  | { readonly kind: 'failed'; readonly compensated: boolean; readonly because: ExecutionReason }

export interface ExecutionQuestion {
  readonly definition: MacroDefinition
  readonly state: ExecutionState
  readonly nowMs: number
}

/**
 * What to do next, from what has happened alone: whoever wakes up, however often, reads the same answer. The caller records
 * a release before it acts on it. Forwards, steps run one by one; an attempt without an answer at its deadline counts as
 * failed and is retried under the same key, since it may have taken effect. Once the execution turned back it never goes
 * forwards again; what succeeded is undone in reverse, one by one, and a compensation that fails for good stops it.
 */
export function decideNext(question: ExecutionQuestion): ExecutionDecision {
  const { definition, state, nowMs } = question
  const at = definition.steps.findIndex(({ name }) => runOf(state.steps, name)?.succeeded !== true)
  const next = definition.steps[at]
  if (state.turnedBack !== null) return backwards(question, state.turnedBack)
  if (next === undefined) return { kind: 'done', because: reason('all-succeeded', definition.steps.length) }
  const run = runOf(state.steps, next.name)
  const endsAtMs = state.startedAtMs + definition.timeoutMs
  if (state.cancelledAtMs !== null)
    return backwards(question, reason('cancelled', state.cancelledAtMs, null, next.name))
  if (nowMs >= endsAtMs) return backwards(question, reason('macro-timeout', nowMs, endsAtMs, next.name))
  const tried = tryAgain(next, run, nowMs)
  if (tried.kind === 'give-up') return backwards(question, tried.because)
  if (tried.kind === 'wait') return { ...tried, untilMs: Math.min(tried.untilMs, endsAtMs) }
  const idempotencyKey = run?.idempotencyKey ?? filled(next.idempotencyKey, state)
  if (idempotencyKey === null) return backwards(question, reason('key-unresolved', null, null, next.name))
  const deadlineAtMs = Math.min(nowMs + next.timeoutMs, endsAtMs)
  const release = { step: next.name, attempt: tried.attempt, idempotencyKey, deadlineAtMs }
  return { kind: 'act', release, because: tried.because }
}

/** The last step that succeeded and is not undone is undone first. */
function backwards({ definition, state, nowMs }: ExecutionQuestion, why: ExecutionReason): ExecutionDecision {
  // An attempt in flight may still succeed: it is waited for, so that it can be undone in its turn.
  const flying = definition.steps.find(({ name }) => isInFlight(runOf(state.steps, name), nowMs))
  const until = flying === undefined ? null : (runOf(state.steps, flying.name)?.deadlineAtMs ?? null)
  if (flying !== undefined && until !== null)
    return { kind: 'wait', untilMs: until, because: reason('in-flight', nowMs, until, flying.name) }
  const step = definition.steps.findLast(
    ({ name, compensation }) =>
      compensation !== null &&
      runOf(state.steps, name)?.succeeded === true &&
      runOf(state.compensations, name)?.succeeded !== true,
  )
  if (step === undefined) return { kind: 'failed', compensated: true, because: why }
  const tried = tryAgain(step, runOf(state.compensations, step.name), nowMs)
  if (tried.kind === 'wait') return tried
  if (tried.kind === 'give-up')
    return { kind: 'failed', compensated: false, because: { ...tried.because, rule: 'compensation-failed' } }
  // What succeeded was released under a key; its undoing is another effect, so it has another.
  const idempotencyKey = `${runOf(state.steps, step.name)?.idempotencyKey ?? ''}:compensation`
  const release = { step: step.name, attempt: tried.attempt, idempotencyKey, deadlineAtMs: nowMs + step.timeoutMs }
  return { kind: 'compensate', release, because: why }
}

type Tried =
  | { readonly kind: 'release'; readonly attempt: number; readonly because: ExecutionReason }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly because: ExecutionReason }
  | { readonly kind: 'give-up'; readonly because: ExecutionReason }

function tryAgain({ name, retries }: Step, run: Run | null, nowMs: number): Tried {
  if (run === null) return { kind: 'release', attempt: 1, because: reason('next-step', 0, retries.attemptsMax, name) }
  if (isInFlight(run, nowMs))
    return { kind: 'wait', untilMs: run.deadlineAtMs, because: reason('in-flight', nowMs, run.deadlineAtMs, name) }
  if (run.failure?.retryable === false)
    return { kind: 'give-up', because: reason('not-retryable', run.attempts, retries.attemptsMax, name) }
  if (run.attempts >= retries.attemptsMax)
    return { kind: 'give-up', because: reason('attempts-exhausted', run.attempts, retries.attemptsMax, name) }
  const failedAtMs = run.failure?.atMs ?? run.deadlineAtMs
  const waitMs = Math.min(retries.backoffMaxMs, retries.backoffMs * retries.factor ** (run.attempts - 1))
  const untilMs = failedAtMs + waitMs
  if (nowMs < untilMs) return { kind: 'wait', untilMs, because: reason('backoff', nowMs, untilMs, name) }
  return {
    kind: 'release',
    attempt: run.attempts + 1,
    because: reason('retry', run.attempts, retries.attemptsMax, name),
  }
}

function isInFlight(run: Run | null, nowMs: number): boolean {
  return run !== null && !run.succeeded && run.failure === null && nowMs < run.deadlineAtMs
}

function reason(
  rule: ExecutionReason['rule'],
  observed: number | null,
  limit: number | null = null,
  step: string | null = null,
): ExecutionReason {
  return { rule, observed, limit, step }
}
