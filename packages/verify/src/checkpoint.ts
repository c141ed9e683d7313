import { decodeBase64, encodeBase64, equalBytes } from './bytes.ts'
import { emptyRoot, isCount, verifyConsistency } from './merkle.ts'
import { type Ed25519Verify, type VerifierKey, verifyNote } from './note.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { HASH_BYTES, type Sha256 } from './sha256.ts'

/** What a log signs: its name, its size and the root over all its entries (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Unique name of the log. */
  readonly origin: string
  /** Entries in the log. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Further lines, opaque; empty in MetaAgent's logs. */
  readonly extensions: readonly string[]
}

/** A checkpoint whose signature was checked. */
export interface VerifiedCheckpoint extends Checkpoint {
  /** The trusted keys that signed it; at least one. */
  readonly signers: readonly VerifierKey[]
  /** The signed note as it was read. */
  readonly note: string
}

/** The text of a checkpoint, ready for `signNote`. Throws a RangeError for a value that cannot be written. */
export function formatCheckpoint(checkpoint: Omit<Checkpoint, 'extensions'> & Partial<Checkpoint>): string {
  const { origin, size, root, extensions = [] } = checkpoint
  const lines = [origin, String(size), encodeBase64(root), ...extensions]
  if (!isCount(size) || root.length !== HASH_BYTES || lines.some((line) => line === '' || line.includes('\n'))) {
    throw new RangeError('a checkpoint has an origin, a size, a root of 32 bytes and lines that are not empty')
  }
  return `${lines.join('\n')}\n`
}

/** Reads the text of a checkpoint (without signatures). */
export function parseCheckpoint(text: string): Outcome<Checkpoint> {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length < 3 || lines.includes('')) {
    return refuse('malformed', 'a checkpoint has at least three lines, none of them empty')
  }
  const [origin = '', size = '', encodedRoot = '', ...extensions] = lines
  const root = decodeBase64(encodedRoot)
  if (!/^(0|[1-9]\d*)$/.test(size) || !isCount(Number(size)))
    return refuse('malformed', 'the tree size is not a number')
  if (root?.length !== HASH_BYTES) return refuse('malformed', 'the root hash is not 32 bytes in base 64')
  return accept({ origin, size: Number(size), root, extensions })
}

export interface TrustedLog {
  /** Any one of these must have signed. */
  readonly keys: readonly VerifierKey[]
  /** The log's name; where left out, the checkpoint must carry the name of the key that signed it. */
  readonly origin?: string | undefined
  readonly verify: Ed25519Verify
}

/**
 * Opens a signed checkpoint: checks the signature, the text and that it is of the expected log. Without the last, a key
 * that signs for several logs would let one log's entries pass as another's.
 */
export async function openCheckpoint(note: string, log: TrustedLog): Promise<Outcome<VerifiedCheckpoint>> {
  const verified = await verifyNote(note, log.keys, log.verify)
  if (!verified.ok) return verified
  const { text, signers } = verified.value
  const parsed = parseCheckpoint(text)
  if (!parsed.ok) return parsed
  const checkpoint = parsed.value
  const expected = log.origin === undefined ? signers.map(({ name }) => name) : [log.origin]
  if (!expected.includes(checkpoint.origin)) {
    return refuse(
      'origin_mismatch',
      `the checkpoint is of the log ${checkpoint.origin}, not of ${expected.join(' or ')}`,
    )
  }
  return accept({ ...checkpoint, signers, note })
}

export type Succession = 'unchanged' | 'advanced'

/**
 * Whether a log that was seen at one checkpoint may show the next: the same tree, or a larger one with proof that it
 * extends the old. Smaller means set back (`rollback`), equal size with another root means two histories (`fork`).
 */
export function checkSuccession(
  sha256: Sha256,
  seen: Checkpoint,
  next: Checkpoint,
  proof: readonly Uint8Array[] | null,
): Outcome<Succession> {
  if (seen.origin !== next.origin) {
    return refuse('origin_mismatch', `the checkpoints are of two logs, ${seen.origin} and ${next.origin}`)
  }
  if (next.size < seen.size) {
    return refuse('rollback', `the log shows ${next.size} entries, but ${seen.size} were already signed`)
  }
  if (next.size === seen.size) {
    if (equalBytes(next.root, seen.root)) return accept('unchanged')
    return refuse('fork', `two different trees of size ${seen.size} were signed`)
  }
  if (seen.size === 0) {
    return equalBytes(seen.root, emptyRoot(sha256))
      ? accept('advanced')
      : refuse('root_mismatch', 'the empty log was signed with a root that is not the empty one')
  }
  if (proof === null) {
    return refuse('proof_missing', `a proof from size ${seen.size} to ${next.size} is needed`)
  }
  const extended = verifyConsistency(sha256, {
    oldSize: seen.size,
    oldRoot: seen.root,
    newSize: next.size,
    newRoot: next.root,
    proof,
  })
  return extended.ok ? accept('advanced') : extended
}

/**
 * Remembers the largest checkpoint of each log and lets no log go back or change its past. This is what detects a
 * restored old backup: every signature in it is good, only a witness knows that there was more. Keep `remembered` on
 * disk to survive a restart.
 */
export class CheckpointMemory {
  readonly #sha256: Sha256
  readonly #latest: Map<string, Checkpoint>

  constructor(sha256: Sha256, remembered: Iterable<Checkpoint> = []) {
    this.#sha256 = sha256
    this.#latest = new Map(Array.from(remembered, (checkpoint) => [checkpoint.origin, checkpoint]))
  }

  /** The largest checkpoint of each log so far. */
  get remembered(): readonly Checkpoint[] {
    return [...this.#latest.values()]
  }

  /** Takes in a verified checkpoint, or refuses it and keeps what it had. A larger one needs its consistency proof. */
  observe(next: VerifiedCheckpoint, proof: readonly Uint8Array[] | null): Outcome<Succession | 'first'> {
    const seen = this.#latest.get(next.origin)
    const outcome = seen === undefined ? accept('first' as const) : checkSuccession(this.#sha256, seen, next, proof)
    if (outcome.ok) this.#latest.set(next.origin, next)
    return outcome
  }
}
