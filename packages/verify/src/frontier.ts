import { emptyRoot, isCount, nodeHash } from './merkle.ts'
import { foldNodes, type NodeId, rangeNodes } from './proof-build.ts'
import type { Sha256 } from './sha256.ts'

/**
 * The right edge of a growing tree: the perfect subtrees that cover all entries so far, largest first. It is all that
 * appending needs (at most 53 hashes), so a million entries are hashed in constant memory.
 */
export class Frontier {
  readonly #sha256: Sha256
  readonly #nodes: Uint8Array[]
  #size: number

  /** Starts empty, or from the `nodes` of an earlier frontier. Throws a RangeError when their count does not fit. */
  constructor(sha256: Sha256, size = 0, nodes: readonly Uint8Array[] = []) {
    if (!isCount(size) || rangeNodes({ start: 0, end: size }).length !== nodes.length) {
      throw new RangeError(`${nodes.length} nodes are not the frontier of a tree of size ${size}`)
    }
    this.#sha256 = sha256
    this.#size = size
    this.#nodes = [...nodes]
  }

  get size(): number {
    return this.#size
  }

  /** The hashes of the perfect subtrees, largest first; enough to continue later. */
  get nodes(): readonly Uint8Array[] {
    return [...this.#nodes]
  }

  /** Adds a leaf; `onNode` sees each perfect subtree that this completes, the leaf itself first. */
  append(leafHash: Uint8Array, onNode?: (node: NodeId, hash: Uint8Array) => void): void {
    let level = 0
    let index = this.#size
    let hash = leafHash
    onNode?.({ level, index }, hash)
    while (index % 2 === 1) {
      const left = this.#nodes.pop()
      if (left === undefined) throw new Error('broken invariant: a right child has a left sibling in the frontier')
      hash = nodeHash(this.#sha256, left, hash)
      index = (index - 1) / 2
      level++
      onNode?.({ level, index }, hash)
    }
    this.#nodes.push(hash)
    this.#size++
  }

  /** The root of the tree at its present size. */
  root(): Uint8Array {
    return this.#size === 0 ? emptyRoot(this.#sha256) : foldNodes(this.#sha256, this.#nodes)
  }
}

/** The root of a tree from all its leaf hashes (MTH of RFC 6962 section 2.1). */
export function rootOfLeaves(sha256: Sha256, leafHashes: Iterable<Uint8Array>): Uint8Array {
  const frontier = new Frontier(sha256)
  for (const hash of leafHashes) frontier.append(hash)
  return frontier.root()
}
