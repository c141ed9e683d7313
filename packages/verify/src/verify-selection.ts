import { utf8Bytes } from './bytes.ts'
import { type JsonObject, parseCanonicalObject } from './canonical-json.ts'
import { leafHash, verifyInclusion } from './merkle.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { decodeHashes, type SelectedEntry, type SelectionHeader } from './proof-file.ts'
import { sha256 as portableSha256 } from './sha256.ts'
import { compareWithSeen, openLog, sizeMismatch, type VerifiedLog, type VerifyOptions } from './verify-file.ts'

export interface VerifiedSelection extends VerifiedLog {
  readonly kind: 'selection'
  readonly entries: number
  /** As the head of the file says it. */
  readonly filter: string
  /** Null: no entry was chosen. */
  readonly first: JsonObject | null
  readonly last: JsonObject | null
}

/** Checks a part of a log entry by entry, in constant memory: each against the one signed root. */
export class SelectionCheck {
  readonly #options: VerifyOptions
  readonly #log: VerifiedLog
  readonly #filter: string
  #entries = 0
  #lastIndex = -1
  #first: JsonObject | null = null
  #last: JsonObject | null = null

  private constructor(options: VerifyOptions, log: VerifiedLog, filter: string) {
    this.#options = options
    this.#log = log
    this.#filter = filter
  }

  /** Checks the head's signature first: a wrong key or a log that was set back is refused before any entry is read. */
  static async start(header: SelectionHeader, options: VerifyOptions = {}): Promise<Outcome<SelectionCheck>> {
    const log = await openLog(header.checkpoint, header.verifierKey, options)
    if (!log.ok) return log
    const { checkpoint } = log.value
    if (header.treeSize !== checkpoint.size) return sizeMismatch(header.treeSize, checkpoint.size)
    const seen = compareWithSeen([checkpoint], options.seen)
    if (!seen.ok) return seen
    return accept(new SelectionCheck(options, { ...log.value, seenConfirmed: seen.value }, header.filter))
  }

  /** Takes the next entry. */
  add(selected: SelectedEntry): Outcome<JsonObject> {
    const { index } = selected
    if (index <= this.#lastIndex) return refuse('malformed', `entry ${index} stands behind entry ${this.#lastIndex}`)
    const entry = parseCanonicalObject(selected.entry)
    if (!entry.ok) return entry
    const sha256 = this.#options.sha256 ?? portableSha256
    const { size: treeSize, root } = this.#log.checkpoint
    const hash = leafHash(sha256, utf8Bytes(selected.entry))
    const claim = { index, treeSize, leafHash: hash, proof: decodeHashes(selected.proof), root }
    const included = verifyInclusion(sha256, claim)
    if (!included.ok) return refuse(included.fault.code, `entry ${index}: ${included.fault.detail}`)
    this.#entries++
    this.#lastIndex = index
    this.#first ??= entry.value
    this.#last = entry.value
    return entry
  }

  finish(): VerifiedSelection {
    const [entries, filter] = [this.#entries, this.#filter]
    return { kind: 'selection', ...this.#log, entries, filter, first: this.#first, last: this.#last }
  }
}
