import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import {
  buildProof,
  type Checkpoint,
  consistencyRanges,
  decodeEntryBundle,
  edgeTiles,
  entryBundlePath,
  equalBytes,
  frontierOfTiles,
  HASH_BYTES,
  inclusionRanges,
  leafHash,
  nodesFromTiles,
  openCheckpoint,
  parseTilePath,
  parseVerifierKey,
  rangeHash,
  rootOfLeaves,
  TILE_WIDTH,
  type Tile,
  tilePath,
  tilesOfTree,
  tileWidth,
  type VerifierKey,
  verifyConsistency,
  verifyInclusion,
  webCryptoVerify,
} from '@metaagent/verify'
import { nodeSha256 } from '@metaagent/verify/node'
import type { Tally } from './tally.ts'

// Inclusion is checked for every entry up to this many per checkpoint, evenly spread beyond.
const MAX_ENTRIES_PER_CHECKPOINT = 1_000

/** A log as its files hold it; tiles and bundles by their paths. */
interface LogFiles {
  readonly checkpoints: ReadonlyMap<string, string>
  readonly tiles: ReadonlyMap<string, Tile>
  readonly bundles: ReadonlyMap<string, { readonly index: number; readonly width: number; readonly bytes: Uint8Array }>
}

/**
 * Checks a whole C2SP tlog-tiles log kept as files (`log/` and a `SOURCE.txt` with its verifier key): signatures, roots
 * from entries and from tiles, every tile, and inclusion and consistency proofs built from the tiles.
 */
export async function runTiledLog(folder: string, tally: Tally): Promise<Record<string, number>> {
  const key = readKey(join(folder, 'SOURCE.txt'))
  if (key === null) {
    tally.fail('SOURCE.txt names no verifier key')
    return {}
  }
  const files = readLog(join(folder, 'log'), tally)
  const checkpoints = await openCheckpoints(files, key, tally)
  const entries = readEntries(files, tally)
  const leaves = entries.map((entry) => leafHash(nodeSha256, entry))
  for (const checkpoint of checkpoints) {
    checkRoots(checkpoint, files, leaves, tally)
    checkPresence(checkpoint, files, tally)
  }
  for (const tile of files.tiles.values()) checkTile(tile, leaves, tally)
  const inclusions = checkpoints.reduce((sum, checkpoint) => sum + checkInclusion(checkpoint, files, leaves, tally), 0)
  const pairs = checkConsistency(checkpoints, files, tally)
  return {
    checkpoints: checkpoints.length,
    entries: entries.length,
    tiles: files.tiles.size,
    bundles: files.bundles.size,
    inclusionProofs: inclusions,
    consistencyPairs: pairs,
  }
}

function readKey(path: string): VerifierKey | null {
  const text = existsSync(path) ? /verifier key: (\S+)/.exec(readFileSync(path, 'utf8'))?.[1] : undefined
  const key = text === undefined ? null : parseVerifierKey(text)
  return key?.ok ? key.value : null
}

function readLog(folder: string, tally: Tally): LogFiles {
  const checkpoints = new Map<string, string>()
  const tiles = new Map<string, Tile>()
  const bundles = new Map<string, { index: number; width: number; bytes: Uint8Array }>()
  for (const found of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!found.isFile()) continue
    const file = join(found.parentPath, found.name)
    const path = relative(folder, file).split(sep).join('/')
    // What a log keeps for itself (.state/ of tessera) is no part of what it serves.
    if (path.startsWith('.')) continue
    const request = parseTilePath(path)
    if (/^checkpoint(\.\d+)?$/.test(path)) checkpoints.set(path, readFileSync(file, 'utf8'))
    else if (request?.kind === 'entries') bundles.set(path, { ...request, bytes: readFileSync(file) })
    else if (request?.kind === 'hashes') tiles.set(path, { ...request, hashes: readFileSync(file) })
    else tally.fail(`${path}: not a file of a tiled log`)
  }
  return { checkpoints, tiles, bundles }
}

async function openCheckpoints(files: LogFiles, key: VerifierKey, tally: Tally): Promise<Checkpoint[]> {
  const bySize = new Map<number, Checkpoint>()
  for (const [name, note] of files.checkpoints) {
    const opened = await openCheckpoint(note, { keys: [key], verify: webCryptoVerify })
    tally.check(`${name}: the signature of ${key.name} was refused`, opened.ok)
    if (!opened.ok) continue
    const { size } = opened.value
    const named = /\.(\d+)$/.exec(name)?.[1]
    if (named !== undefined) tally.check(`${name}: it signs size ${size}`, Number(named) === size)
    const changed = note.replace(/\n(\d+)\n/, (_, digits: string) => `\n${Number(digits) + 1}\n`)
    const forged = await openCheckpoint(changed, { keys: [key], verify: webCryptoVerify })
    tally.checkRefused(`${name}: with its size changed`, forged.ok)
    const other = await openCheckpoint(note, { keys: [key], origin: `${key.name}/other`, verify: webCryptoVerify })
    tally.checkRefused(`${name}: as a checkpoint of another log`, other.ok)
    bySize.set(size, opened.value)
  }
  return [...bySize.values()].sort((one, other) => one.size - other.size)
}

/** All entries, from the widest bundle of each number; every narrower bundle must be a prefix of it. */
function readEntries(files: LogFiles, tally: Tally): Uint8Array[] {
  const widest = new Map<number, Uint8Array[]>()
  const decoded: { path: string; index: number; entries: Uint8Array[] }[] = []
  for (const [path, bundle] of files.bundles) {
    const entries = decodeEntryBundle(bundle.bytes, bundle.width)
    tally.check(`${path}: the bundle does not hold ${bundle.width} entries`, entries.ok)
    if (!entries.ok) continue
    decoded.push({ path, index: bundle.index, entries: entries.value })
    if (entries.value.length > (widest.get(bundle.index)?.length ?? 0)) widest.set(bundle.index, entries.value)
  }
  for (const { path, index, entries } of decoded) {
    const whole = widest.get(index) ?? []
    const isPrefix = entries.every((entry, at) => equalBytes(entry, whole[at] ?? new Uint8Array()))
    tally.check(`${path}: not a prefix of the wider bundle`, isPrefix)
  }
  const all: Uint8Array[] = []
  for (let index = 0; widest.has(index); index++) all.push(...(widest.get(index) ?? []))
  return all
}

function checkRoots({ size, root }: Checkpoint, files: LogFiles, leaves: readonly Uint8Array[], tally: Tally): void {
  const enough = leaves.length >= size
  const fromEntries = rootOfLeaves(nodeSha256, leaves.slice(0, size))
  tally.check(`size ${size}: the root from the entries is another`, enough && equalBytes(fromEntries, root))
  const edge = edgeTiles(size).flatMap((id) => files.tiles.get(tilePath(id)) ?? [])
  const complete = edge.length === edgeTiles(size).length
  const fromTiles = complete && equalBytes(frontierOfTiles(nodeSha256, size, edge).root(), root)
  tally.check(`size ${size}: the root from the tiles is another, or a tile is missing`, fromTiles)
}

/** Every tile and bundle that a checkpoint calls for is there, as wide or wider. */
function checkPresence({ size }: Checkpoint, files: LogFiles, tally: Tally): void {
  for (const id of tilesOfTree(size)) {
    const full = { ...id, width: TILE_WIDTH }
    const there = files.tiles.has(tilePath(id)) || files.tiles.has(tilePath(full))
    tally.check(`size ${size}: ${tilePath(id)} is missing`, there)
    if (id.level !== 0) continue
    const bundled = files.bundles.has(entryBundlePath(id)) || files.bundles.has(entryBundlePath(full))
    tally.check(`size ${size}: ${entryBundlePath(id)} is missing`, bundled)
  }
}

function checkTile(tile: Tile, leaves: readonly Uint8Array[], tally: Tally): void {
  const span = TILE_WIDTH ** tile.level
  const read = ({ level, index }: { level: number; index: number }) =>
    rootOfLeaves(nodeSha256, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
  const enough = tileWidth(tile.level, tile.index, leaves.length) >= tile.width
  let right = enough && tile.hashes.length === tile.width * HASH_BYTES
  for (let at = 0; at < tile.width && right; at++) {
    const start = (tile.index * TILE_WIDTH + at) * span
    const expected = rangeHash(nodeSha256, { start, end: start + span }, read)
    right = equalBytes(tile.hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES), expected)
  }
  tally.check(`${tilePath(tile)}: its hashes are not those of the entries`, right)
}

function checkInclusion(
  { size, root }: Checkpoint,
  files: LogFiles,
  leaves: readonly Uint8Array[],
  tally: Tally,
): number {
  const readNode = nodesFromTiles(nodeSha256, widestTiles(files))
  const step = Math.max(1, Math.floor(size / MAX_ENTRIES_PER_CHECKPOINT))
  let count = 0
  for (let index = 0; index < size; index += step) {
    const proof = buildProof(nodeSha256, inclusionRanges(index, size), readNode)
    const claim = { index, treeSize: size, leafHash: leaves[index] ?? new Uint8Array(), proof, root }
    tally.check(`entry ${index} of ${size}: a good proof was refused`, verifyInclusion(nodeSha256, claim).ok)
    const elsewhere = (index + 1) % size
    const same = equalBytes(leaves[elsewhere] ?? new Uint8Array(), claim.leafHash)
    const moved = verifyInclusion(nodeSha256, { ...claim, index: elsewhere }).ok
    if (!same) tally.checkRefused(`entry ${index} of ${size} at another index`, moved)
    count++
  }
  return count
}

function checkConsistency(checkpoints: readonly Checkpoint[], files: LogFiles, tally: Tally): number {
  const readNode = nodesFromTiles(nodeSha256, widestTiles(files))
  let count = 0
  for (const older of checkpoints) {
    for (const newer of checkpoints) {
      const name = `from ${older.size} to ${newer.size}`
      const provable = older.size > 0 && older.size <= newer.size
      const proof = provable ? buildProof(nodeSha256, consistencyRanges(older.size, newer.size), readNode) : []
      const claim = {
        oldSize: older.size,
        oldRoot: older.root,
        newSize: newer.size,
        newRoot: newer.root,
        proof,
      }
      const { ok } = verifyConsistency(nodeSha256, claim)
      if (provable) tally.check(`${name}: a good proof was refused`, ok)
      else tally.checkRefused(name, ok)
      const forged = { ...claim, oldRoot: nodeSha256(older.root) }
      tally.checkRefused(`${name} with another old root`, verifyConsistency(nodeSha256, forged).ok)
      count++
    }
  }
  return count
}

/** One tile for each place: the widest, of which the others are prefixes. */
function widestTiles(files: LogFiles): Tile[] {
  const widest = new Map<string, Tile>()
  for (const tile of files.tiles.values()) {
    const place = `${tile.level}/${tile.index}`
    if (tile.width > (widest.get(place)?.width ?? 0)) widest.set(place, tile)
  }
  return [...widest.values()]
}
