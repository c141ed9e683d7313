import type { AnchorRun, Because } from '@metaagent/contract'
import type { z } from 'zod'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { AnchorFailed, type AnchorPlace, type AnchorProof } from '../../../../ports/anchoring.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../journal/index.ts'
import { type HeadToAnchor, headToAnchor } from '../../ledger/index.ts'
import { nextAttemptAt, standingAfter } from '../model.ts'
import * as store from '../store/anchors.ts'
import { askWitness, keepCosignature } from './ask-witness.ts'
import { anchorView, noSuchAnchor, secretContext } from './manage.ts'

const actor = { kind: 'system', id: 'anchors' } as const
/** For which nobody else tries: longer than any call may take. */
const claimedMs = 60_000

/** What an anchor's secret and settings make of it, and the head that it shall keep. */
interface Errand {
  readonly anchor: store.StoredAnchor
  readonly head: HeadToAnchor | null
}

interface Attempt {
  readonly outcome: z.input<typeof AnchorRun>['outcome']
  readonly because: Because
}

/**
 * Keeps the newest checkpoint at every anchor whose time has come. No transaction is open while the other side is waited
 * for, and the sequencer's row is not touched: an anchor that hangs holds up nobody but itself.
 */
export async function runDueAnchors(deps: Deps): Promise<void> {
  const organizations = await deps.store.transaction('deployment', (tx) => store.organizationsDue(tx, deps.clock.now()))
  for (const organizationId of organizations) {
    const errands = await deps.store.transaction({ organizationId }, (tx) => claimDue(deps, tx))
    await Promise.all(errands.map((errand) => carryOut(deps, organizationId, errand)))
  }
}

async function claimDue(deps: Deps, tx: Tx): Promise<readonly Errand[]> {
  const now = deps.clock.now()
  const errands: Errand[] = []
  for (const anchor of await store.lockDue(tx, now)) {
    await store.moveNext(tx, anchor.anchorId, addMs(now, claimedMs))
    errands.push({ anchor, head: await headToAnchor(tx, anchor.log) })
  }
  return errands
}

/** Tries an anchor at once, whatever its time. */
export async function runAnchorNow(
  deps: Deps,
  caller: Caller,
  anchorId: string,
): Promise<Result<z.input<typeof AnchorRun>>> {
  const { organizationId } = caller
  const errand = await deps.store.transaction({ organizationId }, async (tx) => {
    const anchor = await store.lockAnchor(tx, anchorId)
    return anchor === null ? null : { anchor, head: await headToAnchor(tx, anchor.log) }
  })
  if (errand === null) return noSuchAnchor
  if (errand.head === null)
    return refuse('not-sequenced-yet', 'Nothing is in the tree yet, so there is nothing to keep.')
  const attempt = await carryOut(deps, organizationId, errand)
  const anchor = await deps.store.transaction({ organizationId }, (tx) => anchorView(tx, anchorId))
  return anchor === null ? noSuchAnchor : ok({ ...attempt, anchor })
}

async function carryOut(deps: Deps, organizationId: string, { anchor, head }: Errand): Promise<Attempt> {
  if (head === null || (head.treeSize === anchor.lastTreeSize && anchor.state === 'working')) {
    await deps.store.transaction({ organizationId }, (tx) =>
      store.moveNext(tx, anchor.anchorId, nextAttemptAt(deps.clock.now(), anchor.everyMinutes, 0)),
    )
    return { outcome: 'unchanged', because: unchanged(anchor.lastTreeSize) }
  }
  try {
    const proof = await keep(deps, organizationId, anchor, head)
    return await deps.store.transaction({ organizationId }, (tx) => settle(deps, tx, anchor, head, proof))
  } catch (error) {
    if (!(error instanceof AnchorFailed)) throw error
    return await deps.store.transaction({ organizationId }, (tx) => settle(deps, tx, anchor, head, error))
  }
}

async function keep(deps: Deps, organizationId: string, anchor: store.StoredAnchor, head: HeadToAnchor) {
  const { settings, log } = anchor
  if (settings.kind === 'witness')
    return await askWitness(deps, organizationId, settings, anchor.lastTreeSize ?? 0, head)
  const folder = log === 'organization' ? organizationId : 'deployment'
  return await deps.anchoring.keep(placeOf(deps, anchor), { folder, treeSize: head.treeSize, note: head.note })
}

function placeOf(deps: Deps, { anchorId, settings, sealedSecret }: store.StoredAnchor): AnchorPlace {
  switch (settings.kind) {
    case 'file':
    case 'rfc3161':
      return settings
    case 's3': {
      if (sealedSecret === null) throw new AnchorFailed('No secret access key is set for this bucket.')
      const secretAccessKey = new TextDecoder().decode(deps.secrets.open(sealedSecret, secretContext(anchorId)))
      return { ...settings, secretAccessKey }
    }
    case 'witness':
      throw new AnchorFailed('A witness is asked, not written to.')
  }
}

/** Writes down what came of it: the receipt and the new standing, or why it failed. */
async function settle(
  deps: Deps,
  tx: Tx,
  { anchorId }: store.StoredAnchor,
  head: HeadToAnchor,
  came: AnchorProof | AnchorFailed,
): Promise<Attempt> {
  const now = deps.clock.now()
  const anchor = await store.lockAnchor(tx, anchorId)
  const failed = came instanceof AnchorFailed
  const because = failed ? failure(came, head.treeSize) : success(head.treeSize)
  const attempt: Attempt = { outcome: failed ? 'failed' : 'anchored', because }
  // Removed while it was called.
  if (anchor === null) return attempt
  const standing = standingAfter(anchor, !failed)
  const nextAt = anchor.enabled ? new Date(nextAttemptAt(now, anchor.everyMinutes, standing.failuresInRow)) : null
  const succeeded = { because: null, lastSuccessAt: new Date(now), lastTreeSize: head.treeSize }
  await store.saveAnchor(tx, { ...anchor, ...standing, ...(failed ? { because } : succeeded), nextAt })
  if (!failed) await keepReceipt(deps, tx, anchor, head, came, now)
  if (standing.state !== anchor.state) await tell(deps, tx, anchor, standing.state, head.treeSize, because)
  return attempt
}

async function keepReceipt(
  deps: Deps,
  tx: Tx,
  { anchorId, settings }: store.StoredAnchor,
  { treeSize, note }: HeadToAnchor,
  { location, statedAt, receipt }: AnchorProof,
  now: Instant,
): Promise<void> {
  await store.insertReceipt(tx, {
    receiptId: deps.ids.uuid(),
    anchorId,
    treeSize,
    anchoredAt: new Date(now),
    statedAt: statedAt === null ? null : new Date(statedAt),
    location,
    note,
    receipt,
  })
  if (settings.kind === 'witness' && receipt !== null) await keepCosignature(deps, tx, treeSize, receipt)
  const payload = { anchorId, kind: settings.kind, treeSize, location }
  await append(deps, tx, [{ type: 'anchors.checkpoint.kept', subject: `anchor/${anchorId}`, actor, payload }])
}

async function tell(
  deps: Deps,
  tx: Tx,
  { anchorId, name, settings, state: from }: store.StoredAnchor,
  to: string,
  treeSize: number,
  because: Because,
): Promise<void> {
  const payload = { anchorId, name, kind: settings.kind, from, to, treeSize, because }
  await append(deps, tx, [{ type: 'anchors.anchor.changed', subject: `anchor/${anchorId}`, actor, payload }])
}

function success(treeSize: number): Because {
  return { rule: 'kept', observed: treeSize, limit: null, text: `The checkpoint of ${treeSize} entries is kept there.` }
}

function failure(error: AnchorFailed, treeSize: number): Because {
  return { rule: 'not-kept', observed: treeSize, limit: null, text: error.message }
}

function unchanged(treeSize: number | null): Because {
  const text = treeSize === null ? 'Nothing is in the tree yet.' : 'The newest checkpoint is kept there already.'
  return { rule: 'unchanged', observed: treeSize, limit: null, text }
}
