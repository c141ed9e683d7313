import {
  buildProof,
  encodeHashes,
  formatVerifierKey,
  inclusionRanges,
  nodesFromTiles,
  tilesForRanges,
} from '@metaagent/verify'
import { nodeSha256 } from '@metaagent/verify/node'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { organizationOrigin } from '../model.ts'
import { firstSequencedAt } from '../store/audit.ts'
import { listKeys } from '../store/keys.ts'
import { readSequencer } from '../store/sequencer.ts'
import { latestCheckpoint, readTiles } from '../store/tree.ts'
import { verifierKeysOf } from './keys.ts'
import { newestWitnessed } from './proofs.ts'

/** The signed head that an audit is made against: everything it shows is proven to be in this tree. */
export interface AuditHead {
  readonly treeSize: number
  readonly checkpoint: string
  readonly rootHash: Uint8Array
  /** C2SP vkey. */
  readonly verifierKey: string
}

/** The newest signed head of the organization's log, or the newest that a witness cosigned; null while nothing is in the tree. */
export async function auditHead(tx: Tx, isWitnessed = false): Promise<AuditHead | null> {
  const state = await readSequencer(tx)
  const head = isWitnessed
    ? await newestWitnessed(tx, organizationOrigin(state?.origin ?? '', tx.organizationId), -1)
    : await latestCheckpoint(tx, 'organization')
  if (head === null || state === null) return null
  const [key] = verifierKeysOf(await listKeys(tx), organizationOrigin(state.origin, tx.organizationId))
  if (key === undefined) return null
  return {
    treeSize: head.tree_size,
    checkpoint: head.note,
    rootHash: head.root_hash,
    verifierKey: formatVerifierKey(key),
  }
}

/** The hashes that lead from each of these entries to the root of the tree, in base 64, by place; one query for all. */
export async function inclusionProofsOf(
  tx: Tx,
  indexes: readonly number[],
  treeSize: number,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const ranges = indexes.map((index) => inclusionRanges(index, treeSize))
  const tiles = await readTiles(tx, 'organization', tilesForRanges(ranges.flat(), treeSize))
  const nodes = nodesFromTiles(nodeSha256, tiles)
  return new Map(
    indexes.map((index, at) => [index, encodeHashes(buildProof(nodeSha256, ranges[at] ?? [], nodes))] as const),
  )
}

/** Where a search for what was decided at or after a time may begin: no entry before it was sequenced later. */
export async function auditStart(tx: Tx, from: Instant | null, treeSize: number): Promise<number> {
  return from === null ? 0 : await firstSequencedAt(tx, from, treeSize)
}
