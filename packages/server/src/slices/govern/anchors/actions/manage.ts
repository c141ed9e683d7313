import type { Anchor, AnchorOrder, AnchorReceipt } from '@metaagent/contract'
import { parseWitnessKey } from '@metaagent/verify'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../approvals/index.ts'
import { actorOf, append } from '../../journal/index.ts'
import { headToAnchor } from '../../ledger/index.ts'
import * as store from '../store/anchors.ts'

export const noSuchAnchor = refuse('not-found', 'There is no anchor with this id. GET /api/v1/anchors lists them.')

export async function listAnchors(deps: Deps, caller: Caller): Promise<{ items: Anchor[] }> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const sizes = await headSizes(tx)
    return { items: (await store.selectAnchors(tx)).map((anchor) => viewOf(anchor, sizes)) }
  })
}

export async function readAnchor(deps: Deps, caller: Caller, anchorId: string): Promise<Result<Anchor>> {
  const { organizationId } = caller
  const view = await deps.store.transaction({ organizationId }, (tx) => anchorView(tx, anchorId))
  return view === null ? noSuchAnchor : ok(view)
}

/** One anchor as it is shown; null when there is none. */
export async function anchorView(tx: Tx, anchorId: string): Promise<Anchor | null> {
  const anchor = await store.lockAnchor(tx, anchorId)
  return anchor === null ? null : viewOf(anchor, await headSizes(tx))
}

/** Makes an anchor (`anchorId` null) or changes one. Switching one off, or sending it elsewhere, needs an approval. */
export async function saveAnchor(
  deps: Deps,
  caller: Caller,
  anchorId: string | null,
  order: AnchorOrder,
): Promise<Result<Anchor>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const known = anchorId === null ? null : await store.lockAnchor(tx, anchorId)
    if (anchorId !== null && known === null) return noSuchAnchor
    const fault = faultOf(order, known)
    if (fault !== null) return fault
    const next = changed(deps, known, order)
    if (await store.isNameTaken(tx, next.name, next.anchorId))
      return refuse('already-exists', `An anchor is called "${order.name}" already.`)
    let approvalId: string | null = null
    if (known?.enabled === true && (!next.enabled || goesElsewhere(known, next))) {
      const passed = await passGate(deps, tx, caller, weakening(known, next), order.approvalId ?? null)
      if (!passed.ok) return passed
      approvalId = passed.value.approvalId
    }
    await store.saveAnchor(tx, next)
    const { name, log, enabled, settings } = next
    const payload = { anchorId: next.anchorId, name, kind: settings.kind, log, enabled, approvalId }
    const subject = `anchor/${next.anchorId}`
    await append(deps, tx, [{ type: 'anchors.anchor.saved', subject, actor: actorOf(caller), payload }])
    return ok(viewOf(next, await headSizes(tx)))
  })
}

function faultOf({ settings, secret, log }: AnchorOrder, known: store.StoredAnchor | null): Result<never> | null {
  if (known !== null && known.settings.kind !== settings.kind)
    return refuse('conflict', `This anchor is of the kind ${known.settings.kind}; make another one instead.`)
  if (settings.kind === 's3' && secret === undefined && known?.sealedSecret == null)
    return refuse('not-processable', 'A bucket needs the secret access key: send it as secret.')
  if (
    settings.kind === 's3' &&
    secret === undefined &&
    known?.settings.kind === 's3' &&
    known.settings.endpoint !== settings.endpoint
  )
    return refuse('not-processable', 'The address changes, so send the secret again: it must not go to another one.')
  if (settings.kind !== 's3' && secret !== undefined)
    return refuse('not-processable', 'Only a bucket has a secret; leave it out.')
  if (settings.kind !== 'witness') return null
  if (log === 'deployment')
    return refuse('not-processable', 'A witness cosigns your own log. Choose the log organization.')
  const key = parseWitnessKey(settings.verifierKey)
  return key.ok ? null : refuse('not-processable', `The witness’s key: ${key.fault.detail}.`)
}

function changed(deps: Deps, known: store.StoredAnchor | null, order: AnchorOrder): store.StoredAnchor {
  const { name, log, settings, secret, everyMinutes, enabled } = order
  const anchorId = known?.anchorId ?? deps.ids.uuid()
  const sealed =
    secret === undefined ? null : deps.secrets.seal(new TextEncoder().encode(secret), secretContext(anchorId))
  const isSame = known !== null && !goesElsewhere(known, { log, settings })
  return {
    anchorId,
    name,
    log,
    settings,
    sealedSecret: sealed ?? known?.sealedSecret ?? null,
    everyMinutes,
    enabled,
    state: isSame ? known.state : 'unknown',
    because: isSame ? known.because : null,
    failuresInRow: isSame ? known.failuresInRow : 0,
    lastSuccessAt: isSame ? known.lastSuccessAt : null,
    lastTreeSize: isSame ? known.lastTreeSize : null,
    nextAt: enabled ? new Date(deps.clock.now()) : null,
  }
}

/** Whether what is kept so far lies somewhere else than what will be kept. */
function goesElsewhere(
  before: Pick<store.StoredAnchor, 'log' | 'settings'>,
  after: Pick<store.StoredAnchor, 'log' | 'settings'>,
): boolean {
  return before.log !== after.log || canonicalJson(before.settings) !== canonicalJson(after.settings)
}

/** What the approval gate is asked for when less is kept outside than before. */
function weakening(known: store.StoredAnchor, next: store.StoredAnchor | null) {
  return {
    operation: next === null ? 'anchors.remove' : 'anchors.change',
    subject: `anchor/${known.anchorId}`,
    environment: 'production',
    impact: 'HIGH' as const,
    parameters: {
      name: known.name,
      from: known.settings,
      to: next === null ? null : next.settings,
      log: next === null ? null : next.log,
      enabled: next?.enabled ?? false,
    },
  }
}

/** Removes an anchor, with an approval. What it kept stays kept, and the receipts stay here. */
export async function removeAnchor(
  deps: Deps,
  caller: Caller,
  anchorId: string,
  approvalId: string | null,
): Promise<Result<{ removed: true }>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const known = await store.lockAnchor(tx, anchorId)
    if (known === null) return noSuchAnchor
    const passed = await passGate(deps, tx, caller, weakening(known, null), approvalId)
    if (!passed.ok) return passed
    await store.removeAnchor(tx, anchorId)
    const payload = { anchorId, name: known.name, kind: known.settings.kind, approvalId: passed.value.approvalId }
    const subject = `anchor/${anchorId}`
    await append(deps, tx, [{ type: 'anchors.anchor.removed', subject, actor: actorOf(caller), payload }])
    return ok({ removed: true as const })
  })
}

/** What an anchor keeps, the largest tree first. */
export async function readReceipts(
  deps: Deps,
  caller: Caller,
  anchorId: string,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<Result<{ items: AnchorReceipt[]; nextCursor: string | null }>> {
  let before: number | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor('anchors.receipts', { anchorId }, cursor, 1)
    if (!position.ok) return position
    before = Number(position.value[0])
    if (!Number.isSafeInteger(before))
      return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  }
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await store.selectReceipts(tx, anchorId, before, limit + 1)
    // Those of an anchor that was removed can still be read.
    if (found.length === 0 && (await store.lockAnchor(tx, anchorId)) === null) return noSuchAnchor
    const items = found.slice(0, limit).map(receiptView)
    const last = items.at(-1)
    const more = found.length > limit && last !== undefined
    return ok({
      items,
      nextCursor: more ? encodePageCursor('anchors.receipts', { anchorId }, [String(last.treeSize)]) : null,
    })
  })
}

function receiptView({ note, receipt, anchoredAt, statedAt, ...rest }: store.StoredReceipt): AnchorReceipt {
  return {
    ...rest,
    anchoredAt: anchoredAt.toISOString(),
    statedAt: statedAt?.toISOString() ?? null,
    checkpoint: note,
    receipt: receipt === null ? null : Buffer.from(receipt).toString('base64'),
  }
}

type HeadSizes = Readonly<Record<'organization' | 'deployment', number | null>>

async function headSizes(tx: Tx): Promise<HeadSizes> {
  const [organization, deployment] = [await headToAnchor(tx, 'organization'), await headToAnchor(tx, 'deployment')]
  return { organization: organization?.treeSize ?? null, deployment: deployment?.treeSize ?? null }
}

function viewOf(anchor: store.StoredAnchor, sizes: HeadSizes): Anchor {
  const { sealedSecret, lastSuccessAt, nextAt, ...rest } = anchor
  const size = sizes[anchor.log]
  return {
    ...rest,
    hasSecret: sealedSecret !== null,
    lastSuccessAt: lastSuccessAt?.toISOString() ?? null,
    lagEntries: size === null || anchor.lastTreeSize === null ? null : size - anchor.lastTreeSize,
    nextAt: nextAt?.toISOString() ?? null,
  }
}

/** Binds a sealed secret to its anchor. */
export function secretContext(anchorId: string): string {
  return `anchors/secret/${anchorId}`
}
