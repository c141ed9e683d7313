import type { JsonValue, MacroDefinition, MacroDryRun } from '@metaagent/contract'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { runnable } from '../model/runnable.ts'
import { filledAsFarAsKnown } from '../model/template.ts'
import { macroByName } from '../store/macros.ts'
import { macroDependencies } from './dependency-manager.ts'
import { unknownMacro } from './macros.ts'
import { schemaMisfits } from './schemas.ts'
import { problemsOf } from './validate.ts'

/** What an execution with these inputs would do, step by step, and what stands in its way. Nothing is done or kept. */
export async function dryRun(
  deps: Deps,
  caller: Caller,
  name: string,
  asked: { readonly inputs: JsonValue; readonly definition?: MacroDefinition | undefined },
): Promise<Result<MacroDryRun>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const macro = await macroByName(tx, name, false)
    if (macro === null) return unknownMacro
    const definition = asked.definition ?? macro.definition
    const found = await problemsOf(tx, name, definition)
    // A schema that cannot be used says nothing about inputs.
    const misfits = found.some(({ path }) => path === '/inputs') ? [] : schemaMisfits(definition.inputs, asked.inputs)
    const problems = [...found, ...misfits.map((one) => ({ ...one, path: `/inputs${one.path}` }))]
    const blocks = found.length > 0 ? [] : [...((await macroDependencies.check(tx, definition.dependencies)) ?? [])]
    return ok({ problems, blocks, steps: stepsOf(definition, asked.inputs) })
  })
}

/** Where an execution's id would stand. */
const idPlaceholder = '(execution id)'

function stepsOf(definition: MacroDefinition, inputs: JsonValue): MacroDryRun['steps'] {
  const scope = { executionId: idPlaceholder, inputs, outputs: {} }
  const planned = (action: { readonly kind: string; readonly arguments: Readonly<Record<string, unknown>> }) => ({
    kind: action.kind,
    arguments: filledAsFarAsKnown(action.arguments as JsonValue, scope) as Record<string, JsonValue>,
  })
  return runnable(definition).steps.map((step) => ({
    ...planned(step),
    name: step.name,
    idempotencyKey: String(filledAsFarAsKnown(step.idempotencyKey, scope)),
    timeoutMs: step.timeoutMs,
    attemptsMax: step.retries.attemptsMax,
    compensation: step.compensation === null ? null : planned(step.compensation),
  }))
}
