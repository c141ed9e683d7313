import type { Deps } from '../../../../ports/slice.ts'
import { comparePositions, mostPerBatch, type PlacedEvent, type Position } from '../model/delivery.ts'
import { readStretch, type Stretch, type Wanted } from '../store/reading.ts'

/** Events that the window keeps, so that lanes a moment behind need no query. */
const keptEvents = 4_096
/** Rows that a lane far behind looks at in one query. */
const catchUpRows = 2_000

/**
 * The journal's newest stretch, read once for all lanes of this process: subscribers at the head share one query, where
 * each would pay for its own. Lanes that are farther behind query for themselves, with their filter in SQL.
 */
export class JournalReader {
  readonly #deps: Deps
  readonly #lingerMs: number
  /** Holds every event behind `#from` up to `#to`. */
  #events: PlacedEvent[] = []
  #from: Position | null = null
  #to: Position | null = null
  #more = false
  #reading: Promise<void> | null = null
  #readAtMs = Number.NEGATIVE_INFINITY

  /**
   * `lingerMs`: the least time between two looks at the head. Under load it gathers events into batches, which cost
   * each subscriber one transaction.
   */
  constructor(deps: Deps, lingerMs: number) {
    this.#deps = deps
    this.#lingerMs = lingerMs
  }

  /** What follows behind `after` for a lane: at most `mostPerBatch` events it wants. `now` skips the lingering. */
  async read(after: Position, wanted: Wanted, now: boolean): Promise<Stretch> {
    if (this.#from !== null && comparePositions(after, this.#from) < 0) {
      return await this.#query(after, wanted, catchUpRows)
    }
    if (this.#reading !== null && !this.#isBehindHead(after)) await this.#reading
    // A look that began before this call may have missed what the caller was woken for: it needs one that began later.
    if (!this.#isBehindHead(after)) {
      this.#reading ??= this.#extend(after, now).finally(() => {
        this.#reading = null
      })
      await this.#reading
    }
    if (this.#to !== null && comparePositions(after, this.#to) > 0) return await this.#query(after, wanted, catchUpRows)
    return this.#slice(after, wanted)
  }

  #isBehindHead(after: Position): boolean {
    return this.#to !== null && comparePositions(after, this.#to) < 0
  }

  async #extend(after: Position, now: boolean): Promise<void> {
    const restMs = this.#readAtMs + this.#lingerMs - this.#deps.clock.monotonicMs()
    if (!now && restMs > 0) await new Promise<void>((resolve) => this.#deps.clock.after(restMs, resolve))
    this.#readAtMs = this.#deps.clock.monotonicMs()
    // A lane ahead of the window: the window starts anew there, and those behind it query for themselves.
    const from = this.#to === null || comparePositions(after, this.#to) > 0 ? after : this.#to
    const stretch = await this.#query(from, null, mostPerBatch)
    if (from !== this.#to) {
      this.#from = from
      this.#events = []
    }
    this.#events.push(...stretch.events)
    this.#to = stretch.upTo
    this.#more = stretch.more
    this.#forgetOld()
  }

  #forgetOld(): void {
    if (this.#events.length <= keptEvents) return
    const forgotten = this.#events.splice(0, this.#events.length - keptEvents / 2)
    this.#from = forgotten.at(-1)?.position ?? this.#from
  }

  #slice(after: Position, wanted: Wanted): Stretch {
    // The window may have moved on while this lane waited for it.
    if (this.#from === null || this.#to === null || comparePositions(after, this.#from) < 0) {
      return { events: [], upTo: after, more: true }
    }
    const events: PlacedEvent[] = []
    for (let at = this.#firstBehind(after); at < this.#events.length; at++) {
      const placed = this.#events[at]
      if (placed === undefined || !wants(wanted, placed)) continue
      events.push(placed)
      if (events.length === mostPerBatch) return { events, upTo: placed.position, more: true }
    }
    return { events, upTo: comparePositions(this.#to, after) > 0 ? this.#to : after, more: this.#more }
  }

  #firstBehind(after: Position): number {
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      const placed = this.#events[middle]
      if (placed !== undefined && comparePositions(placed.position, after) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  async #query(after: Position, wanted: Wanted | null, limit: number): Promise<Stretch> {
    return await this.#deps.store.transaction('deployment', (tx) => readStretch(tx, after, wanted, limit))
  }
}

function wants({ pattern, lane, lanes }: Wanted, placed: PlacedEvent): boolean {
  return placed.lane % lanes === lane && (pattern.all || pattern.matches(placed.event.type))
}
