import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verdictOf } from '../tests/test-log.ts'
import { encodeHex } from './bytes.ts'
import { Frontier, rootOfLeaves } from './frontier.ts'
import {
  emptyRoot,
  isSubtree,
  leafHash,
  nodeHash,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './merkle.ts'
import { nodeSha256 as hash } from './node.ts'
import {
  buildProof,
  consistencyRanges,
  inclusionRanges,
  nodesFromLeaves,
  type ReadNode,
  rangeHash,
  rangeNodes,
  subtreeConsistencyRanges,
  subtreeInclusionRanges,
} from './proof-build.ts'

const leaves = Array.from({ length: 140 }, (_, at) => leafHash(hash, Uint8Array.of(at)))
const readNode = nodesFromLeaves(hash, leaves)
const roots = leaves.map((_, at) => rootOfLeaves(hash, leaves.slice(0, at + 1)))
const rootAt = (size: number) => (size === 0 ? emptyRoot(hash) : (roots[size - 1] ?? new Uint8Array()))
const leafAt = (index: number) => leaves[index] ?? new Uint8Array()

/** The definition of RFC 6962 section 2.1, word for word, to hold the fast one against. */
function recursiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] ?? new Uint8Array()
  let split = 1
  while (split * 2 < hashes.length) split *= 2
  return nodeHash(hash, recursiveRoot(hashes.slice(0, split)), recursiveRoot(hashes.slice(split)))
}

const sizeAndIndex = fc
  .integer({ min: 1, max: 140 })
  .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })))
const twoSizes = fc
  .integer({ min: 1, max: 140 })
  .chain((newSize) => fc.tuple(fc.integer({ min: 1, max: newSize }), fc.constant(newSize)))
const subtreeInTree = fc
  .tuple(fc.integer({ min: 1, max: 140 }), fc.nat(7), fc.nat(), fc.nat())
  .map(([treeSize, level, place, cut]): [number, number, number] => {
    const width = 2 ** level
    const start = width * (place % (Math.floor((treeSize - 1) / width) + 1))
    const longest = Math.min(width, treeSize - start)
    return [start, start + 1 + (cut % longest), treeSize]
  })

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  const at = (bit >> 3) % bytes.length
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7))
  return changed
}

describe('roots', () => {
  test('are those of the RFC 6962 reference trees', () => {
    const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    const hashes = entries.map((hex) => leafHash(hash, Buffer.from(hex, 'hex')))
    expect(hashes.map((_, at) => encodeHex(rootOfLeaves(hash, hashes.slice(0, at + 1))))).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ])
    expect(encodeHex(emptyRoot(hash))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  test('follow the definition at every size', () => {
    for (let size = 1; size <= leaves.length; size++) {
      expect(rootAt(size), `size ${size}`).toEqual(recursiveRoot(leaves.slice(0, size)))
    }
  })

  test('are the same when a frontier is put away and taken up again at any size', () => {
    fc.assert(
      fc.property(twoSizes, ([oldSize, newSize]) => {
        const before = new Frontier(hash)
        for (const leaf of leaves.slice(0, oldSize)) before.append(leaf)
        const after = new Frontier(hash, before.size, before.nodes)
        for (const leaf of leaves.slice(oldSize, newSize)) after.append(leaf)
        expect(after.root()).toEqual(rootAt(newSize))
      }),
    )
    expect(() => new Frontier(hash, 3, [leafAt(0)])).toThrow(RangeError)
  })
})

describe('inclusion', () => {
  test('every proof that is built verifies, for every entry of every size', () => {
    for (let treeSize = 1; treeSize <= 70; treeSize++) {
      for (let index = 0; index < treeSize; index++) {
        const proof = buildProof(hash, inclusionRanges(index, treeSize), readNode)
        const claim = { index, treeSize, leafHash: leafAt(index), proof, root: rootAt(treeSize) }
        expect(verdictOf(verifyInclusion(hash, claim)), `${index} of ${treeSize}`).toBe('accepted')
      }
    }
  })

  test('every one-bit change, and every other place, length or order, is refused', () => {
    fc.assert(
      fc.property(sizeAndIndex, fc.nat(), fc.nat(255), ([treeSize, index], pick, bit) => {
        const proof = buildProof(hash, inclusionRanges(index, treeSize), readNode)
        const claim = { index, treeSize, leafHash: leafAt(index), proof, root: rootAt(treeSize) }
        const refused = (change: Partial<typeof claim>) => !verifyInclusion(hash, { ...claim, ...change }).ok
        expect(refused({ leafHash: flipped(claim.leafHash, bit) })).toBe(true)
        expect(refused({ root: flipped(claim.root, bit) })).toBe(true)
        expect(refused({ proof: [...proof, rootAt(3)] })).toBe(true)
        for (const other of [pick % 140, treeSize, -1, index + 0.5, Number.NaN]) {
          expect(other === index || refused({ index: other }), `index ${other}`).toBe(true)
        }
        if (proof.length === 0) return
        const at = pick % proof.length
        const changed = proof.with(at, flipped(proof[at] ?? new Uint8Array(), bit))
        expect(refused({ proof: changed })).toBe(true)
        expect(refused({ proof: proof.toSpliced(at, 1) })).toBe(true)
        expect(refused({ proof: proof.with(at, new Uint8Array(31)) })).toBe(true)
        expect(proof.length === 1 || refused({ proof: proof.toReversed() })).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('a node cannot pass as a leaf nor a leaf as a node', () => {
    const [left, right] = [leafAt(0), leafAt(1)]
    const node = nodeHash(hash, left, right)
    const forgedEntry = new Uint8Array([...left, ...right])
    expect(leafHash(hash, forgedEntry)).not.toEqual(node)
    // A tree of 4 entries, claimed to have 2: the upper nodes would be its "leaves".
    const proof = [rangeHash(hash, { start: 2, end: 4 }, readNode)]
    const claim = { index: 0, treeSize: 2, leafHash: leafHash(hash, forgedEntry), proof, root: rootAt(4) }
    expect(verdictOf(verifyInclusion(hash, claim))).toBe('root_mismatch')
  })

  test('nothing is in the empty log', () => {
    const claim = { index: 0, treeSize: 0, leafHash: leafAt(0), proof: [], root: emptyRoot(hash) }
    expect(verdictOf(verifyInclusion(hash, claim))).toBe('out_of_range')
    expect(() => inclusionRanges(0, 0)).toThrow(RangeError)
  })
})

describe('consistency', () => {
  test('every proof that is built verifies, between all sizes', () => {
    for (let newSize = 1; newSize <= 70; newSize++) {
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const proof = buildProof(hash, consistencyRanges(oldSize, newSize), readNode)
        const claim = { oldSize, oldRoot: rootAt(oldSize), newSize, newRoot: rootAt(newSize), proof }
        expect(verdictOf(verifyConsistency(hash, claim)), `${oldSize} to ${newSize}`).toBe('accepted')
      }
    }
  })

  test('every one-bit change of either root or of the proof is refused, and every other length', () => {
    fc.assert(
      fc.property(twoSizes, fc.nat(), fc.nat(255), ([oldSize, newSize], pick, bit) => {
        const proof = buildProof(hash, consistencyRanges(oldSize, newSize), readNode)
        const claim = { oldSize, oldRoot: rootAt(oldSize), newSize, newRoot: rootAt(newSize), proof }
        const refused = (change: Partial<typeof claim>) => !verifyConsistency(hash, { ...claim, ...change }).ok
        expect(refused({ oldRoot: flipped(claim.oldRoot, bit) })).toBe(true)
        expect(refused({ newRoot: flipped(claim.newRoot, bit) })).toBe(true)
        expect(refused({ proof: [...proof, rootAt(5)] })).toBe(true)
        expect(refused({ oldSize: newSize, newSize: oldSize }) || oldSize === newSize).toBe(true)
        if (proof.length === 0) return
        const at = pick % proof.length
        expect(refused({ proof: proof.with(at, flipped(proof[at] ?? new Uint8Array(), bit)) })).toBe(true)
        expect(refused({ proof: proof.toSpliced(at, 1) })).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('a log whose past was edited, cut or reordered has no proof', () => {
    fc.assert(
      fc.property(twoSizes, fc.nat(), ([oldSize, newSize], pick) => {
        const at = pick % oldSize
        const forgeries = [
          leaves.slice(0, newSize).with(at, leafHash(hash, Uint8Array.of(200))),
          [...leaves.slice(0, newSize).toSpliced(at, 1), leafHash(hash, Uint8Array.of(201))],
          leaves.slice(0, newSize).with(at, leafAt((at + 1) % 140)),
        ]
        for (const forged of forgeries) {
          const proof = buildProof(hash, consistencyRanges(oldSize, newSize), nodesFromLeaves(hash, forged))
          const newRoot = rootOfLeaves(hash, forged.slice(0, newSize))
          const claim = { oldSize, oldRoot: rootAt(oldSize), newSize, newRoot, proof }
          expect(verifyConsistency(hash, claim).ok).toBe(false)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('from the empty log nothing is proven, even when the roots match', () => {
    const empty = emptyRoot(hash)
    const claim = { oldSize: 0, oldRoot: empty, newSize: 0, newRoot: empty, proof: [] }
    expect(verdictOf(verifyConsistency(hash, claim))).toBe('empty_log')
    expect(verdictOf(verifyConsistency(hash, { ...claim, newSize: 5, newRoot: rootAt(5) }))).toBe('empty_log')
    expect(() => consistencyRanges(0, 5)).toThrow(RangeError)
  })

  test('a proof that ends below the root of the claimed size is refused', () => {
    const proof = buildProof(hash, consistencyRanges(4, 8), readNode)
    const claim = { oldSize: 4, oldRoot: rootAt(4), newSize: 16, newRoot: rootAt(8), proof }
    expect(verdictOf(verifyConsistency(hash, claim))).toBe('wrong_proof_length')
    const included = buildProof(hash, inclusionRanges(3, 8), readNode)
    const inclusion = { index: 3, treeSize: 16, leafHash: leafAt(3), proof: included, root: rootAt(8) }
    expect(verdictOf(verifyInclusion(hash, inclusion))).toBe('wrong_proof_length')
  })

  test('a smaller log is a rollback and another root of the same size a fork', () => {
    const claim = { oldSize: 7, oldRoot: rootAt(7), newSize: 5, newRoot: rootAt(5), proof: [] }
    expect(verdictOf(verifyConsistency(hash, claim))).toBe('rollback')
    expect(verdictOf(verifyConsistency(hash, { ...claim, newSize: 7 }))).toBe('fork')
  })
})

describe('subtrees', () => {
  test('start on a multiple of the power of two that covers them', () => {
    const valid = [
      [0, 5],
      [4, 6],
      [4, 8],
      [8, 13],
      [6, 7],
      [3, 3],
    ]
    const invalid = [
      [2, 5],
      [1, 3],
      [2, 6],
      [4, 9],
      [5, 4],
      [-1, 0],
      [0.5, 1],
    ]
    for (const [start = 0, end = 0] of valid) expect(isSubtree(start, end), `${start}-${end}`).toBe(true)
    for (const [start = 0, end = 0] of invalid) expect(isSubtree(start, end), `${start}-${end}`).toBe(false)
    expect(() => rangeNodes({ start: 2, end: 5 })).toThrow(RangeError)
    expect(() => subtreeConsistencyRanges(2, 5, 8)).toThrow(RangeError)
  })

  test('every inclusion and consistency proof that is built verifies, and no one-bit change of it', () => {
    fc.assert(
      fc.property(subtreeInTree, fc.nat(), fc.nat(255), ([start, end, treeSize], pick, bit) => {
        const root = rangeHash(hash, { start, end }, readNode)
        const index = start + (pick % (end - start))
        const inner = buildProof(hash, subtreeInclusionRanges(index, start, end), readNode)
        const leaf = { index, start, end, leafHash: leafAt(index), proof: inner, root }
        expect(verdictOf(verifySubtreeInclusion(hash, leaf))).toBe('accepted')
        expect(verifySubtreeInclusion(hash, { ...leaf, root: flipped(root, bit) }).ok).toBe(false)

        const proof = buildProof(hash, subtreeConsistencyRanges(start, end, treeSize), readNode)
        const claim = { start, end, subtreeRoot: root, treeSize, treeRoot: rootAt(treeSize), proof }
        expect(verdictOf(verifySubtreeConsistency(hash, claim)), `${start}-${end} in ${treeSize}`).toBe('accepted')
        const refused = (change: Partial<typeof claim>) => !verifySubtreeConsistency(hash, { ...claim, ...change }).ok
        expect(refused({ subtreeRoot: flipped(root, bit) })).toBe(true)
        expect(refused({ treeRoot: flipped(claim.treeRoot, bit) })).toBe(true)
        expect(refused({ proof: [...proof, root] })).toBe(true)
        if (proof.length === 0) return
        const at = pick % proof.length
        expect(refused({ proof: proof.with(at, flipped(proof[at] ?? new Uint8Array(), bit)) })).toBe(true)
        expect(refused({ proof: proof.toSpliced(at, 1) })).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('an empty one is part of every tree that reaches it, with the empty root only', () => {
    const empty = { start: 3, end: 3, subtreeRoot: emptyRoot(hash), treeSize: 8, treeRoot: rootAt(8), proof: [] }
    expect(verdictOf(verifySubtreeConsistency(hash, empty))).toBe('accepted')
    expect(verdictOf(verifySubtreeConsistency(hash, { ...empty, subtreeRoot: rootAt(3) }))).toBe('root_mismatch')
    expect(verdictOf(verifySubtreeConsistency(hash, { ...empty, proof: [rootAt(3)] }))).toBe('wrong_proof_length')
    expect(verdictOf(verifySubtreeConsistency(hash, { ...empty, treeSize: 2 }))).toBe('out_of_range')
  })
})

test('sizes beyond 32 bits are proven as small ones are', () => {
  // A log of equal entries: every perfect subtree of a level has the same hash, so its tree of 2^41 + 5 is at hand.
  const byLevel = [leafHash(hash, Uint8Array.of(1))]
  for (let level = 1; level <= 42; level++) {
    const below = byLevel[level - 1] ?? new Uint8Array()
    byLevel.push(nodeHash(hash, below, below))
  }
  const read: ReadNode = ({ level }) => byLevel[level] ?? new Uint8Array()
  const oldSize = 2 ** 40 + 3
  const treeSize = 2 ** 41 + 5
  const rootOf = (size: number) => rangeHash(hash, { start: 0, end: size }, read)
  const index = 2 ** 40 + 2 ** 33 + 1
  const leaf = read({ level: 0, index })
  const inclusion = buildProof(hash, inclusionRanges(index, treeSize), read)
  const claim = { index, treeSize, leafHash: leaf, proof: inclusion, root: rootOf(treeSize) }
  expect(verdictOf(verifyInclusion(hash, claim))).toBe('accepted')
  expect(verdictOf(verifyInclusion(hash, { ...claim, treeSize: treeSize - 2 ** 32 }))).not.toBe('accepted')
  const consistency = buildProof(hash, consistencyRanges(oldSize, treeSize), read)
  const extended = {
    oldSize,
    oldRoot: rootOf(oldSize),
    newSize: treeSize,
    newRoot: rootOf(treeSize),
    proof: consistency,
  }
  expect(verdictOf(verifyConsistency(hash, extended))).toBe('accepted')
  expect(verdictOf(verifyInclusion(hash, { ...claim, index: 2 ** 64 }))).toBe('out_of_range')
})
