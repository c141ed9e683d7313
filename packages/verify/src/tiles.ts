import { concatBytes } from './bytes.ts'
import { Frontier } from './frontier.ts'
import { isCount } from './merkle.ts'
import { type EntryRange, type NodeId, type ReadNode, rangeNodes } from './proof-build.ts'
import { HASH_BYTES, type Sha256 } from './sha256.ts'

/** Hashes, or entries, of a full tile (C2SP tlog-tiles). */
export const TILE_WIDTH = 256
const TILE_LEVELS = 8
// 256^7 > 2^53: no tree of ours has nodes on a higher level.
const MAX_TILE_LEVEL = 6

/**
 * A tile: `width` consecutive hashes of perfect subtrees of 256^level entries, from number `index * 256` on. A tile
 * narrower than 256 is partial; it is always a prefix of the wider ones that follow it.
 */
export interface TileId {
  readonly level: number
  readonly index: number
  readonly width: number
}

/** A tile and its hashes, 32 bytes each, one after the other. */
export interface Tile extends TileId {
  readonly hashes: Uint8Array
}

/** `tile/<L>/<N>[.p/<W>]` as C2SP tlog-tiles spells it: tile 1,234,067 of level 0 is `tile/0/x001/x234/067`. */
export function tilePath(tile: TileId): string {
  return `tile/${tile.level}/${numberPath(tile)}`
}

/** `tile/entries/<N>[.p/<W>]`: where the entries under the level 0 tile of the same number and width are served. */
export function entryBundlePath(bundle: { readonly index: number; readonly width: number }): string {
  return `tile/entries/${numberPath(bundle)}`
}

function numberPath({ index, width }: { readonly index: number; readonly width: number }): string {
  if (!isCount(index) || width < 1 || width > TILE_WIDTH) throw new RangeError(`no tile ${index} of width ${width}`)
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  const path = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/')
  return width === TILE_WIDTH ? path : `${path}.p/${width}`
}

export type TileRequest =
  | ({ readonly kind: 'hashes' } & TileId)
  | { readonly kind: 'entries'; readonly index: number; readonly width: number }

/** Reads a tile path back, or null. Only the one spelling that `tilePath` and `entryBundlePath` write is let through. */
export function parseTilePath(path: string): TileRequest | null {
  const found = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (found === null) return null
  const [, level = '', number = '', partial] = found
  const index = Number(number.replace(/[x/]/g, ''))
  const width = partial === undefined ? TILE_WIDTH : Number(partial)
  if (!isCount(index) || width < 1 || (partial !== undefined && width >= TILE_WIDTH)) return null
  const request: TileRequest =
    level === 'entries' ? { kind: 'entries', index, width } : { kind: 'hashes', level: Number(level), index, width }
  const spelled = request.kind === 'entries' ? entryBundlePath(request) : tilePath(request)
  return spelled === path && (request.kind === 'entries' || request.level <= 63) ? request : null
}

/** Hashes that tile `index` of a level holds in a tree of this size; 0 when the tree has no such tile. */
export function tileWidth(level: number, index: number, treeSize: number): number {
  const nodes = Math.floor(treeSize / TILE_WIDTH ** level)
  return Math.max(0, Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH))
}

/** The partial tiles of a tree, lowest level first: all that `extendTiles` needs to go on. Empty for an empty tree. */
export function edgeTiles(treeSize: number): TileId[] {
  const edge: TileId[] = []
  for (let level = 0; level <= MAX_TILE_LEVEL; level++) {
    const nodes = Math.floor(treeSize / TILE_WIDTH ** level)
    const width = nodes % TILE_WIDTH
    if (width > 0) edge.push({ level, index: Math.floor(nodes / TILE_WIDTH), width })
  }
  return edge
}

/** Every tile of a tree of this size, level by level. */
export function* tilesOfTree(treeSize: number): Generator<TileId> {
  for (let level = 0; level <= MAX_TILE_LEVEL; level++) {
    for (let index = 0; tileWidth(level, index, treeSize) > 0; index++) {
      yield { level, index, width: tileWidth(level, index, treeSize) }
    }
  }
}

/** The tiles that hold the nodes of these ranges in a tree of this size, each once: what to fetch for a proof. */
export function tilesForRanges(ranges: readonly EntryRange[], treeSize: number): TileId[] {
  const tiles = new Map<string, TileId>()
  for (const node of ranges.flatMap(rangeNodes)) {
    const { level, index } = tileOfNode(node)
    tiles.set(`${level}/${index}`, { level, index, width: tileWidth(level, index, treeSize) })
  }
  return [...tiles.values()]
}

/** Reads nodes from tiles. Tiles may be wider than needed; reading a node that none of them holds throws. */
export function nodesFromTiles(sha256: Sha256, tiles: Iterable<Tile>): ReadNode {
  const held = new Map<string, Uint8Array>()
  for (const tile of tiles) held.set(`${tile.level}/${tile.index}`, tile.hashes)
  // Proofs of neighbours share most of their nodes.
  const known = new Map<string, Uint8Array>()
  return (node) => {
    const name = `${node.level}/${node.index}`
    const before = known.get(name)
    if (before !== undefined) return before
    const { level, index, from, count } = tileOfNode(node)
    const hashes = held.get(`${level}/${index}`)
    if (hashes === undefined || hashes.length < (from + count) * HASH_BYTES) {
      throw new RangeError(`node ${node.index} of level ${node.level} is not in tile ${index} of level ${level}`)
    }
    const root = perfectRoot(sha256, hashes, from, count)
    known.set(name, root)
    return root
  }
}

/** Where a node lies: under hashes `from` to `from + count` of a tile. */
function tileOfNode(node: NodeId): { level: number; index: number; from: number; count: number } {
  const count = 2 ** (node.level % TILE_LEVELS)
  const first = node.index * count
  return {
    level: Math.floor(node.level / TILE_LEVELS),
    index: Math.floor(first / TILE_WIDTH),
    from: first % TILE_WIDTH,
    count,
  }
}

/** The root over `count` (a power of two) hashes of a tile. */
function perfectRoot(sha256: Sha256, hashes: Uint8Array, from: number, count: number): Uint8Array {
  const frontier = new Frontier(sha256)
  for (let at = from; at < from + count; at++) frontier.append(hashAt(hashes, at))
  return frontier.root()
}

function hashAt(hashes: Uint8Array, at: number): Uint8Array {
  return hashes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES)
}

/** The frontier of a tree from its edge tiles, in any order. Throws a RangeError when one is missing or too short. */
export function frontierOfTiles(sha256: Sha256, treeSize: number, tiles: Iterable<Tile>): Frontier {
  const edge = edgeTiles(treeSize)
  const held = [...tiles]
  const nodes = edge.reverse().flatMap((id) => {
    const tile = held.find(({ level, index }) => level === id.level && index === id.index)
    if (tile === undefined || tile.hashes.length < id.width * HASH_BYTES) {
      throw new RangeError(`the edge of a tree of size ${treeSize} needs ${tilePath(id)}`)
    }
    return rangeNodes({ start: 0, end: id.width }).map(({ level, index }) =>
      perfectRoot(sha256, tile.hashes, index * 2 ** level, 2 ** level),
    )
  })
  return new Frontier(sha256, treeSize, nodes)
}

export interface ExtendedTree {
  readonly size: number
  readonly root: Uint8Array
  /** Every tile that is new or grew, whole, in the order in which it was begun. Older narrower versions are prefixes. */
  readonly tiles: readonly Tile[]
}

/**
 * Adds leaves to a tree of which only the edge is at hand. `edge` holds at least the tiles that `edgeTiles(treeSize)`
 * names; the answer holds the tiles to write. Work and memory grow with the new leaves, not with the tree.
 */
export function extendTiles(
  sha256: Sha256,
  treeSize: number,
  edge: Iterable<Tile>,
  leafHashes: Iterable<Uint8Array>,
): ExtendedTree {
  const begun = [...edge]
  const frontier = frontierOfTiles(sha256, treeSize, begun)
  const grown = new Map<string, { level: number; index: number; parts: Uint8Array[] }>()
  for (const leaf of leafHashes) {
    frontier.append(leaf, (node, hash) => {
      if (node.level % TILE_LEVELS !== 0) return
      const level = node.level / TILE_LEVELS
      const index = Math.floor(node.index / TILE_WIDTH)
      const key = `${level}/${index}`
      let tile = grown.get(key)
      if (tile === undefined) {
        const before = begun.find((held) => held.level === level && held.index === index)
        const width = node.index % TILE_WIDTH
        tile = { level, index, parts: before === undefined ? [] : [before.hashes.slice(0, width * HASH_BYTES)] }
        grown.set(key, tile)
      }
      tile.parts.push(hash)
    })
  }
  const tiles = [...grown.values()].map(({ level, index, parts }) => {
    const hashes = concatBytes(...parts)
    return { level, index, width: hashes.length / HASH_BYTES, hashes }
  })
  return { size: frontier.size, root: frontier.root(), tiles }
}
