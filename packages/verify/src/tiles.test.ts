import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEntryBundle, encodeEntryBundle, MAX_ENTRY_BYTES } from './entry-bundle.ts'
import { Frontier, rootOfLeaves } from './frontier.ts'
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts'
import { nodeSha256 as hash } from './node.ts'
import { buildProof, consistencyRanges, inclusionRanges } from './proof-build.ts'
import {
  edgeTiles,
  entryBundlePath,
  extendTiles,
  frontierOfTiles,
  nodesFromTiles,
  parseTilePath,
  type Tile,
  tilePath,
  tilesForRanges,
  tilesOfTree,
  tileWidth,
} from './tiles.ts'

const manyLeaves = Array.from({ length: 70_000 }, (_, at) =>
  leafHash(hash, Uint8Array.of(at & 0xff, at >> 8, at >> 16)),
)

/** Keeps the widest version of each tile, as a store of tiles does. */
function store(tiles: Iterable<Tile>, into = new Map<string, Tile>()): Map<string, Tile> {
  for (const tile of tiles) into.set(`${tile.level}/${tile.index}`, tile)
  return into
}

test('tile paths are those of C2SP tlog-tiles', () => {
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
  expect(tilePath({ level: 2, index: 0, width: 17 })).toBe('tile/2/000.p/17')
  expect(entryBundlePath({ index: 273, width: 112 })).toBe('tile/entries/273.p/112')
  expect(() => tilePath({ level: 0, index: 0, width: 257 })).toThrow(RangeError)
})

test('a tile path reads back, and only in its one spelling', () => {
  fc.assert(
    fc.property(fc.nat(63), fc.nat(2 ** 31 - 1), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
      expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ kind: 'hashes', level, index, width })
      expect(parseTilePath(entryBundlePath({ index, width }))).toEqual({ kind: 'entries', index, width })
    }),
  )
  const wrong = [
    'tile/0/67',
    'tile/00/067',
    'tile/64/067',
    'tile/0/x000/067',
    'tile/0/001/067',
    'tile/0/067.p/256',
    'tile/0/067.p/0',
    'tile/0/067.p/012',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/data/000',
    '/tile/0/000',
  ]
  for (const path of wrong) expect(parseTilePath(path), path).toBeNull()
})

test('a tree of 70,000 has the tiles that the specification counts', () => {
  const tiles = [...tilesOfTree(70_000)]
  const full = (level: number) => tiles.filter((tile) => tile.level === level && tile.width === 256).length
  expect([full(0), full(1), full(2)]).toEqual([273, 1, 0])
  expect(edgeTiles(70_000)).toEqual([
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ])
  expect([...tilesOfTree(256)]).toEqual([
    { level: 0, index: 0, width: 256 },
    { level: 1, index: 0, width: 1 },
  ])
  expect([...tilesOfTree(0)]).toEqual([])
  expect(tileWidth(0, 300, 70_000)).toBe(0)
})

test('appending in batches of any sizes gives the tiles and the root of appending all at once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 6 }), (batches) => {
      const held = new Map<string, Tile>()
      let size = 0
      for (const batch of batches) {
        const edge = edgeTiles(size).flatMap(({ level, index }) => held.get(`${level}/${index}`) ?? [])
        const extended = extendTiles(hash, size, edge, manyLeaves.slice(size, size + batch))
        size += batch
        expect(extended.size).toBe(size)
        expect(extended.root).toEqual(rootOfLeaves(hash, manyLeaves.slice(0, size)))
        store(extended.tiles, held)
      }
      const atOnce = store(extendTiles(hash, 0, [], manyLeaves.slice(0, size)).tiles)
      expect(held).toEqual(atOnce)
      expect([...held.values()].map(tilePath).sort()).toEqual([...tilesOfTree(size)].map(tilePath).sort())
    }),
    { numRuns: 40 },
  )
})

test('proofs read from tiles verify, also for a smaller tree than the tiles hold', () => {
  const held = store(extendTiles(hash, 0, [], manyLeaves).tiles)
  const fetch = (tiles: readonly { level: number; index: number }[]) =>
    tiles.flatMap(({ level, index }) => held.get(`${level}/${index}`) ?? [])
  for (const treeSize of [70_000, 65_537, 65_536, 257, 256, 255, 1]) {
    const root = frontierOfTiles(hash, treeSize, fetch(edgeTiles(treeSize))).root()
    expect(root).toEqual(rootOfLeaves(hash, manyLeaves.slice(0, treeSize)))
    for (const index of [0, treeSize >> 1, treeSize - 1]) {
      const ranges = inclusionRanges(index, treeSize)
      const proof = buildProof(hash, ranges, nodesFromTiles(hash, fetch(tilesForRanges(ranges, treeSize))))
      const claim = { index, treeSize, leafHash: manyLeaves[index] ?? new Uint8Array(), proof, root }
      expect(verifyInclusion(hash, claim).ok, `${index} of ${treeSize}`).toBe(true)
    }
    for (const newSize of [treeSize, 70_000]) {
      const ranges = consistencyRanges(treeSize, newSize)
      const tiles = tilesForRanges(ranges, newSize)
      expect(tiles.every((tile) => tile.width > 0)).toBe(true)
      const proof = buildProof(hash, ranges, nodesFromTiles(hash, fetch(tiles)))
      const newRoot = rootOfLeaves(hash, manyLeaves.slice(0, newSize))
      expect(verifyConsistency(hash, { oldSize: treeSize, oldRoot: root, newSize, newRoot, proof }).ok).toBe(true)
    }
  }
})

test('a missing or short tile is an error, never a wrong hash', () => {
  const [tile] = extendTiles(hash, 0, [], manyLeaves.slice(0, 10)).tiles
  if (tile === undefined) throw new Error('no tile')
  const short = { ...tile, hashes: tile.hashes.slice(0, 9 * 32) }
  expect(() => nodesFromTiles(hash, [])({ level: 0, index: 0 })).toThrow(RangeError)
  expect(() => nodesFromTiles(hash, [short])({ level: 1, index: 4 })).toThrow(RangeError)
  expect(() => frontierOfTiles(hash, 10, [short])).toThrow(RangeError)
  expect(() => extendTiles(hash, 300, [tile], [])).toThrow(RangeError)
  expect(frontierOfTiles(hash, 0, [])).toBeInstanceOf(Frontier)
})

test('entry bundles read back, and nothing that is too short or too long does', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 256 }), (entries) => {
      const bundle = encodeEntryBundle(entries)
      expect(decodeEntryBundle(bundle, entries.length)).toEqual({ ok: true, value: entries })
      expect(decodeEntryBundle(bundle, entries.length + 1).ok).toBe(false)
      if (entries.length === 0) return
      expect(decodeEntryBundle(bundle, entries.length - 1).ok).toBe(false)
      expect(decodeEntryBundle(bundle.slice(0, -1), entries.length).ok).toBe(false)
    }),
    { numRuns: 50 },
  )
  expect(() => encodeEntryBundle([new Uint8Array(MAX_ENTRY_BYTES + 1)])).toThrow(RangeError)
  expect(() => encodeEntryBundle(Array.from({ length: 257 }, () => new Uint8Array()))).toThrow(RangeError)
})
