import type { WitnessedLog, WitnessedLogOrder, WitnessState } from '@metaagent/contract'
import {
  cosign,
  emptyRoot,
  encodeBase64,
  equalBytes,
  formatWitnessKey,
  openCheckpoint,
  parseAddCheckpoint,
  parseNote,
  parseVerifierKey,
  signerFromSeed,
  type VerifiedCheckpoint,
  type VerifierKey,
  verifyConsistency,
  webCryptoVerify,
  witnessKey,
} from '@metaagent/verify'
import { nodeSha256 } from '@metaagent/verify/node'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, TextReply } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../journal/index.ts'
import { type Cosigning, decideCosigning } from '../model.ts'
import * as store from '../store/witness.ts'

const actor = { kind: 'system', id: 'witness' } as const
const text = 'text/plain; charset=utf-8'

const nameOf = (deps: Deps, organizationId: string) => `${deps.settings.ledgerOrigin}/witness/${organizationId}`

/** What others need to be cosigned by this organization, and the logs that it watches. */
export async function readWitness(deps: Deps, { organizationId }: Caller): Promise<WitnessState> {
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const key = await store.witnessKeyOf(tx)
    const name = nameOf(deps, organizationId)
    return {
      name,
      verifierKey: key === null ? null : formatWitnessKey(witnessKey(name, key.publicKey)),
      submissionUrl: `${deps.settings.publicUrl}/api/v1/witness/${organizationId}`,
      logs: (await store.selectLogs(tx)).map(viewOf),
    }
  })
}

/** Takes a log up, or gives a known one other keys. What was cosigned of it before counts on. */
export async function saveWitnessedLog(
  deps: Deps,
  caller: Caller,
  { origin, verifierKeys }: z.output<typeof WitnessedLogOrder>,
): Promise<Result<WitnessedLog>> {
  for (const key of verifierKeys) {
    const parsed = parseVerifierKey(key.trim())
    if (!parsed.ok) return refuse('not-processable', `A key of the log: ${parsed.fault.detail}.`)
  }
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await openKey(deps, tx)
    const keys = verifierKeys.map((key) => key.trim())
    const saved = await store.saveLog(tx, { logId: deps.ids.uuid(), origin, verifierKeys: keys })
    assertInvariant(saved !== null, 'what was inserted is there')
    const payload = { origin, verifierKeys: keys }
    const subject = `witnessed-log/${saved.logId}`
    await append(deps, tx, [{ type: 'anchors.witnessed_log.saved', subject, actor: actorOf(caller), payload }])
    return ok(viewOf(saved))
  })
}

/** Cosigns a log no more. What was cosigned is remembered: taken up again, the log must go on from there. */
export async function removeWitnessedLog(
  deps: Deps,
  caller: Caller,
  logId: string,
): Promise<Result<{ removed: true }>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const removed = await store.removeLog(tx, logId, deps.clock.now())
    if (removed === null)
      return refuse('not-found', 'No log with this id is witnessed. GET /api/v1/witness lists them.')
    const payload = { origin: removed.origin, treeSize: removed.treeSize }
    const subject = `witnessed-log/${logId}`
    await append(deps, tx, [{ type: 'anchors.witnessed_log.removed', subject, actor: actorOf(caller), payload }])
    return ok({ removed: true as const })
  })
}

/**
 * Cosigns a checkpoint of a log that the organization watches, if it extends what was cosigned before (C2SP tlog-witness
 * `add-checkpoint`). Checking, remembering and signing happen under the lock of the log's row; the line is answered after
 * the commit. Nobody is asked who they are: what counts is the log's signature.
 */
export async function addCheckpoint(deps: Deps, organizationId: string, body: Uint8Array): Promise<Result<TextReply>> {
  const request = parseAddCheckpoint(new TextDecoder().decode(body))
  if (!request.ok) return refuse('bad-request', request.fault.detail)
  const { oldSize, proof, checkpoint: note } = request.value
  const signed = parseNote(note)
  if (!signed.ok) return refuse('bad-request', signed.fault.detail)
  const origin = signed.value.text.split('\n', 1)[0] ?? ''
  // No origin holds U+0000, and the database would refuse the question.
  if (origin.includes('\0')) return refuse('bad-request', 'The origin holds a control character.')
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const log = await store.lockLog(tx, origin)
    if (log === null) return refuse('not-found', 'This witness does not watch a log of this name.')
    const opened = await openCheckpoint(note, { keys: keysOf(log), origin, verify: webCryptoVerify })
    if (!opened.ok)
      return opened.fault.code === 'malformed'
        ? refuse('bad-request', opened.fault.detail)
        : refuse('not-allowed', `The checkpoint is not signed by the log: ${opened.fault.detail}.`)
    const decided = decideCosigning(factsOf(log, oldSize, opened.value, proof))
    if (decided.outcome === 'refuse') return await refused(deps, tx, log, opened.value, decided)
    return await cosigned(deps, tx, log, opened.value, signed.value.text)
  })
}

function keysOf(log: store.StoredLog): readonly VerifierKey[] {
  return log.verifierKeys.flatMap((key) => {
    const parsed = parseVerifierKey(key)
    return parsed.ok ? [parsed.value] : []
  })
}

function factsOf(log: store.StoredLog, oldSize: number, next: VerifiedCheckpoint, proof: readonly Uint8Array[]) {
  const recordedSize = log.treeSize ?? 0
  const recorded = log.rootHash
  const { size: newSize, root: newRoot } = next
  const proofHolds =
    recorded === null || recordedSize === 0
      ? proof.length === 0 && (newSize > 0 || equalBytes(newRoot, emptyRoot(nodeSha256)))
      : oldSize === recordedSize &&
        oldSize <= newSize &&
        verifyConsistency(nodeSha256, { oldSize, oldRoot: recorded, newSize, newRoot, proof }).ok
  return { oldSize, newSize, recordedSize, hasSameRoot: recorded !== null && equalBytes(recorded, newRoot), proofHolds }
}

async function refused(
  deps: Deps,
  tx: Tx,
  log: store.StoredLog,
  { size: treeSize, note }: VerifiedCheckpoint,
  { status, because, isMisbehaviour }: Extract<Cosigning, { outcome: 'refuse' }>,
): Promise<Result<TextReply>> {
  // The same evidence sent again is told once.
  if (isMisbehaviour && log.refusedNote !== note) {
    await store.recordRefused(tx, log.logId, { because, note, at: deps.clock.now() })
    const payload = { origin: log.origin, treeSize, cosignedSize: log.treeSize ?? 0, because }
    const subject = `witnessed-log/${log.logId}`
    await append(deps, tx, [{ type: 'anchors.witnessed_log.refused', subject, actor, payload }])
  }
  switch (status) {
    case 400:
      return refuse('bad-request', because.text)
    case 409:
      return ok({ status, contentType: 'text/x.tlog.size', body: `${log.treeSize ?? 0}\n` })
    case 422:
      return refuse('not-processable', because.text)
  }
}

async function cosigned(
  deps: Deps,
  tx: Tx,
  { logId }: store.StoredLog,
  { size: treeSize, root: rootHash, note }: VerifiedCheckpoint,
  signedText: string,
): Promise<Result<TextReply>> {
  const at = deps.clock.now()
  await store.recordCosigned(tx, logId, { treeSize, rootHash, note, at })
  const { key, sign } = await openKey(deps, tx)
  return ok({ status: 200, contentType: text, body: await cosign(signedText, key, sign, Math.floor(at / 1000)) })
}

/** The organization's key as a witness; made where there is none. It signs nothing but cosignatures. */
async function openKey(deps: Deps, tx: Tx) {
  const context = `anchors/witness-key/${tx.organizationId}`
  const name = nameOf(deps, tx.organizationId)
  if ((await store.witnessKeyOf(tx)) === null) {
    const seed = deps.random.bytes(32)
    const { key } = await signerFromSeed(name, seed)
    const made = { publicKey: key.publicKey, sealedSeed: deps.secrets.seal(seed, context) }
    await store.insertWitnessKey(tx, made, deps.clock.now())
  }
  const stored = await store.witnessKeyOf(tx)
  assertInvariant(stored !== null, 'the witness key was made')
  const { sign } = await signerFromSeed(name, deps.secrets.open(stored.sealedSeed, context))
  return { key: witnessKey(name, stored.publicKey), sign }
}

function viewOf(log: store.StoredLog): WitnessedLog {
  const { logId, origin, verifierKeys, treeSize, rootHash, note, cosignedAt, refusals } = log
  const { refusedAt, refusedBecause, refusedNote } = log
  return {
    logId,
    origin,
    verifierKeys,
    treeSize,
    rootHash: rootHash === null ? null : encodeBase64(rootHash),
    checkpoint: note,
    cosignedAt: cosignedAt?.toISOString() ?? null,
    refusals,
    lastRefusal:
      refusedAt === null || refusedBecause === null || refusedNote === null
        ? null
        : { at: refusedAt.toISOString(), because: refusedBecause, checkpoint: refusedNote },
  }
}
