import type { Because, MacroStepState } from '@metaagent/contract'
import type { ExecutionReason, ExecutionState } from './execution/state.ts'
import { runOf } from './execution/state.ts'

/** How many steps were taken back. */
export function stepsUndone(state: ExecutionState): number {
  return Object.values(state.compensations).filter(({ succeeded }) => succeeded).length
}

/** Where a step stands. `hasCompensation`: what was done can be undone. `ended`: nothing more happens. */
export function stepState(
  state: ExecutionState,
  step: { readonly name: string; readonly hasCompensation: boolean },
  ended: boolean,
): MacroStepState {
  const run = runOf(state.steps, step.name)
  if (run === null) return ended || state.turnedBack !== null ? 'skipped' : 'waiting'
  if (!run.succeeded) return run.failure === null && !ended ? 'running' : 'failed'
  const undoing = runOf(state.compensations, step.name)
  if (undoing?.succeeded === true) return 'undone'
  return undoing !== null && (ended || undoing.failure !== null) ? 'not-undone' : 'succeeded'
}

const sentences: Readonly<Record<ExecutionReason['rule'], (step: string, reason: ExecutionReason) => string>> = {
  'next-step': (step) => `${step} is next.`,
  retry: (step, { observed, limit }) => `${step} was tried ${observed} of ${limit} times.`,
  backoff: (step) => `${step} is tried again after its wait.`,
  'in-flight': (step) => `${step} has not answered yet.`,
  'all-succeeded': (_, { observed }) => `All ${observed} steps succeeded.`,
  'attempts-exhausted': (step, { observed }) =>
    `${step} did not succeed in ${observed} ${observed === 1 ? 'attempt' : 'attempts'}.`,
  'not-retryable': (step) => `${step} failed in a way that trying again does not change.`,
  'macro-timeout': () => 'The macro took longer than it may.',
  cancelled: () => 'It was cancelled.',
  'key-unresolved': (step) => `The idempotency key of ${step} names a value that is not there.`,
  compensated: (step) => `${step} was undone.`,
  'compensation-failed': (step) => `${step} could not be undone, so what came before it was left as it is.`,
}

/** A reason of the model as everybody is shown it. */
export function becauseOf(reason: ExecutionReason): Because {
  const { rule, observed, limit, step } = reason
  return { rule, observed, limit, text: sentences[rule](step === null ? 'The step' : `The step "${step}"`, reason) }
}
