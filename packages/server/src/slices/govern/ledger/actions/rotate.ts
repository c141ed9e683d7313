import type { LedgerKeyList } from '@metaagent/contract'
import { formatVerifierKey, parseNote, signatureLineOf, signerFromSeed } from '@metaagent/verify'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { addMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append, journalStart } from '../../journal/index.ts'
import { keyStateOf, organizationOrigin } from '../model.ts'
import { endKey, listKeys, type SigningKey } from '../store/keys.ts'
import { lockSequencer, readSequencer } from '../store/sequencer.ts'
import { insertSignature, type Log, latestCheckpoint, organizationsWithLog } from '../store/tree.ts'
import { makeKey, openSigningKeys, signingNow, verifierKeysOf } from './keys.ts'

const dayMs = 86_400_000

export interface Rotation {
  /** Days for which the key before signs beside the new one; 0 for a key that was lost to somebody. */
  readonly overlapDays: number
  readonly reason: string
}

/**
 * Gives the deployment a new signing key. The key before signs beside it for the overlap; the heads of all logs are signed
 * with the new one at once, so that nobody who pins it waits for the next entry. Every organization that has a log is told
 * in its ledger. In the caller's transaction (deployment scope). Returns the new key's number.
 */
export async function rotateKey(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  { overlapDays, reason }: Rotation,
): Promise<number> {
  // Nothing is signed meanwhile.
  const { origin } = await lockSequencer(tx, { origin: deps.settings.ledgerOrigin, position: journalStart })
  const now = deps.clock.now()
  const { signing } = await openSigningKeys(deps, tx)
  const [newest] = signing
  assertInvariant(newest !== undefined, 'the newest key signs')
  const signsUntil = addMs(now, overlapDays * dayMs)
  const keyNumber = newest.keyNumber + 1
  const seed = await makeKey(deps, tx, keyNumber)
  await endKey(tx, newest.keyNumber, signsUntil, reason)
  await signHead(deps, tx, 'deployment', origin, seed)
  for (const organizationId of await organizationsWithLog(tx))
    await tx.within({ organizationId }, async (own) => {
      const log = organizationOrigin(origin, organizationId)
      const key = await signHead(deps, own, 'organization', log, seed)
      const payload = { keyNumber, verifierKey: key, previousSignsUntil: toIso(signsUntil), reason }
      await append(deps, own, [{ type: 'ledger.key.rotated', subject: 'ledger', actor: actorOf(caller), payload }])
    })
  return keyNumber
}

/** Signs the newest checkpoint of a log with one more key. Returns the key as text. */
async function signHead(deps: Deps, tx: Tx, log: Log, origin: string, seed: Uint8Array): Promise<string> {
  const signer = await signerFromSeed(origin, seed)
  const head = await latestCheckpoint(tx, log)
  const note = head === null ? null : parseNote(head.note)
  if (head !== null && note?.ok === true) {
    const line = await signatureLineOf(note.value.text, signer)
    await insertSignature(tx, log, { treeSize: head.tree_size, line, at: deps.clock.now() })
  }
  return formatVerifierKey(signer.key)
}

/** The keys of the deployment under the name of the organization's log, newest first, with the time of each. */
export async function readKeys(deps: Deps, caller: Caller): Promise<Result<z.input<typeof LedgerKeyList>>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const state = await readSequencer(tx)
    if (state === null) return refuse('not-sequenced-yet', 'The ledger is begun within a second. Ask again.')
    return ok(await keyList(deps, tx, organizationOrigin(state.origin, organizationId)))
  })
}

export async function keyList(deps: Deps, tx: Tx, origin: string): Promise<z.input<typeof LedgerKeyList>> {
  const known = await listKeys(tx)
  const now = deps.clock.now()
  const items = known.map((key) => viewOf(key, origin, now))
  return { items, signing: signingNow(known, now).length }
}

function viewOf(key: SigningKey, origin: string, now: number): z.input<typeof LedgerKeyList>['items'][number] {
  const [named] = verifierKeysOf([key], origin)
  assertInvariant(named !== undefined, 'a key has a public half')
  return {
    keyNumber: key.keyNumber,
    keyId: named.keyId,
    verifierKey: formatVerifierKey(named),
    state: keyStateOf(key.signsUntil, now),
    signsFrom: toIso(key.createdAt),
    signsUntil: key.signsUntil === null ? null : toIso(key.signsUntil),
    endedBecause: key.endedBecause,
  }
}
