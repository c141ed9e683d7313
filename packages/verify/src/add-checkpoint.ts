import { decodeBase64, encodeBase64 } from './bytes.ts'
import { isCount } from './merkle.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { HASH_BYTES } from './sha256.ts'

// C2SP tlog-witness: as many as a proof between sizes of 64 bits can need.
const MAX_PROOF_LINES = 63

/** What a log sends to a witness: C2SP tlog-witness `add-checkpoint`. */
export interface AddCheckpoint {
  /** The size that the witness cosigned last, as the log believes; 0 for never. */
  readonly oldSize: number
  /** Consistency proof from there to the checkpoint; empty from 0. */
  readonly proof: readonly Uint8Array[]
  /** The signed note. */
  readonly checkpoint: string
}

/** The body of the request. Throws a RangeError for more hashes than a proof can have. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  if (!isCount(oldSize) || proof.length > MAX_PROOF_LINES)
    throw new RangeError('a proof has a size and at most 63 hashes')
  return `old ${oldSize}\n${proof.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`
}

/** Reads the body of the request. Nothing in it is verified yet. */
export function parseAddCheckpoint(body: string): Outcome<AddCheckpoint> {
  const malformed = (what: string) => refuse('malformed', `not an add-checkpoint request: ${what}`)
  const blank = body.indexOf('\n\n')
  if (blank < 0) return malformed('no empty line before the checkpoint')
  const [first = '', ...lines] = body.slice(0, blank).split('\n')
  const oldSize = /^old (0|[1-9]\d*)$/.exec(first)?.[1]
  if (oldSize === undefined || !isCount(Number(oldSize))) return malformed('the first line is not "old" and a size')
  if (lines.length > MAX_PROOF_LINES) return malformed('more than 63 hashes')
  const proof: Uint8Array[] = []
  for (const line of lines) {
    const hash = decodeBase64(line)
    if (hash?.length !== HASH_BYTES) return malformed('a proof line is not a hash of 32 bytes in base 64')
    proof.push(hash)
  }
  return accept({ oldSize: Number(oldSize), proof, checkpoint: body.slice(blank + 2) })
}
