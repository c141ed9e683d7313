import type { MacroDefinition as Written } from '@metaagent/contract'
import type { MacroDefinition, Step, StepAction } from './definition.ts'

/** A definition as it is written, with what was left out filled in. */
export function runnable(written: Written): MacroDefinition {
  return {
    inputs: written.inputs,
    timeoutMs: written.timeoutMs,
    steps: written.steps.map(
      (step): Step => ({ ...step, idempotencyKey: step.idempotencyKey ?? `{{execution.id}}/${step.name}` }),
    ),
  }
}

/** What a step does, or what undoes it. */
export function actionOf(step: Step, compensation: boolean): StepAction {
  return compensation ? (step.compensation ?? step) : step
}
