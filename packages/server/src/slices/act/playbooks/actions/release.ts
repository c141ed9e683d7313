import type { JsonValue } from '@metaagent/contract'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { StepAnswer, StepCall, StepExecutor } from '../../../../ports/step-executor.ts'
import type { Step } from '../model/definition.ts'
import type { ExecutionEvent, Release } from '../model/execution/state.ts'
import { actionOf } from '../model/runnable.ts'
import { filledAsFarAsKnown, filledValue } from '../model/template.ts'
import type { NewExecutionEvent, StoredExecution } from '../store/executions.ts'
import { executorOf } from './executors.ts'
import { why } from './step-answers.ts'

/** What a step answered is kept up to this long; later steps see no more of it. */
const outputMaxChars = 16_384

/** A release that somebody acts on, with who does it. */
export interface Prepared {
  readonly executor: StepExecutor
  readonly call: StepCall
}

/** One attempt of a step or of its compensation. */
export interface Attempt {
  readonly step: Step
  readonly release: Release
  readonly compensation: boolean
}

/** Fills in the arguments of an attempt and finds who does it; what cannot be done is a failure for good. */
export function prepared(
  execution: StoredExecution,
  organizationId: string,
  attempt: Attempt & { readonly releasedAtMs: number; readonly reference: string | null },
): Prepared | Extract<StepAnswer, { kind: 'failed' }> {
  const { step, release, compensation } = attempt
  const action = actionOf(step, compensation)
  const executor = executorOf(action.kind)
  if (executor === null)
    return final(
      why('unknown-kind', `No part of this server carries out steps of the kind ${action.kind}.`, action.kind),
    )
  const filled = filledArguments(action.arguments as JsonValue, execution)
  if (filled === null)
    return final(why('reference-absent', `The arguments of "${step.name}" name a value that is not there.`))
  const parsed = executor.arguments.safeParse(filled)
  const issue = parsed.error?.issues[0]
  // What a dry execution only tells may lack what the steps before it would have answered.
  const isOnlyTold = execution.dry && executor.hasEffect
  if (!parsed.success && !isOnlyTold)
    return final(why('arguments-refused', `/${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'does not fit'}.`))
  const { executionId, macroId, macro, version, environment, synthetic, correlationId, startedBy } = execution
  const call: StepCall = {
    organizationId,
    executionId,
    macro: { macroId, name: macro, version },
    environment,
    step: step.name,
    compensation,
    attempt: release.attempt,
    idempotencyKey: release.idempotencyKey,
    arguments: parsed.success ? parsed.data : filled,
    releasedAt: instantFromEpochMs(attempt.releasedAtMs),
    deadlineAt: instantFromEpochMs(release.deadlineAtMs),
    synthetic,
    correlationId,
    startedBy,
    reference: attempt.reference,
  }
  return { executor, call }
}

/** Null: something that they name is not there. In a dry execution it stays as it is written. */
function filledArguments(values: JsonValue, { dry, state }: StoredExecution): JsonValue | null {
  return dry ? filledAsFarAsKnown(values, state) : filledValue(values, state)
}

function final(because: StepAnswer['because']): Extract<StepAnswer, { kind: 'failed' }> {
  return { kind: 'failed', retryable: false, because }
}

/** What a dry execution answers in place of what would have touched something. */
export function dryAnswer({ executor, call }: Prepared): StepAnswer {
  const text = `Not done, since the execution is dry: ${executor.kind} would have been carried out.`
  return { kind: 'succeeded', output: { dry: true, would: call.arguments as JsonValue }, because: why('dry', text) }
}

/** An answer as an event of the execution. */
export function answerEvent(
  { step, release, compensation }: Attempt,
  answer: StepAnswer,
  atMs: number,
): NewExecutionEvent {
  const told = { because: answer.because, reference: null }
  if (answer.kind === 'failed') {
    const failure = { atMs, retryable: answer.retryable }
    const type = compensation ? 'compensation-attempt-failed' : 'attempt-failed'
    return { event: { type, step: step.name, attempt: release.attempt, failure }, ...told }
  }
  const event: ExecutionEvent = compensation
    ? { type: 'compensation-succeeded', step: step.name }
    : { type: 'succeeded', step: step.name, output: bounded(answer.output) }
  return { event, ...told }
}

function bounded(output: JsonValue): JsonValue {
  const text = JSON.stringify(output)
  return text.length <= outputMaxChars ? output : { truncated: true, text: text.slice(0, 4_000) }
}

/** Whether something is an answer, and not what to wait for. */
export function isAnswer(value: { readonly reference: string } | StepAnswer | Prepared): value is StepAnswer {
  return 'kind' in value
}
