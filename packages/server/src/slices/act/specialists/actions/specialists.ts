import type { Because, Specialist, SpecialistOrder, SpecialistVersionOrder } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { etagOf, idempotencyKeyOf, matchesVersion } from '../../../../kernel/preconditions.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append, appendDecision } from '../../../govern/journal/index.ts'
import {
  insertMove,
  insertSpecialist,
  insertVersion,
  type StoredSpecialist,
  specialistById,
  touchSpecialist,
  versionsOf,
} from '../store/specialists.ts'
import { digestOf } from './digests.ts'
import { makeOnce } from './once.ts'
import { noSuchSpecialist, shownSpecialist } from './shown.ts'

export type RequestHeaders = Readonly<Record<string, string | undefined>>

/** Registers a specialist with its first version, which begins as proposed. */
export async function createSpecialist(
  deps: Deps,
  caller: Caller,
  order: SpecialistOrder,
  headers: RequestHeaders,
): Promise<RouteResult<Specialist>> {
  const key = idempotencyKeyOf(headers)
  if (!key.ok) return key
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const made = await makeOnce(deps, tx, caller, { key: key.value, order }, async () => {
      const createdAt = new Date(deps.clock.now())
      const { name, owner } = order
      const specialist = { specialistId: deps.ids.uuid(), name, owner, revision: 1, createdAt, changedAt: createdAt }
      if (!(await insertSpecialist(tx, specialist)))
        return refuse(
          'already-exists',
          `A specialist is called ${name} already. Propose a version of it, or choose another name.`,
        )
      await propose(deps, tx, caller, specialist, 1, order)
      return ok(specialist.specialistId)
    })
    return made.ok ? await answer(tx, made.value.id, made.value.isRepeated) : made
  })
}

/** Proposes another version of a specialist that was read; a version that is there is never changed. */
export async function addVersion(
  deps: Deps,
  caller: Caller,
  specialistId: string,
  order: SpecialistVersionOrder,
  headers: RequestHeaders,
): Promise<RouteResult<Specialist>> {
  const key = idempotencyKeyOf(headers)
  if (!key.ok) return key
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const specialist = await specialistById(tx, specialistId, true)
    if (specialist === null) return noSuchSpecialist
    const made = await makeOnce(deps, tx, caller, { key: key.value, order: { specialistId, order } }, async () => {
      const matches = matchesVersion(headers, specialist.revision)
      if (!matches.ok) return matches
      const versions = await versionsOf(tx, specialistId)
      if (versions.some(({ version }) => version === order.version))
        return refuse(
          'already-exists',
          `Version ${order.version} is there already, and versions never change. Count on.`,
        )
      await propose(deps, tx, caller, specialist, (versions[0]?.place ?? 0) + 1, order)
      await touchSpecialist(tx, specialistId, { owner: null, at: new Date(deps.clock.now()) })
      return ok(specialistId)
    })
    return made.ok ? await answer(tx, specialistId, made.value.isRepeated) : made
  })
}

const proposedBecause: Because = {
  rule: 'proposed',
  observed: null,
  limit: null,
  text: 'Every version begins as proposed, and is found by nobody.',
}

async function propose(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  specialist: StoredSpecialist,
  place: number,
  order: SpecialistVersionOrder,
): Promise<void> {
  const { specialistId, name } = specialist
  const { version, definition, reason } = order
  const actor = actorOf(caller)
  const by = `${actor.kind}:${actor.id}`
  const at = new Date(deps.clock.now())
  const digest = digestOf(definition)
  await insertVersion(tx, { specialistId, version, place, definition, digest, createdAt: at, createdBy: by })
  const unknown = { evaluation: null, trainingRun: null, approvalId: null }
  const moved = { specialistId, version, from: null, to: 'proposed', reason, because: proposedBecause } as const
  await insertMove(tx, { ...moved, ...unknown, moveId: deps.ids.uuid(), verb: 'propose', by, at })
  const payload = { ...moved, name, digest, impact: null, evaluationScore: null, approvalId: null }
  await appendDecision(
    deps,
    tx,
    { type: 'specialist.proposed', subject: `specialist/${specialistId}`, actor, payload },
    { verdict: 'proposed', because: proposedBecause },
  )
}

/** Gives a specialist that was read another owner. */
export async function changeOwner(
  deps: Deps,
  caller: Caller,
  specialistId: string,
  change: { readonly owner: string; readonly reason: string },
  headers: RequestHeaders,
): Promise<RouteResult<Specialist>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const specialist = await matching(tx, specialistId, headers)
    if (!specialist.ok) return specialist
    const { name, owner: from } = specialist.value
    const { owner: to, reason } = change
    if (from === to) return await answer(tx, specialistId)
    await touchSpecialist(tx, specialistId, { owner: to, at: new Date(deps.clock.now()) })
    const payload = { specialistId, name, owner: { from, to }, reason }
    const subject = `specialist/${specialistId}`
    await append(deps, tx, [{ type: 'specialist.changed', subject, actor: actorOf(caller), payload }])
    return await answer(tx, specialistId)
  })
}

/** Takes a specialist off the list; its versions and what moved them stay. An active one is retired first. */
export async function removeSpecialist(
  deps: Deps,
  caller: Caller,
  specialistId: string,
  reason: string,
  headers: RequestHeaders,
): Promise<Result<null>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const specialist = await matching(tx, specialistId, headers)
    if (!specialist.ok) return specialist
    const versions = await versionsOf(tx, specialistId)
    const active = versions.find(({ state }) => state === 'active')
    if (active !== undefined) return refuse('conflict', `Version ${active.version} is active. Retire it first.`)
    await touchSpecialist(tx, specialistId, { owner: null, at: new Date(deps.clock.now()), removes: true })
    const payload = { specialistId, name: specialist.value.name, versions: versions.length, reason }
    const subject = `specialist/${specialistId}`
    await append(deps, tx, [{ type: 'specialist.removed', subject, actor: actorOf(caller), payload }])
    return ok(null)
  })
}

/** A specialist, locked, that is as the asker read it. */
export async function matching(
  tx: Tx,
  specialistId: string,
  headers: RequestHeaders,
): Promise<Result<StoredSpecialist>> {
  const specialist = await specialistById(tx, specialistId, true)
  if (specialist === null) return noSuchSpecialist
  const matches = matchesVersion(headers, specialist.revision)
  return matches.ok ? ok(specialist) : matches
}

/** A specialist as it is now, with its ETag. */
export async function answer(tx: Tx, specialistId: string, isRepeated = false): Promise<RouteResult<Specialist>> {
  const specialist = await specialistById(tx, specialistId)
  if (specialist === null) {
    assertInvariant(isRepeated, 'what was just written is there')
    return noSuchSpecialist
  }
  const shown = shownSpecialist(specialist, await versionsOf(tx, specialistId))
  const headers = { etag: etagOf(specialist.revision), ...(isRepeated ? { 'idempotency-replayed': 'true' } : {}) }
  return { ...ok(shown), headers }
}
