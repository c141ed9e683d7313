import type { ChaosChange, ChaosExperiment, ChaosOrder } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { nextRun, scheduleFault } from '../../../../kernel/schedule.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { agentById } from '../../../observe/registry/index.ts'
import { macroStates } from '../../playbooks/index.ts'
import { type ChaosDefinition, definitionFault, weighSave } from '../model/definition.ts'
import {
  archiveExperiment,
  experimentById,
  isNameTaken,
  type StoredExperiment,
  saveExperiment,
} from '../store/experiments.ts'
import { noSuchExperiment, readExperimentIn } from './read.ts'

/** Keeps an experiment; one that starts by a schedule passes the approval gate for its runs. */
export async function createExperiment(
  deps: Deps,
  caller: Caller,
  order: ChaosOrder,
): Promise<Result<ChaosExperiment>> {
  const { approvalId, reason, ...definition } = order
  return await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    save(deps, tx, caller, { before: null, definition, reason, approvalId: approvalId ?? null }),
  )
}

/** Changes an experiment as it was read; runs that are open follow what they began with. */
export async function changeExperiment(
  deps: Deps,
  caller: Caller,
  experimentId: string,
  change: ChaosChange,
): Promise<Result<ChaosExperiment>> {
  const { approvalId, reason, version, ...definition } = change
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const before = await experimentById(tx, experimentId, true)
    if (before === null) return noSuchExperiment
    if (before.version !== version)
      return refuse(
        'precondition-failed',
        `The experiment is at version ${before.version} by now, you changed version ${version}. Read it again.`,
      )
    return await save(deps, tx, caller, { before, definition, reason, approvalId: approvalId ?? null })
  })
}

interface Asked {
  readonly before: StoredExperiment | null
  readonly definition: ChaosDefinition
  readonly reason: string
  readonly approvalId: string | null
}

async function save(deps: Deps, tx: Tx, caller: Caller, asked: Asked): Promise<Result<ChaosExperiment>> {
  const { before, definition } = asked
  const fits = await fitsHere(deps, tx, definition, before?.experimentId ?? null)
  if (!fits.ok) return fits
  const version = (before?.version ?? 0) + 1
  const { impact, because } = weighSave(definition)
  const { name, environment, enabled, schedule, timeZone } = definition
  const action = {
    operation: 'chaos.save',
    subject: `chaos/${name}`,
    environment,
    impact,
    parameters: { version, definition, because: because.text },
  }
  const passed = await passGate(deps, tx, caller, action, asked.approvalId)
  if (!passed.ok) return passed
  const { approvalId } = passed.value
  const experimentId = before?.experimentId ?? deps.ids.uuid()
  const actor = actorOf(caller)
  const at = deps.clock.now()
  const nextRunAt = enabled && schedule !== null ? nextRun(schedule, timeZone, at) : null
  const by = `${actor.kind}:${actor.id}`
  await saveExperiment(tx, { experimentId, version, definition, nextRunAt, approvalId, at, by })
  await append(deps, tx, [
    {
      type: 'chaos.experiment.saved',
      subject: `chaos-experiment/${experimentId}`,
      actor,
      ...(approvalId === null ? {} : { correlationId: approvalId }),
      payload: { experimentId, name, version, environment, enabled, impact, reason: asked.reason, approvalId },
    },
  ])
  return await readExperimentIn(deps, tx, experimentId)
}

async function fitsHere(deps: Deps, tx: Tx, definition: ChaosDefinition, own: string | null): Promise<Result<null>> {
  const { name, target, schedule, timeZone, steadyState, abortWhen } = definition
  const scheduled = schedule === null ? null : scheduleFault(schedule, timeZone, deps.clock.now())
  const fault = definitionFault(definition) ?? scheduled
  if (fault !== null) return refuse('not-processable', fault)
  const agents = [...steadyState, ...abortWhen].flatMap((line) =>
    'agentId' in line && line.agentId !== null ? [line.agentId] : [],
  )
  for (const agentId of [...(target.kind === 'agent' ? [target.agentId] : []), ...agents])
    if ((await agentById(deps, tx, agentId)) === null)
      return refuse('not-processable', 'There is no agent with this id. GET /api/v1/agents lists them.')
  if (target.kind === 'macro' && !(await macroStates(tx, [target.name])).has(target.name))
    return refuse('not-processable', `There is no macro named "${target.name}". GET /api/v1/macros lists them.`)
  if (await isNameTaken(tx, name, own))
    return refuse('already-exists', `There is an experiment named "${name}" already. Choose another name.`)
  return ok(null)
}

/** Ends an experiment; a run that is open ends by itself, and runs stay. */
export async function removeExperiment(deps: Deps, caller: Caller, experimentId: string): Promise<Result<null>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const before = await experimentById(tx, experimentId, true)
    if (before === null) return noSuchExperiment
    await archiveExperiment(tx, experimentId, deps.clock.now())
    const { name, environment } = before.definition
    await append(deps, tx, [
      {
        type: 'chaos.experiment.removed',
        subject: `chaos-experiment/${experimentId}`,
        actor: actorOf(caller),
        // What is removed injects nothing any more.
        payload: { experimentId, name, version: before.version, environment, impact: 'LOW', approvalId: null },
      },
    ])
    return ok(null)
  })
}
