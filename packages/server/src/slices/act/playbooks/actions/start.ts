import type { Because, EventActor, JsonValue } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { startedExecution } from '../model/execution/state.ts'
import { executionByKey, insertExecution } from '../store/executions.ts'
import { macroByName, type StoredMacro } from '../store/macros.ts'
import { schemaMisfits } from './schemas.ts'

/** Macros may start one another this deep. */
export const depthMax = 5
const inputsMaxChars = 65_536

/** What is started, and why. */
export interface MacroStart {
  /** Name of the macro. */
  readonly name: string
  readonly inputs: JsonValue
  readonly environment: string
  readonly because: Because
  /** Simulated: kept out of figures, and marked in every event and call. */
  readonly synthetic: boolean
  /** Steps that touch something outside are told and not done. Default: what is simulated is dry. */
  readonly dry?: boolean
  /** Default: the execution's own id, the start of a story. */
  readonly correlationId?: string | null
  readonly causationId?: string | null
  /** The same key starts a macro once; what was started then is answered. */
  readonly idempotencyKey?: string | null
  /** Default: this slice. Who it is cannot approve what a step of it asks. */
  readonly startedBy?: EventActor
  readonly approvalId?: string | null
  readonly parent?: { readonly executionId: string; readonly depth: number } | null
}

const unknownMacro = (name: string) =>
  refuse('not-found', `There is no macro named "${name}". GET /api/v1/macros lists them.`)

/** Why a macro cannot be started with these inputs in this environment; null when it can. */
export function startRefusal(
  macro: StoredMacro | null,
  { name, inputs, environment }: Pick<MacroStart, 'name' | 'inputs' | 'environment'>,
): Extract<Result<never>, { ok: false }> | null {
  if (macro === null) return refused(unknownMacro(name))
  if (!macro.enabled) return refused(refuse('conflict', `The macro "${name}" is not enabled. Enable it first.`))
  if (!macro.environments.includes(environment))
    return refused(
      refuse(
        'conflict',
        `The macro "${name}" may not run in ${environment}, only in ${macro.environments.join(', ')}.`,
      ),
    )
  if (macro.blocks !== null)
    return refused(
      refuse(
        'macro-blocked',
        `${macro.blocks[0]?.because.text ?? ''} Change the macro for what is published, or publish what it takes.`,
        { blocks: macro.blocks },
      ),
    )
  if (JSON.stringify(inputs).length > inputsMaxChars)
    return refused(refuse('payload-too-large', `Inputs may have ${inputsMaxChars} characters as JSON.`))
  const problems = schemaMisfits(macro.definition.inputs, inputs)
  if (problems.length > 0)
    return refused(
      refuse('macro-refused', `The inputs do not fit the macro: ${problems[0]?.because.text ?? ''}`, { problems }),
    )
  return null
}

function refused(result: Result<never>): Extract<Result<never>, { ok: false }> {
  return result as Extract<Result<never>, { ok: false }>
}

/**
 * Starts the version in force of a macro, in the caller's transaction: it begins when that commits. Refuses a macro that
 * is unknown, not enabled (there), blocked, or given inputs that do not fit.
 */
export async function startMacro(deps: Deps, tx: Tx, start: MacroStart): Promise<Result<{ executionId: string }>> {
  const macro = await macroByName(tx, start.name, true)
  if (macro === null) return unknownMacro(start.name)
  const key = start.idempotencyKey ?? null
  const before = key === null ? null : await executionByKey(tx, macro.macroId, key)
  if (before !== null) return ok({ executionId: before.executionId })
  const refusal = startRefusal(macro, start)
  if (refusal !== null) return refusal
  const depth = start.parent?.depth ?? 0
  if (depth > depthMax)
    return refuse('macro-refused', `Macros may start one another ${depthMax} deep. Take one out of the chain.`)
  const executionId = deps.ids.uuid()
  const now = deps.clock.now()
  const { macroId, name, version } = macro
  const { inputs, environment, because, synthetic } = start
  const correlationId = start.correlationId ?? executionId
  const startedBy = start.startedBy ?? { kind: 'system', id: 'playbooks' }
  const dry = start.dry ?? synthetic
  const approvalId = start.approvalId ?? null
  await insertExecution(tx, {
    executionId,
    macroId,
    macro: name,
    version,
    environment,
    inputs,
    synthetic,
    dry,
    because,
    startedBy,
    correlationId,
    causationId: start.causationId ?? null,
    parentId: start.parent?.executionId ?? null,
    depth,
    idempotencyKey: key,
    approvalId,
    startedAt: now,
    state: startedExecution({
      executionId,
      inputs,
      startedAtMs: now,
    }),
  })
  await append(deps, tx, [
    {
      type: 'recovery.started',
      subject: `macro-execution/${executionId}`,
      actor: startedBy,
      correlationId,
      causationId: start.causationId ?? null,
      payload: {
        macroExecutionId: executionId,
        macro: name,
        version,
        environment,
        synthetic,
        dry,
        approvalId,
        because,
      },
    },
  ])
  return ok({ executionId })
}
