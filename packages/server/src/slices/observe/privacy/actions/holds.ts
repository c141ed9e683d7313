import type { LegalHold, LegalHoldLift, LegalHoldList, LegalHoldOrder, LegalHoldScope } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { ReadHeldDays } from '../../../../ports/legal-holds.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { eraseSubject, seal } from '../../../govern/identity/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { executionsByIndex, executionsOnDay, heldAmong, needsReading } from '../../telemetry/index.ts'
import { heldDaysOf, weighHold } from '../model.ts'
import {
  activeHolds,
  holdById,
  holdOfSubject,
  insertHold,
  liftHold,
  listHolds,
  lockHolds,
  type StoredHold,
} from '../store/holds.ts'
import { macOf, matchOf, openSubject, sealedAs } from './subject.ts'

const mostShown = 200
const noSuchHold = refuse('not-found', 'Your organization has no legal hold with this id.')

/** Places a hold. It beats erasure and retention from the end of this transaction on. */
export async function placeHold(
  deps: Deps,
  caller: Caller,
  { scope, reason }: z.output<typeof LegalHoldOrder>,
): Promise<Result<z.input<typeof LegalHold>>> {
  const { organizationId } = caller
  return deps.store.transaction({ organizationId }, async (tx) => {
    await lockHolds(tx, 'exclusive')
    const subjectMac = scope.kind === 'subject' ? macOf(deps, organizationId, scope.subject) : null
    const known = subjectMac === null ? null : await holdOfSubject(tx, subjectMac)
    if (known !== null) return refuse('already-exists', 'A hold of this person is in force.', { holdId: known })
    const holdId = deps.ids.uuid()
    const { impact, because } = weighHold('place')
    const named = { kind: scope.kind, subjectDigest: hex(subjectMac), ...windowOf(scope) }
    const action = {
      operation: 'privacy.hold.place',
      subject: `hold/${holdId}`,
      environment: 'production',
      impact,
      parameters: { kind: named.kind, subjectDigest: named.subjectDigest, agentId: named.agentId },
    }
    const passed = await passGate(deps, tx, caller, action, null)
    if (!passed.ok) return passed
    const actor = actorOf(caller)
    const subjectId = scope.kind === 'subject' ? deps.ids.uuid() : null
    await insertHold(tx, {
      holdId,
      ...named,
      subjectId,
      subjectSealed: subjectId === null ? null : await sealSubject(deps, tx, subjectId, scope),
      subjectMac,
      reason,
      placedBy: `${actor.kind}:${actor.id}`,
      placedAt: deps.clock.now(),
    })
    const stored = await holdById(tx, holdId)
    assertInvariant(stored !== null, 'a hold that was placed is there')
    const payload = { ...factsOf(stored), reason, because }
    await append(deps, tx, [
      { type: 'privacy.hold.placed', subject: `hold/${holdId}`, actor, correlationId: holdId, payload },
    ])
    return ok(await viewOf(deps, tx, stored))
  })
}

async function sealSubject(deps: Deps, tx: Tx, subjectId: string, scope: LegalHoldScope) {
  const subject = scope.kind === 'subject' ? scope.subject : null
  // Sealed as requests are, which have a salt.
  const salt = Buffer.from(deps.random.bytes(16)).toString('base64url')
  return seal(deps, tx, subjectId, JSON.stringify({ subject, salt }), sealedAs)
}

function windowOf(scope: LegalHoldScope): Pick<StoredHold, 'agentId' | 'from' | 'to'> {
  const time = (text: string | undefined) => (text === undefined ? null : instantFromEpochMs(Date.parse(text)))
  if (scope.kind === 'subject') return { agentId: null, from: null, to: null }
  return { agentId: scope.kind === 'agent' ? scope.agentId : null, from: time(scope.from), to: time(scope.to) }
}

/** Lifts a hold: needs an approval, since what it kept may be erased from then on. Lifting again is no change. */
export async function lift(
  deps: Deps,
  caller: Caller,
  holdId: string,
  { reason, approvalId }: z.output<typeof LegalHoldLift>,
): Promise<Result<z.input<typeof LegalHold>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await lockHolds(tx, 'exclusive')
    const hold = await holdById(tx, holdId)
    if (hold === null) return noSuchHold
    if (hold.liftedAt !== null) return ok(await viewOf(deps, tx, hold))
    const { impact, because } = weighHold('lift')
    const action = {
      operation: 'privacy.hold.lift',
      subject: `hold/${holdId}`,
      environment: 'production',
      impact,
      parameters: { kind: hold.kind, subjectDigest: hex(hold.subjectMac), agentId: hold.agentId },
    }
    const passed = await passGate(deps, tx, caller, action, approvalId ?? null)
    if (!passed.ok) return passed
    const actor = actorOf(caller)
    const lifted = { by: `${actor.kind}:${actor.id}`, at: deps.clock.now(), reason }
    await liftHold(tx, holdId, { ...lifted, approvalId: passed.value.approvalId })
    if (hold.subjectId !== null) await eraseSubject(deps, tx, hold.subjectId, actor)
    const payload = { ...factsOf(hold), reason, approvalId: passed.value.approvalId, because }
    await append(deps, tx, [
      { type: 'privacy.hold.lifted', subject: `hold/${holdId}`, actor, correlationId: holdId, payload },
    ])
    const now = await holdById(tx, holdId)
    return now === null ? noSuchHold : ok(await viewOf(deps, tx, now))
  })
}

export async function readHolds(deps: Deps, caller: Caller): Promise<z.input<typeof LegalHoldList>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const items = []
    for (const hold of await listHolds(tx, mostShown)) items.push(await viewOf(deps, tx, hold))
    return { items }
  })
}

/** For retention: the days that holds keep. Whoever lets go of rows reads it in the same transaction. */
export const readHeldDays: ReadHeldDays = async (tx) => {
  await lockHolds(tx, 'shared')
  return (await activeHolds(tx)).map(heldDaysOf)
}

/** For identity: the hold of whoever has this address. Locks as erasing does. */
export async function holdOfAddress(deps: Deps, tx: Tx, email: string): Promise<string | null> {
  await lockHolds(tx, 'shared')
  return holdOfSubject(tx, macOf(deps, tx.organizationId, { kind: 'email', value: email }))
}

/** Which of these executions a hold keeps, and which hold: by agent and time, or because they name a person on hold. */
export async function heldExecutions(
  deps: Deps,
  tx: Tx,
  executionIds: readonly string[],
  days: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const holds = await activeHolds(tx)
  const held = new Map<string, string>()
  if (holds.length === 0 || executionIds.length === 0) return held
  const sought = new Set(executionIds.map(plainId))
  const keep = (ids: readonly string[], holdId: string) => {
    for (const id of ids) if (sought.has(plainId(id))) held.set(plainId(id), holdId)
  }
  for (const hold of holds) {
    if (hold.kind !== 'subject') {
      keep(await heldAmong(tx, executionIds, days, hold), hold.holdId)
      continue
    }
    const opened = await openSubject(deps, tx, hold)
    if (opened === null) continue
    const match = await matchOf(deps, tx, opened.subject, farFuture)
    keep(await executionsByIndex(tx, match), hold.holdId)
    if (needsReading(match)) for (const day of days) keep(await executionsOnDay(tx, match, day), hold.holdId)
  }
  return held
}

const farFuture = instantFromEpochMs(Date.parse('9999-12-31T00:00:00Z'))

/** Execution ids come with and without hyphens. */
function plainId(id: string): string {
  return id.replaceAll('-', '')
}

const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex').slice(0, 16))
const iso = (at: Instant | null) => (at === null ? null : toIso(at))

function factsOf(hold: StoredHold) {
  const { holdId, kind, subjectMac, agentId, from, to } = hold
  return { holdId, scope: kind, subjectDigest: hex(subjectMac), agentId, from: iso(from), to: iso(to) }
}

async function viewOf(deps: Deps, tx: Tx, hold: StoredHold): Promise<z.input<typeof LegalHold>> {
  const opened = await openSubject(deps, tx, hold)
  const { scope: _scope, ...facts } = factsOf(hold)
  return {
    ...facts,
    kind: hold.kind,
    subject:
      opened === null
        ? null
        : { kind: opened.subject.kind, key: opened.subject.key ?? null, value: opened.subject.value },
    reason: hold.reason,
    placedBy: hold.placedBy,
    placedAt: toIso(hold.placedAt),
    heldExecutions: hold.heldExecutions,
    liftedBy: hold.liftedBy,
    liftedAt: iso(hold.liftedAt),
    liftReason: hold.liftReason,
    liftApprovalId: hold.liftApprovalId,
  }
}
