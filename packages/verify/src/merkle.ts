import { equalBytes } from './bytes.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { HASH_BYTES, type Sha256 } from './sha256.ts'

// RFC 6962 section 2.1: the prefix bytes keep a leaf from ever being read as a node, or a node as a leaf.
const LEAF_PREFIX = 0x00
const NODE_PREFIX = 0x01

/** The hash of an entry as a leaf: SHA-256(0x00 || entry) (RFC 6962 section 2.1). */
export function leafHash(sha256: Sha256, entry: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(entry.length + 1)
  prefixed[0] = LEAF_PREFIX
  prefixed.set(entry, 1)
  return sha256(prefixed)
}

/** The hash of a node over its two children: SHA-256(0x01 || left || right) (RFC 6962 section 2.1). */
export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + 2 * HASH_BYTES)
  prefixed[0] = NODE_PREFIX
  prefixed.set(left, 1)
  prefixed.set(right, 1 + HASH_BYTES)
  return sha256(prefixed)
}

/** The root of a log without entries: SHA-256 of nothing (RFC 6962 section 2.1). */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array())
}

/** True for a whole number from 0 to 2^53 - 1: what an index or a size may be here. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** The smallest power of two that is not below `count`; 1 for 0 and 1. */
export function powerOfTwoFrom(count: number): number {
  let power = 1
  while (power < count) power *= 2
  return power
}

/**
 * True when the entries `start` (inclusive) to `end` (exclusive) stand under one node of every tree that holds them:
 * `start` is a multiple of the smallest power of two not below `end - start` (draft-ietf-plants-merkle-tree-certs,
 * section 4.1; transparency-dev/merkle `isSubtreeValid`). An empty range is valid anywhere.
 */
export function isSubtree(start: number, end: number): boolean {
  return isCount(start) && isCount(end) && start <= end && (start === end || start % powerOfTwoFrom(end - start) === 0)
}

export interface InclusionClaim {
  /** Zero-based position of the entry in the log. */
  readonly index: number
  readonly treeSize: number
  readonly leafHash: Uint8Array
  /** Sibling hashes from the leaf up. */
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** Checks that a leaf stands at an index of the tree with this size and root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(sha256: Sha256, claim: InclusionClaim): Outcome<true> {
  return verifySubtreeInclusion(sha256, { ...claim, start: 0, end: claim.treeSize })
}

export interface SubtreeInclusionClaim {
  readonly index: number
  /** First entry of the subtree. */
  readonly start: number
  /** First entry behind the subtree. */
  readonly end: number
  readonly leafHash: Uint8Array
  readonly proof: readonly Uint8Array[]
  /** Root of the subtree. */
  readonly root: Uint8Array
}

/**
 * Checks that a leaf stands at an index of the subtree `start`…`end` with this root (draft-ietf-plants-merkle-tree-certs
 * section 4.3; transparency-dev/merkle `VerifySubtreeInclusion`).
 */
export function verifySubtreeInclusion(sha256: Sha256, claim: SubtreeInclusionClaim): Outcome<true> {
  const { index, start, end, proof, root } = claim
  if (!isSubtree(start, end)) return refuse('out_of_range', `${start} to ${end} is not a subtree of any tree`)
  if (!isCount(index) || index < start || index >= end) {
    return refuse('out_of_range', `index ${index} is not one of the entries ${start} to ${end - 1}`)
  }
  if (claim.leafHash.length !== HASH_BYTES || !areHashes(proof))
    return refuse('malformed', 'a hash is not 32 bytes long')
  let node = index - start
  let last = end - start - 1
  let hash = claim.leafHash
  for (const sibling of proof) {
    if (last === 0) return wrongLength(proof.length)
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sha256, sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = half(last)
      }
    } else {
      hash = nodeHash(sha256, hash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  if (last !== 0) return wrongLength(proof.length)
  if (!equalBytes(hash, root)) return refuse('root_mismatch', 'the entry and its proof do not lead to the signed root')
  return accept(true)
}

export interface ConsistencyClaim {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly newSize: number
  readonly newRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Checks that the old tree is a prefix of the new one: nothing was changed or removed (RFC 9162 section 2.1.4.2).
 * From size 0 it always refuses, even when the roots match: every log extends the empty one, so such a proof would
 * only look like evidence (transparency-dev/merkle `VerifyConsistency` does the same).
 */
export function verifyConsistency(sha256: Sha256, claim: ConsistencyClaim): Outcome<true> {
  const { oldSize, oldRoot, newSize, newRoot, proof } = claim
  if (!isCount(oldSize) || !isCount(newSize)) return refuse('out_of_range', 'a tree size is a whole number from 0')
  if (newSize < oldSize) return refuse('rollback', `size ${newSize} is smaller than the size ${oldSize} seen before`)
  if (oldSize === 0) return refuse('empty_log', 'a proof that starts at the empty log proves nothing')
  if (oldSize === newSize && proof.length === 0 && !equalBytes(oldRoot, newRoot)) {
    return refuse('fork', `two different trees of size ${oldSize} were signed`)
  }
  return verifySubtreeConsistency(sha256, {
    start: 0,
    end: oldSize,
    subtreeRoot: oldRoot,
    treeSize: newSize,
    treeRoot: newRoot,
    proof,
  })
}

export interface SubtreeConsistencyClaim {
  readonly start: number
  readonly end: number
  readonly subtreeRoot: Uint8Array
  readonly treeSize: number
  readonly treeRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Checks that the subtree `start`…`end` with this root is part of the tree (draft-ietf-plants-merkle-tree-certs section
 * 4.4.3; transparency-dev/merkle `VerifySubtreeConsistency`). An empty subtree is part of every tree that reaches it if
 * its root is the empty root; it says nothing about the tree's own root.
 */
export function verifySubtreeConsistency(sha256: Sha256, claim: SubtreeConsistencyClaim): Outcome<true> {
  const { start, end, subtreeRoot, treeSize, treeRoot, proof } = claim
  if (!isSubtree(start, end)) return refuse('out_of_range', `${start} to ${end} is not a subtree of any tree`)
  if (!isCount(treeSize) || end > treeSize)
    return refuse('out_of_range', `the tree of size ${treeSize} ends before ${end}`)
  if (!areHashes(proof)) return refuse('malformed', 'a hash is not 32 bytes long')
  if (start === end) {
    if (proof.length > 0) return wrongLength(proof.length)
    return equalBytes(subtreeRoot, emptyRoot(sha256)) ? accept(true) : mismatch()
  }
  return climb(sha256, claim, { first: start, last: end - 1, treeLast: treeSize - 1 }, subtreeRoot, treeRoot)
}

/** `first` and `last` node of the subtree and the last node of the tree, on the level that the climb has reached. */
interface Cursor {
  first: number
  last: number
  treeLast: number
}

function climb(
  sha256: Sha256,
  claim: SubtreeConsistencyClaim,
  cursor: Cursor,
  subtreeRoot: Uint8Array,
  treeRoot: Uint8Array,
): Outcome<true> {
  const flush = cursor.last === cursor.treeLast
  while (cursor.first !== cursor.last && (flush || cursor.last % 2 === 1)) up(cursor)
  const whole = cursor.first === cursor.last
  const seed = whole ? subtreeRoot : claim.proof[0]
  if (seed === undefined) return wrongLength(0)
  let inSubtree = seed
  let inTree = seed
  for (const hash of whole ? claim.proof : claim.proof.slice(1)) {
    if (cursor.treeLast === 0) return wrongLength(claim.proof.length)
    if (cursor.last % 2 === 1 || cursor.last === cursor.treeLast) {
      if (cursor.first < cursor.last) inSubtree = nodeHash(sha256, hash, inSubtree)
      inTree = nodeHash(sha256, hash, inTree)
      while (cursor.last % 2 === 0 && cursor.last !== 0) up(cursor)
    } else {
      inTree = nodeHash(sha256, inTree, hash)
    }
    up(cursor)
  }
  if (cursor.treeLast !== 0) return wrongLength(claim.proof.length)
  return equalBytes(inSubtree, subtreeRoot) && equalBytes(inTree, treeRoot) ? accept(true) : mismatch()
}

function up(cursor: Cursor): void {
  cursor.first = half(cursor.first)
  cursor.last = half(cursor.last)
  cursor.treeLast = half(cursor.treeLast)
}

// Sizes go beyond 32 bits, where JavaScript's shifts would wrap.
function half(value: number): number {
  return Math.floor(value / 2)
}

function areHashes(proof: readonly Uint8Array[]): boolean {
  return proof.every((hash) => hash.length === HASH_BYTES)
}

function wrongLength(hashes: number): Outcome<never> {
  return refuse('wrong_proof_length', `a proof of ${hashes} hashes does not fit these positions and sizes`)
}

function mismatch(): Outcome<never> {
  return refuse('root_mismatch', 'the proof does not connect the two roots: the history was changed')
}
