import type { ConsistencyProof, InclusionProof, ProofFile } from '@metaagent/contract'
import {
  buildProof,
  consistencyRanges,
  type EntryRange,
  encodeBase64,
  encodeHashes,
  formatVerifierKey,
  inclusionRanges,
  nodesFromTiles,
  PROOF_FORMAT,
  parseNote,
  type ReadNode,
  rangeHash,
  tilesForRanges,
} from '@metaagent/verify'
import { nodeSha256 } from '@metaagent/verify/node'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { eventById } from '../../journal/index.ts'
import { isLedgerType, organizationOrigin } from '../model.ts'
import { type EntryRow, entryByEvent, entryByIndex } from '../store/entries.ts'
import { listKeys } from '../store/keys.ts'
import { readSequencer } from '../store/sequencer.ts'
import {
  anchorOfSize,
  type CheckpointRow,
  type Log,
  latestCheckpoint,
  latestWitnessed,
  readTiles,
} from '../store/tree.ts'
import { verifierKeysOf } from './keys.ts'

type Inclusion = z.infer<typeof InclusionProof>
type Consistency = z.infer<typeof ConsistencyProof>

const notYet = 'The ledger follows the journal by about a second. Ask again in a moment.'

/** Reads the nodes that these ranges need in one query. */
async function nodesFor(tx: Tx, log: Log, ranges: readonly EntryRange[], treeSize: number): Promise<ReadNode> {
  return nodesFromTiles(nodeSha256, await readTiles(tx, log, tilesForRanges([...ranges], treeSize)))
}

async function inclusionHashes(tx: Tx, log: Log, index: number, treeSize: number): Promise<Uint8Array[]> {
  const ranges = inclusionRanges(index, treeSize)
  return buildProof(nodeSha256, ranges, await nodesFor(tx, log, ranges, treeSize))
}

async function rootAt(tx: Tx, log: Log, treeSize: number): Promise<Uint8Array> {
  const whole = { start: 0, end: treeSize }
  return rangeHash(nodeSha256, whole, await nodesFor(tx, log, [whole], treeSize))
}

/** The size that is asked for, which the tree must have had; without one the newest. */
function sizeIn(head: CheckpointRow | null, asked: number | undefined): Result<number> {
  if (head === null) return refuse('not-sequenced-yet', `Nothing is in the tree yet. ${notYet}`)
  if (asked !== undefined && asked > head.tree_size) {
    return refuse('tree-size-unknown', `The tree has ${head.tree_size} entries. Ask for a size up to that.`)
  }
  return ok(asked ?? head.tree_size)
}

/** Proof that an entry stands at its index in the tree of a size (RFC 9162 section 2.1.3). */
export async function proveInclusion(
  deps: Deps,
  caller: Caller,
  log: Log,
  query: { readonly index: number; readonly treeSize?: number | undefined },
): Promise<Result<Inclusion>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const size = sizeIn(await latestCheckpoint(tx, log), query.treeSize)
    if (!size.ok) return size
    const treeSize = size.value
    const { index } = query
    if (index >= treeSize) {
      return refuse('tree-size-unknown', `A tree of ${treeSize} entries has no index ${index}: they begin at 0.`)
    }
    const leaf = { start: index, end: index + 1 }
    return ok({
      index,
      treeSize,
      leafHash: encodeBase64(rangeHash(nodeSha256, leaf, await nodesFor(tx, log, [leaf], treeSize))),
      proof: encodeHashes(await inclusionHashes(tx, log, index, treeSize)),
      rootHash: encodeBase64(await rootAt(tx, log, treeSize)),
    })
  })
}

/** Proof that the tree of size `from` is the beginning of the tree of size `to` (RFC 9162 section 2.1.4). */
export async function proveConsistency(
  deps: Deps,
  caller: Caller,
  log: Log,
  query: { readonly from: number; readonly to?: number | undefined },
): Promise<Result<Consistency>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const size = sizeIn(await latestCheckpoint(tx, log), query.to)
    if (!size.ok) return size
    const toSize = size.value
    const fromSize = query.from
    if (fromSize > toSize) {
      return refuse(
        'tree-size-unknown',
        `A proof goes from a smaller to a larger size; ${toSize} is below ${fromSize}.`,
      )
    }
    const ranges = consistencyRanges(fromSize, toSize)
    return ok({
      fromSize,
      toSize,
      fromRoot: encodeBase64(await rootAt(tx, log, fromSize)),
      toRoot: encodeBase64(await rootAt(tx, log, toSize)),
      proof: encodeHashes(buildProof(nodeSha256, ranges, await nodesFor(tx, log, ranges, toSize))),
    })
  })
}

/** The hashes that lead from a smaller tree to a larger one; none from the empty tree, which proves nothing. */
export async function consistencyHashes(tx: Tx, log: Log, fromSize: number, toSize: number): Promise<Uint8Array[]> {
  if (fromSize === 0) return []
  const ranges = consistencyRanges(fromSize, toSize)
  return buildProof(nodeSha256, ranges, await nodesFor(tx, log, ranges, toSize))
}

/** Everything a stranger needs to check the entry of an event offline. */
export async function proofFileOf(deps: Deps, organizationId: string, eventId: string): Promise<Result<ProofFile>> {
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const entry = await entryByEvent(tx, eventId)
    return entry === null ? await whyNotSequenced(tx, eventId) : await proofFile(tx, entry)
  })
}

/** The same by the entry's place. */
export async function proofFileAt(deps: Deps, organizationId: string, index: number): Promise<Result<ProofFile>> {
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const entry = await entryByIndex(tx, index)
    return entry === null
      ? refuse('not-found', `Your organization's ledger has no entry ${index}.`)
      : await proofFile(tx, entry)
  })
}

/** Why an event has no entry: not yet, never, or no such event. */
export async function whyNotSequenced(tx: Tx, eventId: string): Promise<Result<never>> {
  const event = await eventById(tx, eventId)
  if (event === null) return refuse('not-found', 'Your organization’s journal has no event with this id.')
  if (isLedgerType(event.type)) return refuse('not-sequenced-yet', notYet, { retryAfterSeconds: 1 })
  return refuse('not-found', `Events of type ${event.type} are journaled only: they do not enter the ledger.`)
}

/**
 * The proof of an entry against the newest checkpoint that a witness cosigned, since the very newest one rarely is; without
 * any, or where that one was signed before the newest key, against the newest.
 */
export async function witnessedProofAt(deps: Deps, organizationId: string, index: number): Promise<Result<ProofFile>> {
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const entry = await entryByIndex(tx, index)
    if (entry === null) return refuse('not-found', `Your organization's ledger has no entry ${index}.`)
    const origin = await originOf(tx)
    const witnessed = await newestWitnessed(tx, origin, index)
    return await fileOf(tx, 'organization', origin, index, entry.leaf, witnessed)
  })
}

/** The newest cosigned checkpoint that holds a place and that the newest key signed; null: there is none. */
export async function newestWitnessed(tx: Tx, origin: string, index: number): Promise<CheckpointRow | null> {
  const found = await latestWitnessed(tx, origin, index)
  const [key] = verifierKeysOf(await listKeys(tx), origin)
  const note = found === null ? null : parseNote(found.note)
  const signs = note?.ok === true && note.value.signatures.some(({ keyId }) => keyId === key?.keyId)
  return signs ? found : null
}

async function proofFile(tx: Tx, entry: EntryRow): Promise<Result<ProofFile>> {
  return await fileOf(tx, 'organization', await originOf(tx), entry.entry_index, entry.leaf)
}

/** Proof that a checkpoint of the organization's log stands in the deployment's log. */
export async function anchorFileOf(deps: Deps, organizationId: string, treeSize: number): Promise<Result<ProofFile>> {
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const anchor = await anchorOfSize(tx, treeSize)
    const state = await readSequencer(tx)
    if (anchor === null || state === null) {
      return refuse('tree-size-unknown', `No checkpoint of size ${treeSize} was signed for your organization.`)
    }
    return await fileOf(tx, 'deployment', state.origin, anchor.deploymentIndex, anchor.leaf)
  })
}

async function originOf(tx: Tx): Promise<string> {
  const state = await readSequencer(tx)
  return organizationOrigin(state?.origin ?? '', tx.organizationId)
}

async function fileOf(
  tx: Tx,
  log: Log,
  origin: string,
  index: number,
  entry: string,
  chosen: CheckpointRow | null = null,
): Promise<Result<ProofFile>> {
  const head = chosen ?? (await latestCheckpoint(tx, log))
  const [key] = verifierKeysOf(await listKeys(tx), origin)
  if (head === null || key === undefined || index >= head.tree_size) return refuse('not-sequenced-yet', notYet)
  return ok({
    format: PROOF_FORMAT,
    kind: 'inclusion',
    entry,
    index,
    treeSize: head.tree_size,
    proof: encodeHashes(await inclusionHashes(tx, log, index, head.tree_size)),
    checkpoint: head.note,
    verifierKey: formatVerifierKey(key),
  })
}
