import { decodeBase64, encodeBase64 } from './bytes.ts'
import { isCount } from './merkle.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { HASH_BYTES } from './sha256.ts'

const FIRST_LINE = 'c2sp.org/tlog-proof@v1'

/** A self-contained inclusion proof in the C2SP form. MetaAgent puts the entry itself into `extra`. */
export interface TlogProof {
  readonly index: number
  readonly hashes: readonly Uint8Array[]
  /** The signed note, verbatim. */
  readonly checkpoint: string
  /** Not authenticated by itself; null when the file has no such line. */
  readonly extra: Uint8Array | null
}

/** True when a text claims to be a `.tlog-proof` file. */
export function isTlogProof(text: string): boolean {
  return text.startsWith(`${FIRST_LINE}\n`)
}

/** Writes a `.tlog-proof` file (C2SP tlog-proof). Throws a RangeError for an index or hash that cannot be written. */
export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  if (!isCount(index) || hashes.some((hash) => hash.length !== HASH_BYTES)) {
    throw new RangeError('a proof has an index and hashes of 32 bytes')
  }
  const extraLine = extra === null ? '' : `extra ${encodeBase64(extra)}\n`
  const hashLines = hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')
  return `${FIRST_LINE}\n${extraLine}index ${index}\n${hashLines}\n${checkpoint}`
}

/** Reads a `.tlog-proof` file. Nothing in it is verified yet. */
export function parseTlogProof(text: string): Outcome<TlogProof> {
  const malformed = (what: string) => refuse('malformed', `not a tlog-proof file: ${what}`)
  if (!isTlogProof(text)) return malformed(`it does not start with ${FIRST_LINE}`)
  const blank = text.indexOf('\n\n')
  if (blank < 0) return malformed('no blank line before the checkpoint')
  const lines = text.slice(FIRST_LINE.length + 1, Math.max(blank, FIRST_LINE.length + 1)).split('\n')
  let extra: Uint8Array | null = null
  if (lines[0]?.startsWith('extra ')) {
    extra = decodeBase64(lines[0].slice('extra '.length))
    if (extra === null) return malformed('the extra data is not base 64')
    lines.shift()
  }
  const index = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '')?.[1]
  if (index === undefined || !isCount(Number(index))) return malformed('no index')
  const hashes: Uint8Array[] = []
  for (const line of lines) {
    const hash = decodeBase64(line)
    if (hash?.length !== HASH_BYTES) return malformed('a proof line is not a hash of 32 bytes in base 64')
    hashes.push(hash)
  }
  return accept({ index: Number(index), hashes, checkpoint: text.slice(blank + 2), extra })
}
