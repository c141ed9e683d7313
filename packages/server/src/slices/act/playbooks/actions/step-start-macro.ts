import { Json, MacroName } from '@metaagent/contract'
import { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { StepExecutor } from '../../../../ports/step-executor.ts'
import { executionById } from '../store/executions.ts'
import { cancelExecution } from './record.ts'
import { startMacro } from './start.ts'
import { failed, succeeded, why } from './step-answers.ts'

export const StartArguments = z.strictObject({
  // No template: a loop is looked for when the macro is saved.
  macro: MacroName,
  inputs: Json.default({}),
})

/** Starts another macro in the same environment and waits for its end. */
export const startAnother: StepExecutor = {
  kind: 'start-macro',
  summary: 'Start another macro in the same environment and wait for its end.',
  arguments: StartArguments,
  timeoutMaxMs: 7 * 86_400_000,
  hasEffect: false,
  mode: 'wait',
  begin: async (deps, tx, step) => {
    const { macro, inputs } = StartArguments.parse(step.arguments)
    const parent = await executionById(tx, step.executionId, false)
    assertInvariant(parent !== null, 'a step belongs to an execution')
    const text = `The step "${step.step}" of ${step.macro.name} starts it.`
    const started = await startMacro(deps, tx, {
      name: macro,
      inputs,
      environment: step.environment,
      because: why('step-of-a-macro', text, step.executionId),
      synthetic: step.synthetic,
      dry: parent.dry,
      correlationId: step.correlationId,
      // One attempt, one execution: what failed once is started anew.
      idempotencyKey: `${step.idempotencyKey}/${step.attempt}`,
      startedBy: step.startedBy,
      parent: { executionId: step.executionId, depth: parent.depth + 1 },
    })
    return started.ok
      ? { reference: started.value.executionId }
      : failed(why(started.refusal.code, started.refusal.detail), false)
  },
  poll: async (_deps, tx, step) => {
    assertInvariant(step.reference !== null, 'a step that starts a macro knows its execution')
    const child = await executionById(tx, step.reference, false)
    if (child === null)
      return failed(why('execution-gone', 'The execution that it started is not kept any more.'), false)
    if (child.status === 'running') return null
    const because = child.endedBecause ?? why(child.status, `It ${child.status}.`)
    const output = { macroExecutionId: child.executionId, status: child.status }
    return child.status === 'succeeded' ? succeeded(output, because) : failed(because, child.status === 'failed')
  },
  abandon: async (deps, tx, step) => {
    if (step.reference === null) return
    const because = why('nobody-waits', `The execution that started it turned back.`, step.executionId)
    // One that has ended stays as it is.
    await cancelExecution(deps, tx, { executionId: step.reference, because })
  },
}
