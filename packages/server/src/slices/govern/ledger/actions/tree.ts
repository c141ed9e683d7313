import { createHash } from 'node:crypto'
import {
  edgeTiles,
  encodeBase64,
  equalBytes,
  extendTiles,
  formatCheckpoint,
  frontierOfTiles,
  openCheckpoint,
  signNote,
  webCryptoVerify,
} from '@metaagent/verify'
import { nodeSha256 } from '@metaagent/verify/node'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { organizationOrigin } from '../model.ts'
import { readSequencer } from '../store/sequencer.ts'
import {
  type CheckpointRow,
  insertCheckpoint,
  type Log,
  latestCheckpoint,
  readTiles,
  type StoredTile,
  writeTiles,
} from '../store/tree.ts'
import { type SigningKeys, signersOf, verifierKeysOf } from './keys.ts'

/** The right edge of a stored log, ready to be continued. */
export interface Head {
  readonly treeSize: number
  readonly checkpoint: CheckpointRow | null
  readonly edge: readonly StoredTile[]
}

/** What a log's newest checkpoint says. `rootHash` is base 64. */
export interface SignedHead {
  readonly origin: string
  readonly treeSize: number
  readonly rootHash: string
}

export async function readHead(tx: Tx, log: Log): Promise<Head> {
  const checkpoint = await latestCheckpoint(tx, log)
  const treeSize = checkpoint?.tree_size ?? 0
  return { treeSize, checkpoint, edge: await readTiles(tx, log, edgeTiles(treeSize)) }
}

/** Whether the stored tiles at the edge lead to the root of the last checkpoint. */
export function tilesLeadToRoot({ treeSize, checkpoint, edge }: Head): boolean {
  if (checkpoint === null) return edge.length === 0
  try {
    return equalBytes(frontierOfTiles(nodeSha256, treeSize, edge).root(), checkpoint.root_hash)
  } catch (error) {
    // A tile is missing or too short.
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Whether the last checkpoint is a note of this log, by a key that signs now, that says what its row says. */
export async function signatureHolds({ checkpoint }: Head, origin: string, keys: SigningKeys): Promise<boolean> {
  if (checkpoint === null) return true
  const trusted = { keys: verifierKeysOf(keys.signing, origin), origin, verify: webCryptoVerify }
  const opened = await openCheckpoint(checkpoint.note, trusted)
  return opened.ok && opened.value.size === checkpoint.tree_size && equalBytes(opened.value.root, checkpoint.root_hash)
}

/** Adds leaves behind a head: writes the tiles that grew and the signed checkpoint. */
export async function extendLog(
  deps: Deps,
  tx: Tx,
  log: Log,
  origin: string,
  keys: SigningKeys,
  head: Head,
  leafHashes: readonly Uint8Array[],
): Promise<SignedHead> {
  const grown = extendTiles(nodeSha256, head.treeSize, head.edge, leafHashes)
  const { size: treeSize, root } = grown
  const note = await signNote(formatCheckpoint({ origin, size: treeSize, root }), await signersOf(keys, origin))
  await writeTiles(tx, log, grown.tiles)
  await insertCheckpoint(tx, log, { treeSize, rootHash: root, note, signedAt: deps.clock.now() })
  return { origin, treeSize, rootHash: encodeBase64(root) }
}

export function sha256Base64(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

/** A log's newest checkpoint as it leaves the deployment. */
export interface HeadToAnchor {
  readonly origin: string
  readonly treeSize: number
  /** The signed note with all its lines. */
  readonly note: string
}

/** The newest signed head of a log; null while nothing is in it. */
export async function headToAnchor(tx: Tx, log: Log): Promise<HeadToAnchor | null> {
  const state = await readSequencer(tx)
  const head = await latestCheckpoint(tx, log)
  if (state === null || head === null) return null
  const origin = log === 'deployment' ? state.origin : organizationOrigin(state.origin, tx.organizationId)
  return { origin, treeSize: head.tree_size, note: head.note }
}
