import { equalBytes, utf8Text } from './bytes.ts'
import { type JsonObject, parseCanonicalObject } from './canonical-json.ts'
import type { VerifiedCheckpoint } from './checkpoint.ts'
import { Frontier } from './frontier.ts'
import { leafHash } from './merkle.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import type { ExportHeader } from './proof-file.ts'
import { sha256 as portableSha256 } from './sha256.ts'
import { compareWithSeen, openLog, sizeMismatch, type VerifiedLog, type VerifyOptions } from './verify-file.ts'

export interface VerifiedExport extends VerifiedLog {
  readonly kind: 'export'
  /** The first and the last entry; null in an empty log, and for one that is not canonical JSON. */
  readonly first: JsonObject | null
  readonly last: JsonObject | null
}

/**
 * Checks a whole log line by line, in constant memory: every entry is hashed again and the root must be the signed
 * one. With a checkpoint seen earlier, the root at that size is compared on the way.
 */
export class ExportCheck {
  readonly #options: VerifyOptions
  readonly #log: Omit<VerifiedLog, 'seenConfirmed'>
  readonly #frontier: Frontier
  #first: Uint8Array | null = null
  #last: Uint8Array | null = null
  #seenConfirmed: true | null

  private constructor(options: VerifyOptions, log: Omit<VerifiedLog, 'seenConfirmed'>, seenConfirmed: true | null) {
    this.#options = options
    this.#log = log
    this.#frontier = new Frontier(options.sha256 ?? portableSha256)
    this.#seenConfirmed = seenConfirmed
  }

  /** Checks the header's signature first: a wrong key or a log that was set back is refused before any entry is read. */
  static async start(header: ExportHeader, options: VerifyOptions = {}): Promise<Outcome<ExportCheck>> {
    const log = await openLog(header.checkpoint, header.verifierKey, options)
    if (!log.ok) return log
    const { checkpoint } = log.value
    if (header.treeSize !== checkpoint.size) return sizeMismatch(header.treeSize, checkpoint.size)
    const seen = compareWithSeen([checkpoint], options.seen)
    return seen.ok ? accept(new ExportCheck(options, log.value, seen.value)) : seen
  }

  get checkpoint(): VerifiedCheckpoint {
    return this.#log.checkpoint
  }

  /** Takes the next entry: the bytes of its line without the newline, which must stay as they are until `finish`. */
  add(line: Uint8Array): Outcome<true> {
    if (this.#frontier.size === this.checkpoint.size) {
      return refuse('size_mismatch', `the file holds more entries than the ${this.checkpoint.size} that are signed`)
    }
    this.#first ??= line
    this.#last = line
    this.#frontier.append(leafHash(this.#options.sha256 ?? portableSha256, line))
    const { seen } = this.#options
    if (seen !== undefined && this.#frontier.size === seen.size) {
      if (!equalBytes(this.#frontier.root(), seen.root)) {
        return refuse('fork', `the first ${seen.size} entries are not those that were signed when seen earlier`)
      }
      this.#seenConfirmed = true
    }
    return accept(true)
  }

  /** Compares count and root with the checkpoint, after the last entry. */
  finish(): Outcome<VerifiedExport> {
    const { size, root } = this.checkpoint
    if (this.#frontier.size !== size) {
      return refuse('size_mismatch', `the file holds ${this.#frontier.size} entries of the ${size} that are signed`)
    }
    if (!equalBytes(this.#frontier.root(), root)) {
      return refuse('root_mismatch', 'the entries do not lead to the signed root: some were changed or reordered')
    }
    return accept({
      kind: 'export',
      ...this.#log,
      seenConfirmed: this.#seenConfirmed,
      first: entryOf(this.#first),
      last: entryOf(this.#last),
    })
  }
}

function entryOf(line: Uint8Array | null): JsonObject | null {
  const text = line === null ? null : utf8Text(line)
  const entry = text === null ? null : parseCanonicalObject(text)
  return entry?.ok ? entry.value : null
}
