import { decodeBase64, encodeBase64 } from './bytes.ts'
import { isCount } from './merkle.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { HASH_BYTES } from './sha256.ts'

/** Name and version of MetaAgent's proof files. */
export const PROOF_FORMAT = 'metaagent-proof/v1'

/** Proves that one entry stands at one place of a log. */
export interface InclusionProofFile {
  readonly format: typeof PROOF_FORMAT
  readonly kind: 'inclusion'
  /** The canonical JSON of the entry (RFC 8785): exactly the bytes that the log hashed. */
  readonly entry: string
  /** Zero-based. */
  readonly index: number
  /** The size that the checkpoint signs. */
  readonly treeSize: number
  /** Hashes of 32 bytes in base 64, from the leaf's sibling up. */
  readonly proof: readonly string[]
  /** The signed note. */
  readonly checkpoint: string
  /** The key that the file claims; a careful reader pins the key by other means. */
  readonly verifierKey: string
}

/** Proves that a log at a later time still holds all it held before. */
export interface ConsistencyProofFile {
  readonly format: typeof PROOF_FORMAT
  readonly kind: 'consistency'
  readonly oldCheckpoint: string
  readonly newCheckpoint: string
  readonly proof: readonly string[]
  readonly verifierKey: string
}

/**
 * First line of an export. After it comes one line for each entry, from index 0 to `treeSize - 1`: the entry's
 * canonical JSON. The whole log is hashed again, so no proof is needed.
 */
export interface ExportHeader {
  readonly format: typeof PROOF_FORMAT
  readonly kind: 'export'
  readonly treeSize: number
  readonly checkpoint: string
  readonly verifierKey: string
}

/**
 * Head of a part of a log: the entries that a filter let through. After it come lines of JSON with `index`, `entry` and
 * `proof`, indexes rising. Each entry is proven; that none is missing, only a whole export can show.
 */
export interface SelectionHeader {
  readonly format: typeof PROOF_FORMAT
  readonly kind: 'selection'
  readonly treeSize: number
  readonly checkpoint: string
  readonly verifierKey: string
  /** What was asked for, in words of the one who exported. Not proven. */
  readonly filter: string
}

/** An entry of a selection. */
export interface SelectedEntry {
  readonly index: number
  /** Canonical JSON, byte for byte what was hashed. */
  readonly entry: string
  readonly proof: readonly string[]
}

export type ProofFile = InclusionProofFile | ConsistencyProofFile | ExportHeader | SelectionHeader

type FieldKind = 'text' | 'count' | 'hashes'
const FIELDS: Readonly<Record<ProofFile['kind'], Readonly<Record<string, FieldKind>>>> = {
  inclusion: {
    entry: 'text',
    index: 'count',
    treeSize: 'count',
    proof: 'hashes',
    checkpoint: 'text',
    verifierKey: 'text',
  },
  consistency: { oldCheckpoint: 'text', newCheckpoint: 'text', proof: 'hashes', verifierKey: 'text' },
  export: { treeSize: 'count', checkpoint: 'text', verifierKey: 'text' },
  selection: { treeSize: 'count', checkpoint: 'text', verifierKey: 'text', filter: 'text' },
}

/** Reads a proof file, or the header line of an export. Strict: every field there, none besides. Nothing is verified. */
export function parseProofFile(text: string): Outcome<ProofFile> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('malformed', 'the file is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('malformed', 'the file is not a JSON object')
  }
  const { format, kind, ...fields } = value as Record<string, unknown>
  if (format !== PROOF_FORMAT) return refuse('unsupported', `the format is not ${PROOF_FORMAT}`)
  if (!isKind(kind)) return refuse('unsupported', 'the kind is not inclusion, consistency, export or selection')
  const expected = FIELDS[kind]
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(expected, name))
      return refuse('malformed', `an ${kind} file has no field ${JSON.stringify(name)}`)
  }
  for (const [name, fieldKind] of Object.entries(expected)) {
    if (!isField(fields[name], fieldKind))
      return refuse('malformed', `the field ${name} is missing or not ${MEANING[fieldKind]}`)
  }
  // Just checked field by field against the table above, which mirrors the type.
  return accept(value as ProofFile)
}

function isKind(kind: unknown): kind is ProofFile['kind'] {
  return typeof kind === 'string' && Object.hasOwn(FIELDS, kind)
}

/** Reads a line of a selection. Nothing is verified. */
export function parseSelectedEntry(text: string): Outcome<SelectedEntry> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('malformed', 'a line is not JSON')
  }
  if (typeof value !== 'object' || value === null) return refuse('malformed', 'a line is not an entry')
  const { index, entry, proof, ...others } = value as Record<string, unknown>
  const whole = isField(index, 'count') && isField(entry, 'text') && isField(proof, 'hashes')
  if (!whole || Object.keys(others).length > 0) {
    return refuse('malformed', 'a line of a selection has index, entry and proof, and nothing else')
  }
  return accept(value as SelectedEntry)
}

const MEANING: Readonly<Record<FieldKind, string>> = {
  text: 'a text',
  count: 'a whole number from 0',
  hashes: 'a list of hashes in base 64',
}

function isField(value: unknown, kind: FieldKind): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string' && value.isWellFormed()
    case 'count':
      return typeof value === 'number' && isCount(value)
    case 'hashes':
      return Array.isArray(value) && value.every((hash) => typeof hash === 'string' && decodeHash(hash) !== null)
  }
}

function decodeHash(text: string): Uint8Array | null {
  const hash = decodeBase64(text)
  return hash?.length === HASH_BYTES ? hash : null
}

/** The text of a proof file: indented JSON; one line for the head of an export or a selection. Ends in a newline. */
export function formatProofFile(file: ProofFile): string {
  const oneLine = file.kind === 'export' || file.kind === 'selection'
  return `${oneLine ? JSON.stringify(file) : JSON.stringify(file, null, 2)}\n`
}

/** Hashes as a proof file holds them. */
export function encodeHashes(hashes: readonly Uint8Array[]): string[] {
  return hashes.map(encodeBase64)
}

/** Hashes from a parsed proof file. */
export function decodeHashes(hashes: readonly string[]): Uint8Array[] {
  return hashes.map((text) => {
    const hash = decodeHash(text)
    if (hash === null) throw new RangeError('not a hash of 32 bytes in base 64')
    return hash
  })
}
