import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  decodeBase64,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '@metaagent/verify'
import { nodeSha256 } from '@metaagent/verify/node'
import type { Tally } from './tally.ts'

type Numbers = Readonly<Record<string, number>>
type Hashes = Readonly<Record<string, Uint8Array>>

/** One layout of a case file: its numbers, its hashes besides `proof`, and the check that it is about. */
interface Layout {
  readonly kind: string
  readonly numbers: readonly string[]
  readonly hashes: readonly string[]
  readonly accepts: (numbers: Numbers, hashes: Hashes, proof: readonly Uint8Array[]) => boolean
  /** A hash that the check does not look at in this case, so that changing it proves nothing. */
  readonly ignored?: (numbers: Numbers) => string | null
}

const LAYOUTS: readonly Layout[] = [
  {
    kind: 'inclusion',
    numbers: ['leafIdx', 'treeSize'],
    hashes: ['leafHash', 'root'],
    accepts: (n, h, proof) =>
      verifyInclusion(nodeSha256, {
        index: n['leafIdx'] ?? Number.NaN,
        treeSize: n['treeSize'] ?? Number.NaN,
        leafHash: h['leafHash'] ?? new Uint8Array(),
        root: h['root'] ?? new Uint8Array(),
        proof,
      }).ok,
  },
  {
    kind: 'consistency',
    numbers: ['size1', 'size2'],
    hashes: ['root1', 'root2'],
    accepts: (n, h, proof) =>
      verifyConsistency(nodeSha256, {
        oldSize: n['size1'] ?? Number.NaN,
        newSize: n['size2'] ?? Number.NaN,
        oldRoot: h['root1'] ?? new Uint8Array(),
        newRoot: h['root2'] ?? new Uint8Array(),
        proof,
      }).ok,
  },
  {
    kind: 'subtreeinclusion',
    numbers: ['leafIdx', 'start', 'end'],
    hashes: ['leafHash', 'root'],
    accepts: (n, h, proof) =>
      verifySubtreeInclusion(nodeSha256, {
        index: n['leafIdx'] ?? Number.NaN,
        start: n['start'] ?? Number.NaN,
        end: n['end'] ?? Number.NaN,
        leafHash: h['leafHash'] ?? new Uint8Array(),
        root: h['root'] ?? new Uint8Array(),
        proof,
      }).ok,
  },
  {
    kind: 'subtreeconsistency',
    numbers: ['start', 'end', 'size'],
    hashes: ['root1', 'root2'],
    accepts: (n, h, proof) =>
      verifySubtreeConsistency(nodeSha256, {
        start: n['start'] ?? Number.NaN,
        end: n['end'] ?? Number.NaN,
        treeSize: n['size'] ?? Number.NaN,
        subtreeRoot: h['root1'] ?? new Uint8Array(),
        treeRoot: h['root2'] ?? new Uint8Array(),
        proof,
      }).ok,
    ignored: (n) => (n['start'] === n['end'] ? 'root2' : null),
  },
]

interface Case {
  readonly layout: Layout
  readonly numbers: Numbers
  readonly hashes: Hashes
  readonly proof: readonly Uint8Array[]
  readonly mustBeRefused: boolean
}

/**
 * Runs every case file under a folder (the layout of transparency-dev/merkle `testdata`), and every one-bit change of a
 * hash of every accepted case. Files of an unknown layout fail. Answers how many cases of each kind there were.
 */
export function runProofCases(folder: string, tally: Tally): Record<string, number> {
  const counts: Record<string, number> = { changedBits: 0 }
  for (const path of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue
    const file = join(path.parentPath, path.name)
    const name = relative(folder, file)
    const found = readCase(readFileSync(file, 'utf8'))
    if (found === null) {
      tally.fail(`${name}: a layout that this suite does not know`)
      continue
    }
    counts[found.layout.kind] = (counts[found.layout.kind] ?? 0) + 1
    const accepted = found.layout.accepts(found.numbers, found.hashes, found.proof)
    if (found.mustBeRefused) tally.checkRefused(name, accepted)
    else tally.check(`${name}: a good proof was refused`, accepted)
    if (!found.mustBeRefused) counts['changedBits'] = (counts['changedBits'] ?? 0) + runChangedBits(name, found, tally)
  }
  return counts
}

/** Flips each bit of each hash in turn; the negative cases of the files change whole hashes, mostly to other lengths. */
function runChangedBits(name: string, { layout, numbers, hashes, proof }: Case, tally: Tally): number {
  const ignored = layout.ignored?.(numbers) ?? null
  let count = 0
  const flip = (what: string, hash: Uint8Array, accepts: (changed: Uint8Array) => boolean) => {
    for (let bit = 0; bit < hash.length * 8; bit++) {
      const changed = hash.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      tally.checkRefused(`${name}: ${what} with bit ${bit} changed`, accepts(changed))
      count++
    }
  }
  for (const [key, hash] of Object.entries(hashes)) {
    if (key === ignored) continue
    flip(key, hash, (changed) => layout.accepts(numbers, { ...hashes, [key]: changed }, proof))
  }
  proof.forEach((hash, at) => {
    flip(`proof[${at}]`, hash, (changed) => layout.accepts(numbers, hashes, proof.with(at, changed)))
  })
  return count
}

function readCase(text: string): Case | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const fields = new Map<string, unknown>(Object.entries(value))
  const layout = LAYOUTS.find(({ numbers, hashes }) => {
    const expected = [...numbers, ...hashes, 'proof', 'wantErr', 'desc']
    return expected.every((key) => fields.has(key)) && [...fields.keys()].every((key) => expected.includes(key))
  })
  const wantErr = fields.get('wantErr')
  const proof = hashList(fields.get('proof') ?? [])
  if (layout === undefined || typeof wantErr !== 'boolean' || proof === null) return null
  const numbers: Record<string, number> = {}
  for (const key of layout.numbers) {
    const number = fields.get(key)
    if (typeof number !== 'number') return null
    numbers[key] = number
  }
  const hashes: Record<string, Uint8Array> = {}
  for (const key of layout.hashes) {
    const [hash] = hashList([fields.get(key)]) ?? []
    if (hash === undefined) return null
    hashes[key] = hash
  }
  return { layout, numbers, hashes, proof, mustBeRefused: wantErr }
}

/** Values of any length: many bad cases are bad by their length, which is for the verifier to see. */
function hashList(values: unknown): Uint8Array[] | null {
  if (!Array.isArray(values)) return null
  const hashes = values.map((text: unknown) => (typeof text === 'string' ? decodeBase64(text) : null))
  return hashes.every((hash) => hash !== null) ? hashes : null
}
