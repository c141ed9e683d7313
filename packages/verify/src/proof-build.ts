import { isCount, isSubtree, nodeHash, powerOfTwoFrom } from './merkle.ts'
import type { Sha256 } from './sha256.ts'

/** A perfect subtree: the 2^level entries from `index * 2^level`. Level 0 is a leaf. */
export interface NodeId {
  readonly level: number
  readonly index: number
}

/** The entries from `start` (inclusive) to `end` (exclusive), always a subtree in the sense of `isSubtree`. */
export interface EntryRange {
  readonly start: number
  readonly end: number
}

/** Looks up the stored hash of a perfect subtree. Throws when it is not there: a log that lost a node is broken. */
export type ReadNode = (node: NodeId) => Uint8Array

/**
 * The ranges whose hashes are the inclusion proof of an entry, in proof order: PATH of RFC 6962 section 2.1.1.
 * Throws a RangeError unless 0 ≤ index < treeSize.
 */
export function inclusionRanges(index: number, treeSize: number): EntryRange[] {
  return subtreeInclusionRanges(index, 0, treeSize)
}

/** The same within the subtree `start`…`end`. Throws a RangeError unless it is one and holds the index. */
export function subtreeInclusionRanges(index: number, start: number, end: number): EntryRange[] {
  if (!isCount(index) || !isSubtree(start, end) || index < start || index >= end) {
    throw new RangeError(`no entry ${index} in ${start} to ${end}`)
  }
  const ranges: EntryRange[] = []
  let low = start
  let high = end
  while (high - low > 1) {
    const split = low + powerOfTwoFrom(high - low) / 2
    if (index < split) {
      ranges.push({ start: split, end: high })
      high = split
    } else {
      ranges.push({ start: low, end: split })
      low = split
    }
  }
  return ranges.reverse()
}

/**
 * The ranges whose hashes are the consistency proof between two sizes, in proof order: PROOF of RFC 6962 section 2.1.2.
 * Throws a RangeError unless 0 < oldSize ≤ newSize: a proof from the empty log proves nothing.
 */
export function consistencyRanges(oldSize: number, newSize: number): EntryRange[] {
  if (oldSize === 0) throw new RangeError('there is no consistency proof from the empty log')
  return subtreeConsistencyRanges(0, oldSize, newSize)
}

/**
 * The ranges of the proof that the subtree `start`…`end` is part of the tree: SUBTREE_PROOF of
 * draft-ietf-plants-merkle-tree-certs section 4.4.1. Empty for an empty subtree. Throws a RangeError unless it is a
 * subtree that the tree holds.
 */
export function subtreeConsistencyRanges(start: number, end: number, treeSize: number): EntryRange[] {
  if (!isSubtree(start, end) || !isCount(treeSize) || end > treeSize) {
    throw new RangeError(`${start} to ${end} is not a subtree of a tree of size ${treeSize}`)
  }
  if (start === end) return []
  const ranges: EntryRange[] = []
  let low = 0
  let high = treeSize
  let from = start
  // While the node on the way down still covers the whole subtree, the verifier knows its hash and it is left out.
  let known = true
  while (low !== from || high !== end) {
    const split = low + powerOfTwoFrom(high - low) / 2
    if (end <= split) {
      ranges.push({ start: split, end: high })
      high = split
    } else {
      ranges.push({ start: low, end: split })
      if (from < split) {
        from = split
        known = false
      }
      low = split
    }
  }
  if (!known) ranges.push({ start: low, end: high })
  return ranges.reverse()
}

/** The perfect subtrees that make up a range, from left to right (largest first). */
export function rangeNodes(range: EntryRange): NodeId[] {
  if (!isSubtree(range.start, range.end)) throw new RangeError(`${range.start} to ${range.end} is not a subtree`)
  const nodes: NodeId[] = []
  let at = range.start
  while (at < range.end) {
    const left = range.end - at
    let level = 0
    let width = 1
    while (width * 2 <= left) {
      width *= 2
      level++
    }
    nodes.push({ level, index: at / width })
    at += width
  }
  return nodes
}

/** The hash of a range from the hashes of its perfect subtrees (MTH of RFC 6962 section 2.1). The range is not empty. */
export function rangeHash(sha256: Sha256, range: EntryRange, readNode: ReadNode): Uint8Array {
  return foldNodes(sha256, rangeNodes(range).map(readNode))
}

/** Joins the hashes of neighbouring perfect subtrees, largest first, into the hash of what they cover together. */
export function foldNodes(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array {
  const last = hashes.at(-1)
  if (last === undefined) throw new RangeError('an empty range has no nodes')
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(sha256, left, right), last)
}

/** The proof for the ranges that one of the functions above names, read from stored nodes. */
export function buildProof(sha256: Sha256, ranges: readonly EntryRange[], readNode: ReadNode): Uint8Array[] {
  return ranges.map((range) => rangeHash(sha256, range, readNode))
}

/** Reads nodes by hashing them up from all leaf hashes: for small trees and tests, not for a large log. */
export function nodesFromLeaves(sha256: Sha256, leafHashes: readonly Uint8Array[]): ReadNode {
  const read: ReadNode = ({ level, index }) => {
    if (level === 0) {
      const leaf = leafHashes[index]
      if (leaf === undefined) throw new RangeError(`no leaf ${index}`)
      return leaf
    }
    const left = read({ level: level - 1, index: index * 2 })
    return nodeHash(sha256, left, read({ level: level - 1, index: index * 2 + 1 }))
  }
  return read
}
