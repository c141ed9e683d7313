import { assertInvariant } from '../../../../kernel/assert.ts'
import { addMs, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { StepAnswer } from '../../../../ports/step-executor.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { MacroDefinition, Step } from '../model/definition.ts'
import { runOf } from '../model/execution/state.ts'
import { decideNext, type ExecutionDecision } from '../model/execution.ts'
import { becauseOf, stepsUndone } from '../model/progress.ts'
import { actionOf, runnable } from '../model/runnable.ts'
import { executionById, lastRelease, type NewExecutionEvent, type StoredExecution } from '../store/executions.ts'
import { definitionOf } from '../store/macros.ts'
import { executorOf } from './executors.ts'
import { type Onward, recordEvents, tellStep } from './record.ts'
import { type Attempt, answerEvent, dryAnswer, isAnswer, type Prepared, prepared } from './release.ts'
import { why } from './step-answers.ts'

/** An attempt that was recorded as released and is to be made now, with no transaction open. */
export interface Calling {
  readonly attempt: Attempt
  readonly prepared: Prepared
}

/** A call whose answer comes at its deadline is still recorded before anybody looks again. */
const graceMs = 1_000

/** Locks an execution that runs; null: it is gone or has ended. */
export async function lockRunning(
  tx: Tx,
  executionId: string,
): Promise<{ readonly execution: StoredExecution; readonly definition: MacroDefinition } | null> {
  const execution = await executionById(tx, executionId, true)
  if (execution === null || execution.status !== 'running') return null
  const written = await definitionOf(tx, execution.macroId, execution.version)
  assertInvariant(written !== null, 'the version that an execution runs is never removed')
  return { execution, definition: runnable(written) }
}

/**
 * Takes one execution one decision on, in a transaction of its own, so that what breaks takes nothing else with it. Answers
 * a call that was recorded as released and is to be made now, or whether there is more to do at once.
 */
export async function plan(deps: Deps, tx: Tx, executionId: string): Promise<Calling | 'more' | 'rest'> {
  const locked = await lockRunning(tx, executionId)
  if (locked === null) return 'rest'
  const { definition, execution } = locked
  const waiting = await pollWaiting(deps, tx, execution, definition)
  if (waiting !== 'none') return waiting
  const decision = decideNext({ definition, state: execution.state, nowMs: deps.clock.now() })
  if (decision.kind === 'wait') {
    const untilMs = Math.ceil(decision.untilMs) + (decision.because.rule === 'in-flight' ? graceMs : 0)
    await recordEvents(deps, tx, execution, [], { dueAt: instantFromEpochMs(untilMs) })
    return 'rest'
  }
  if (decision.kind === 'done' || decision.kind === 'failed') {
    await end(deps, tx, execution, decision)
    return 'rest'
  }
  return (await releaseStep(deps, tx, { execution, definition, decision })) ?? 'more'
}

type Ending = Extract<ExecutionDecision, { kind: 'done' | 'failed' }>

async function end(deps: Deps, tx: Tx, execution: StoredExecution, decision: Ending): Promise<void> {
  const because = becauseOf(decision.because)
  if (decision.kind === 'done') {
    await recordEvents(deps, tx, execution, [], { status: 'succeeded', because })
    return
  }
  const events = turningBack(execution, decision)
  const wasCancelled = (execution.state.turnedBack ?? decision.because).rule === 'cancelled'
  const undone = stepsUndone(execution.state) > 0
  const status = !decision.compensated ? 'failed' : wasCancelled ? 'cancelled' : undone ? 'compensated' : 'failed'
  // What made it turn back says more than that everything is undone.
  const told = decision.compensated ? becauseOf(execution.state.turnedBack ?? decision.because) : because
  await recordEvents(deps, tx, execution, events, { status, because: told })
}

/** Recorded with the first decision to go back. */
export function turningBack(execution: StoredExecution, decision: ExecutionDecision): readonly NewExecutionEvent[] {
  if (execution.state.turnedBack !== null) return []
  const event = { type: 'turned-back', because: decision.because } as const
  return [{ event, because: becauseOf(decision.because), reference: null }]
}

/** Records the release, and the answer where there is one; answers a call that is to be made outside. */
async function releaseStep(
  deps: Deps,
  tx: Tx,
  asked: {
    readonly execution: StoredExecution
    readonly definition: MacroDefinition
    readonly decision: Extract<ExecutionDecision, { kind: 'act' | 'compensate' }>
  },
): Promise<Calling | null> {
  const { execution, definition, decision } = asked
  const compensation = decision.kind === 'compensate'
  const { release } = decision
  const attempt: Attempt = { step: stepNamed(definition, release.step), release, compensation }
  const turned = compensation ? turningBack(execution, decision) : []
  const now = deps.clock.now()
  const ready = prepared(execution, tx.organizationId, { ...attempt, releasedAtMs: now, reference: null })
  const started = isAnswer(ready) ? ready : await begun(deps, tx, execution, ready)
  const reference = started !== null && 'reference' in started ? started.reference : null
  const released: NewExecutionEvent = {
    event: { type: compensation ? 'compensation-released' : 'released', release },
    because: becauseOf(decision.because),
    reference,
  }
  const events = [...turned, released]
  if (started !== null && isAnswer(started)) {
    await settle(deps, tx, execution, { attempt, answer: started, before: events })
    return null
  }
  const dueAt = reference === null ? addMs(instantFromEpochMs(Math.ceil(release.deadlineAtMs)), graceMs) : now
  await recordEvents(deps, tx, execution, events, { dueAt })
  if (reference !== null) return null
  assertInvariant(!isAnswer(ready), 'what cannot be prepared is answered')
  return { attempt, prepared: ready }
}

function stepNamed(definition: MacroDefinition, name: string): Step {
  const step = definition.steps.find((one) => one.name === name)
  assertInvariant(step !== undefined, 'a released step stands in its definition')
  return step
}

/** Null: it is a call, made later. */
async function begun(
  deps: Deps,
  tx: Tx,
  { dry }: StoredExecution,
  ready: Prepared,
): Promise<StepAnswer | { readonly reference: string } | null> {
  const { executor, call } = ready
  if (dry && executor.hasEffect) return dryAnswer(ready)
  if (executor.mode === 'call') return null
  return executor.mode === 'apply' ? await executor.apply(deps, tx, call) : await executor.begin(deps, tx, call)
}

/** Records an answer to an attempt, and tells it. */
export async function settle(
  deps: Deps,
  tx: Tx,
  execution: StoredExecution,
  settled: {
    readonly attempt: Attempt
    readonly answer: StepAnswer
    /** What is recorded with it, before it. */
    readonly before?: readonly NewExecutionEvent[]
  },
): Promise<void> {
  const { attempt, answer, before = [] } = settled
  const now = deps.clock.now()
  const onward: Onward = { dueAt: now }
  await recordEvents(deps, tx, execution, [...before, answerEvent(attempt, answer, now)], onward)
  await tellStep(deps, tx, execution, {
    step: attempt.step.name,
    attempt: attempt.release.attempt,
    outcome: answer.kind,
    compensation: attempt.compensation,
    because: answer.because,
  })
}

/** While a wait is asked again: often at first, then less and less. */
function pollAfterMs(waitedMs: number): number {
  return Math.min(15_000, Math.max(1_000, waitedMs / 10))
}

/**
 * Asks a step that waits whether it is over. A cancelled execution waits for nothing, and a wait past its deadline is not
 * begun again: what did not come in its time would be waited for without end.
 */
async function pollWaiting(
  deps: Deps,
  tx: Tx,
  execution: StoredExecution,
  definition: MacroDefinition,
): Promise<'none' | 'more' | 'rest'> {
  const attempt = waitingAttempt(execution, definition)
  if (attempt === null) return 'none'
  const { step, compensation, release } = attempt
  const type = compensation ? 'compensation-released' : 'released'
  const began = await lastRelease(tx, execution.executionId, step.name, type)
  assertInvariant(began !== null, 'a step in flight was released')
  const place = { ...attempt, releasedAtMs: began.at.getTime(), reference: began.reference }
  const ready = prepared(execution, tx.organizationId, place)
  if (isAnswer(ready)) {
    await settle(deps, tx, execution, { attempt, answer: ready })
    return 'more'
  }
  const { executor, call } = ready
  assertInvariant(executor.mode === 'wait', 'only what waits is asked again')
  const now = deps.clock.now()
  const answer = await executor.poll(deps, tx, call)
  const isCancelled = execution.state.cancelledAtMs !== null
  if (answer === null && !isCancelled && now < release.deadlineAtMs) {
    const dueAt = Math.min(release.deadlineAtMs, now + pollAfterMs(now - place.releasedAtMs))
    await recordEvents(deps, tx, execution, [], { dueAt: instantFromEpochMs(Math.ceil(dueAt)) })
    return 'rest'
  }
  if (answer === null) await executor.abandon(deps, tx, call)
  const given = answer ?? { kind: 'failed', retryable: false, because: givenUp(isCancelled, now - place.releasedAtMs) }
  await settle(deps, tx, execution, { attempt, answer: given })
  return 'more'
}

function givenUp(isCancelled: boolean, waitedMs: number): StepAnswer['because'] {
  return isCancelled
    ? why('cancelled', 'It was cancelled, so nobody waits any more.')
    : why('timeout', `Nothing came within ${Math.round(waitedMs / 1_000)} s.`, waitedMs)
}

/** The step in flight that waits, if one does. */
function waitingAttempt(execution: StoredExecution, definition: MacroDefinition): Attempt | null {
  const { state } = execution
  for (const step of definition.steps)
    for (const compensation of [false, true]) {
      const run = runOf(compensation ? state.compensations : state.steps, step.name)
      if (run === null || run.succeeded || run.failure !== null) continue
      if (executorOf(actionOf(step, compensation).kind)?.mode !== 'wait') continue
      const { attempts: attempt, idempotencyKey, deadlineAtMs } = run
      return { step, compensation, release: { step: step.name, attempt, idempotencyKey, deadlineAtMs } }
    }
  return null
}
