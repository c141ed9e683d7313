import type { Sla, SlaChange, SlaOrder } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { agentById } from '../../registry/index.ts'
import { judgeDefinition, type SlaDefinition } from '../model/definition.ts'
import { archiveSla, insertSla, type StoredSla, selectSla, slaByName, updateSla } from '../store/definitions.ts'
import { readSlaIn } from './read.ts'

const noSla = 'There is no SLA with this id. GET /api/v1/slas lists them.'

/** Promises something new. Refuses what contradicts itself, can never fire, or has the name of another. */
export async function createSla(deps: Deps, caller: Caller, order: z.output<typeof SlaOrder>): Promise<Result<Sla>> {
  const definition = judgeDefinition(order)
  if (!definition.ok) return definition
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const fits = await fitsHere(deps, tx, definition.value, null)
    if (!fits.ok) return fits
    const slaId = deps.ids.uuid()
    await insertSla(tx, { slaId, version: 1, definition: definition.value, ...stamp(deps, caller) })
    await journalSaved(deps, tx, caller, slaId, 1, definition.value)
    return await readSlaIn(deps, tx, slaId)
  })
}

/** Changes an SLA as it was read: somebody else's change in between is refused with `precondition-failed`. */
export async function changeSla(
  deps: Deps,
  caller: Caller,
  slaId: string,
  change: z.output<typeof SlaChange>,
): Promise<Result<Sla>> {
  const { version, ...order } = change
  const definition = judgeDefinition(order)
  if (!definition.ok) return definition
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await selectSla(tx, slaId, true)
    if (found === null || found.archivedAt !== null) return refuse('not-found', noSla)
    if (found.version !== version)
      return refuse(
        'precondition-failed',
        `The SLA is at version ${found.version} by now, you changed version ${version}. Read it again.`,
      )
    const fits = await fitsHere(deps, tx, definition.value, slaId)
    if (!fits.ok) return fits
    const next = { slaId, version: version + 1, definition: definition.value }
    await updateSla(tx, { ...next, ...stamp(deps, caller) })
    await journalSaved(deps, tx, caller, slaId, next.version, definition.value)
    return await readSlaIn(deps, tx, slaId)
  })
}

/** Ends an SLA. Its versions, windows and reports stay. */
export async function removeSla(deps: Deps, caller: Caller, slaId: string): Promise<Result<Sla>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await selectSla(tx, slaId, true)
    if (found === null || found.archivedAt !== null) return refuse('not-found', noSla)
    const { at, by } = stamp(deps, caller)
    await archiveSla(tx, slaId, at, by)
    const payload = { slaId, name: found.definition.name, version: found.version }
    const event = { type: 'slas.definition.removed', subject: `sla/${slaId}`, actor: actorOf(caller), payload } as const
    await append(deps, tx, [event])
    return await readSlaIn(deps, tx, slaId)
  })
}

const stamp = (deps: Deps, caller: Caller) => {
  const { kind, id } = actorOf(caller)
  return { at: new Date(deps.clock.now()), by: `${kind}:${id}` }
}

async function fitsHere(
  deps: Deps,
  tx: Tx,
  { name, scope }: SlaDefinition,
  own: string | null,
): Promise<Result<StoredSla | null>> {
  const other = await slaByName(tx, name)
  if (other !== null && other !== own)
    return refuse('already-exists', `There is an SLA named "${name}" already. Change that one, or take another name.`)
  if (scope.agentId !== null && (await agentById(deps, tx, scope.agentId)) === null)
    return refuse('not-found', 'There is no agent with this id. GET /api/v1/agents lists them.')
  return ok(null)
}

async function journalSaved(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  slaId: string,
  version: number,
  { name, indicator, objective, enabled, exclusions }: SlaDefinition,
): Promise<void> {
  const payload = { slaId, name, version, indicator: indicator.kind, objective, enabled, exclusions: exclusions.length }
  const event = { type: 'slas.definition.saved', subject: `sla/${slaId}`, actor: actorOf(caller), payload } as const
  await append(deps, tx, [event])
}
