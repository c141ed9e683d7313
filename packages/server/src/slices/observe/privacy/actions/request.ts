import { createHash } from 'node:crypto'
import type { Deletion, DeletionCertificate, DeletionList, DeletionRequest } from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, StreamEvent } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { seal } from '../../../govern/identity/index.ts'
import { actorOf, append, watchPicture } from '../../../govern/journal/index.ts'
import { proofFileOf } from '../../../govern/ledger/index.ts'
import { digestedText, keptSentences, weighDeletion } from '../model.ts'
import {
  deletionById,
  insertDeletion,
  listDeletions,
  runningDeletionOf,
  type StoredDeletion,
} from '../store/deletions.ts'
import { holdOfSubject, lockHolds } from '../store/holds.ts'
import { erasedTables } from './preview.ts'
import { macOf, openSubject, sealedAs } from './subject.ts'

const mostShown = 200
const noSuchDeletion = refuse('not-found', 'Your organization has no deletion with this id.')

/**
 * Asks for a person's data to be deleted: needs an approval that is bound to this subject. Asking again while the request
 * runs answers the one that runs.
 */
export async function requestDeletion(
  deps: Deps,
  caller: Caller,
  { subject, reason, approvalId }: z.output<typeof DeletionRequest>,
): Promise<Result<z.input<typeof Deletion>>> {
  const { organizationId } = caller
  return deps.store.transaction({ organizationId }, async (tx) => {
    await lockHolds(tx, 'shared')
    const subjectMac = macOf(deps, organizationId, subject)
    const holdId = await holdOfSubject(tx, subjectMac)
    if (holdId !== null)
      return refuse('on-legal-hold', 'A legal hold keeps this person’s data. Ask again when it is lifted.', { holdId })
    const running = await runningDeletionOf(tx, subjectMac)
    const known = running === null ? null : await deletionById(tx, running)
    if (known !== null) return ok(await viewOf(deps, tx, known))
    const { impact, because } = weighDeletion()
    const subjectDigest = Buffer.from(subjectMac).toString('hex')
    const action = {
      operation: 'privacy.delete',
      // A keyed digest: a request for approval is kept, so it must not name the person.
      subject: `person/${subjectDigest.slice(0, 16)}`,
      environment: 'production',
      impact,
      parameters: { kind: subject.kind, key: subject.key ?? null, subjectDigest },
    }
    const passed = await passGate(deps, tx, caller, action, approvalId ?? null)
    if (!passed.ok) return passed
    const [deletionId, subjectId] = [deps.ids.uuid(), deps.ids.uuid()]
    const salt = Buffer.from(deps.random.bytes(32)).toString('base64url')
    const requestDigest = `sha256:${createHash('sha256').update(digestedText(subject, salt)).digest('hex')}`
    const actor = actorOf(caller)
    await insertDeletion(tx, {
      deletionId,
      kind: subject.kind,
      subjectId,
      subjectSealed: await seal(deps, tx, subjectId, JSON.stringify({ subject, salt }), sealedAs),
      subjectMac,
      requestDigest,
      reason,
      requestedBy: `${actor.kind}:${actor.id}`,
      requestedAt: deps.clock.now(),
      approvalId: passed.value.approvalId,
    })
    const payload = { deletionId, kind: subject.kind, requestDigest, approvalId: passed.value.approvalId, because }
    await append(deps, tx, [
      {
        type: 'privacy.deletion.requested',
        subject: `deletion/${deletionId}`,
        actor,
        correlationId: deletionId,
        payload,
      },
    ])
    const made = await deletionById(tx, deletionId)
    return made === null ? noSuchDeletion : ok(await viewOf(deps, tx, made))
  })
}

export async function readDeletions(deps: Deps, caller: Caller): Promise<z.input<typeof DeletionList>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, (tx) => listNow(deps, tx))
}

async function listNow(deps: Deps, tx: Tx): Promise<z.input<typeof DeletionList>> {
  const items = []
  for (const row of await listDeletions(tx, mostShown)) items.push(await viewOf(deps, tx, row))
  return { items }
}

/** The list as it is now, and again with every step that a deletion makes. */
export function watchDeletions(deps: Deps, caller: Caller, signal: AbortSignal): AsyncIterable<StreamEvent> {
  const told = (list: z.input<typeof DeletionList>) => [{ event: 'deletions', about: null, data: list }]
  return watchPicture(
    deps,
    {
      organizationId: caller.organizationId,
      key: ['deletions'],
      read: (tx) => listNow(deps, tx),
      first: told,
      next: (before, after) => (canonicalJson(before) === canonicalJson(after) ? [] : told(after)),
    },
    signal,
  )
}

export async function readDeletion(
  deps: Deps,
  caller: Caller,
  deletionId: string,
): Promise<Result<z.input<typeof Deletion>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const row = await deletionById(tx, deletionId)
    return row === null ? noSuchDeletion : ok(await viewOf(deps, tx, row))
  })
}

/** What the person can be answered with, once everything that was found is erased and stands in the ledger. */
export async function readCertificate(
  deps: Deps,
  caller: Caller,
  deletionId: string,
): Promise<Result<z.input<typeof DeletionCertificate>>> {
  const { organizationId } = caller
  const read = await deps.store.transaction({ organizationId }, async (tx) => {
    const row = await deletionById(tx, deletionId)
    return row === null ? null : { row, opened: await openSubject(deps, tx, row) }
  })
  if (read === null) return noSuchDeletion
  const { row, opened } = read
  const { completedAt, eventId, watchedUntil } = row
  if (completedAt === null || eventId === null || watchedUntil === null)
    return refuse('conflict', 'The deletion is still at work. Its certificate is there once its state is `done`.')
  const proof = await proofFileOf(deps, organizationId, eventId)
  if (!proof.ok) return proof
  return ok({
    format: 'metaagent-deletion/v1',
    deletionId,
    subject: subjectOf(row, opened),
    salt: opened?.salt ?? null,
    requestDigest: row.requestDigest,
    digestOf: 'SHA-256 of the canonical JSON (RFC 8785) of {key, kind, salt, value}',
    requestedAt: toIso(row.requestedAt),
    completedAt: toIso(completedAt),
    executions: row.executions,
    tokens: row.tokens,
    tables: erasedTables(row.counts),
    kept: [...keptSentences],
    lateDataUntil: toIso(watchedUntil),
    proof: proof.value,
  })
}

type Opened = Awaited<ReturnType<typeof openSubject>>

function subjectOf({ kind }: StoredDeletion, opened: Opened) {
  return { kind, key: opened?.subject.key ?? null, value: opened?.subject.value ?? null }
}

const iso = (at: Instant | null) => (at === null ? null : toIso(at))

async function viewOf(deps: Deps, tx: Tx, row: StoredDeletion): Promise<z.input<typeof Deletion>> {
  const opened = await openSubject(deps, tx, row)
  return {
    deletionId: row.deletionId,
    subject: subjectOf(row, opened),
    reason: row.reason,
    state: row.state,
    searchedUpTo: row.searchedDay,
    executions: row.executions,
    erasedExecutions: row.erasedExecutions,
    heldExecutions: row.heldExecutions,
    isOnLegalHold:
      opened !== null && (await holdOfSubject(tx, macOf(deps, tx.organizationId, opened.subject))) !== null,
    lateExecutions: row.lateExecutions,
    tokens: row.tokens,
    tables: erasedTables(row.counts),
    requestDigest: row.requestDigest,
    requestedBy: row.requestedBy,
    requestedAt: toIso(row.requestedAt),
    approvalId: row.approvalId,
    completedAt: iso(row.completedAt),
    watchedUntil: iso(row.watchedUntil),
    closedAt: iso(row.closedAt),
    eventId: row.eventId,
  }
}
