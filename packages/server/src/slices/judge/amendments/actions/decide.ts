import type { AmendmentDetail, Because, Ratification, Rejection, Withdrawal } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { diffTexts } from '../../../../kernel/texts/difference.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { actorOf, appendDecision } from '../../../govern/journal/index.ts'
import { decideRatification, evolve } from '../model/amendment.ts'
import { weighAmendment } from '../model/weight.ts'
import { type AmendmentRow, lockDue, revisionsOf, updateAmendment } from '../store/amendments.ts'
import { insertVersion } from '../store/documents.ts'
import { lockAmendment, unknownAmendment } from './change.ts'
import { amendmentEnvironment, describeDetail, textOfVersion } from './describe.ts'
import { factsOf, type LedBy, nameOf, storyOf } from './drafts.ts'
import { teach } from './teach.ts'

/**
 * Puts an amendment in force: exactly the draft that was shown, on what is in force now, with the approval that its
 * impact needs. It becomes the next version of the document in the same transaction.
 */
export async function ratify(
  deps: Deps,
  caller: Caller,
  amendmentId: string,
  input: z.output<typeof Ratification>,
): Promise<Result<AmendmentDetail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await lockAmendment(tx, amendmentId)
    if (found === null) return unknownAmendment
    const { row, document } = found
    const actor = actorOf(caller)
    const now = deps.clock.now()
    const shownDigest = input.draftDigest
    const decided = decideRatification({ standing: row, shownDigest, inForce: document, now })
    if (!decided.ok) return decided
    const passed = await passGate(deps, tx, caller, await actionOf(tx, row), input.approvalId ?? null)
    if (!passed.ok) return passed
    const { approvalId, because } = passed.value
    const version = document.version + 1
    const author = (await revisionsOf(tx, amendmentId))[0]?.author ?? row.openedBy
    const { draft: text, draftDigest: digest, added, removed } = row
    const written = { version, text, digest, author, amendmentId, approvalId, added, removed, ratifiedAt: now }
    await insertVersion(tx, document.name, written)
    const next = await close(deps, tx, caller, row, { state: 'ratified', reason: input.reason, approvalId })
    const payload = { ...factsOf(row), version, approvalId, reason: input.reason, because }
    const event = { type: 'amendments.proposal.ratified' as const, ...storyOf(row, actor), payload }
    await appendDecision(deps, tx, event, { verdict: 'ratified', because })
    await teach(deps, tx, { amendmentId, alarm: 'real', actor })
    return ok(await describeDetail(deps, tx, next, { ...document, version, digest, text }))
  })
}

/** What the gate is asked for: this text, from this text, of this document. The difference is for who approves. */
async function actionOf(tx: Tx, row: AmendmentRow) {
  const { amendmentId, document, title, reason, severity, baseVersion, baseDigest, draftDigest, added, removed } = row
  const { impact, because } = weighAmendment({ severity, removedLines: removed })
  const { patch } = diffTexts(document, await textOfVersion(tx, document, baseVersion), row.draft)
  return {
    operation: 'amendments.ratify',
    subject: `document/${document}`,
    environment: amendmentEnvironment,
    impact,
    parameters: {
      amendmentId,
      document,
      title,
      why: reason,
      because: because.text,
      baseVersion,
      baseDigest,
      draftDigest,
      added,
      removed,
      patch: patch.length <= longestPatch ? patch : null,
    },
  }
}

/** A longer difference is read on the amendment's page; the digests bind it all the same. */
const longestPatch = 40_000

/** Refuses an amendment for good. Where an alarm led to it, says whether there was drift at all. */
export async function reject(
  deps: Deps,
  caller: Caller,
  amendmentId: string,
  input: z.output<typeof Rejection>,
): Promise<Result<AmendmentDetail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await lockAmendment(tx, amendmentId)
    if (found === null) return unknownAmendment
    const { row, document } = found
    const actor = actorOf(caller)
    const open = evolve(row, 'reject', deps.clock.now())
    if (!open.ok) return open
    const { reason } = input
    const alarm = row.alarms > 0 ? input.alarm : null
    const because: Because = {
      rule: 'rejected-by-a-person',
      observed: alarm,
      limit: null,
      text: alarm === null ? 'Somebody refused it.' : `Somebody refused it. ${alarmWords[alarm]}`,
    }
    const next = await close(deps, tx, caller, row, { state: 'rejected', reason, approvalId: null })
    const payload = { ...factsOf(row), alarm, reason, because }
    const event = { type: 'amendments.proposal.rejected' as const, ...storyOf(row, actor), payload }
    await appendDecision(deps, tx, event, { verdict: 'rejected', because })
    if (alarm !== null && alarm !== 'unknown') await teach(deps, tx, { amendmentId, alarm, actor })
    return ok(await describeDetail(deps, tx, next, document))
  })
}

const alarmWords = {
  false: 'There was no drift.',
  real: 'There was drift, but this is no answer to it.',
  unknown: 'Whether there was drift is not known.',
} as const

/** Takes an amendment back; only who opened it does, others reject it. */
export async function withdraw(
  deps: Deps,
  caller: Caller,
  amendmentId: string,
  input: z.output<typeof Withdrawal>,
): Promise<Result<AmendmentDetail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await lockAmendment(tx, amendmentId)
    if (found === null) return unknownAmendment
    const { row, document } = found
    const open = evolve(row, 'withdraw', deps.clock.now())
    if (!open.ok) return open
    const actor = actorOf(caller)
    if (row.openedBy !== nameOf(actor))
      return refuse('not-allowed', 'Only who opened an amendment takes it back. Others reject it.')
    const { reason } = input
    const text = 'Who opened it took it back.'
    const because: Because = { rule: 'withdrawn-by-its-author', observed: null, limit: null, text }
    const next = await close(deps, tx, caller, row, { state: 'withdrawn', reason, approvalId: null })
    const payload = { ...factsOf(row), reason, because }
    const event = { type: 'amendments.proposal.withdrawn' as const, ...storyOf(row, actor), payload }
    await appendDecision(deps, tx, event, { verdict: 'withdrawn', because })
    return ok(await describeDetail(deps, tx, next, document))
  })
}

async function close(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  row: AmendmentRow,
  end: {
    readonly state: 'ratified' | 'rejected' | 'withdrawn'
    readonly reason: string
    readonly approvalId: string | null
  },
): Promise<AmendmentRow> {
  const now = deps.clock.now()
  const { state, reason: decisionReason, approvalId } = end
  const decidedBy = nameOf(actorOf(caller))
  const next: AmendmentRow = { ...row, state, updatedAt: now, decidedBy, decidedAt: now, decisionReason, approvalId }
  await updateAmendment(tx, next)
  return next
}

const batchSize = 100

/** Marks amendments whose time is over. Whether it ran decides nothing: every use looks at the time itself. */
export async function expireAmendments(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) while ((await expireBatch(deps, organizationId)) > 0);
}

async function expireBatch(deps: Deps, organizationId: string): Promise<number> {
  return deps.store.transaction({ organizationId }, async (tx) => {
    const due = await lockDue(tx, deps.clock.now(), batchSize)
    for (const row of due) await markExpired(deps, tx, row)
    return due.length
  })
}

/** Says of an amendment that is past its time that it is. */
export async function markExpired(deps: Deps, tx: Tx, row: AmendmentRow): Promise<void> {
  const now = deps.clock.now()
  const actor = { kind: 'system', id: 'amendments' } as const
  const at = toIso(row.expiresAt)
  const text = `Nobody decided it until ${at}.`
  const because: Because = { rule: 'open-for-too-long', observed: toIso(now), limit: at, text }
  const decided = { decidedBy: nameOf(actor), decidedAt: now, decisionReason: text }
  await updateAmendment(tx, { ...row, ...decided, state: 'expired', updatedAt: now })
  const payload = { ...factsOf(row), because }
  const event = { type: 'amendments.proposal.expired' as const, ...storyOf(row, actor), payload }
  await appendDecision(deps, tx, event, { verdict: 'expired', because })
}

/** Takes back what would take a rule out, since its stream drifts again. */
export async function takeBack(deps: Deps, tx: Tx, row: AmendmentRow, ledBy: LedBy): Promise<void> {
  const now = deps.clock.now()
  const actor = { kind: 'system', id: 'drift' } as const
  const reason = 'The stream drifts again, so its rule stays.'
  const because: Because = { rule: 'drifts-again', observed: null, limit: null, text: reason }
  const decided = { decidedBy: nameOf(actor), decidedAt: now, decisionReason: reason }
  await updateAmendment(tx, { ...row, ...decided, state: 'withdrawn', updatedAt: now })
  const payload = { ...factsOf(row), reason, because }
  const event = { type: 'amendments.proposal.withdrawn' as const, ...storyOf(row, actor, ledBy), payload }
  await appendDecision(deps, tx, event, { verdict: 'withdrawn', because })
}
