import type { Deps } from '../../../../ports/slice.ts'
import {
  comparePositions,
  firstCatchUpRows,
  mostPerBatch,
  nextCatchUpRows,
  type PlacedEvent,
  type Position,
} from '../model/delivery.ts'
import { readStretch, type Stretch, type Wanted } from '../store/reading.ts'

/** Events that the window keeps at most for lanes that are behind; those that every lane has passed go at once. */
const keptEvents = 16_384

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
  /** How far each lane of this process has looked: what all of them have passed nobody asks for again. */
  readonly #passed = new Map<object, Position>()
  /** When each lane that is far behind last asked for itself, and for how much. */
  readonly #catchingUp = new WeakMap<object, { readonly atMs: number; readonly rows: number }>()
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

  /**
   * What follows behind `after` for a lane: at most `mostPerBatch` events it wants. `lane` is the same object each time
   * that the same lane asks. `now` skips the lingering.
   */
  async read(lane: object, after: Position, wanted: Wanted, now: boolean): Promise<Stretch> {
    this.#passed.set(lane, after)
    if (this.#from !== null && comparePositions(after, this.#from) < 0) {
      return await this.#catchUp(lane, after, wanted)
    }
    if (this.#reading !== null && !this.#isBehindHead(after)) await this.#reading
    // A look that began before this call may have missed what the caller was woken for: it needs one that began later.
    if (!this.#isBehindHead(after)) {
      this.#reading ??= this.#extend(after, now).finally(() => {
        this.#reading = null
      })
      await this.#reading
    }
    if (this.#to !== null && comparePositions(after, this.#to) > 0) return await this.#catchUp(lane, after, wanted)
    return this.#slice(after, wanted)
  }

  async #catchUp(lane: object, after: Position, wanted: Wanted): Promise<Stretch> {
    const atMs = this.#deps.clock.monotonicMs()
    const last = this.#catchingUp.get(lane)
    const rows = last === undefined ? firstCatchUpRows : nextCatchUpRows(last.rows, atMs - last.atMs)
    this.#catchingUp.set(lane, { atMs, rows })
    return await this.#query(after, wanted, rows)
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

  /** Events behind the slowest lane go when they are half of the window, so that none is moved up again and again. */
  #forgetOld(): void {
    const slowest = [...this.#passed.values()].sort(comparePositions)[0]
    const passed = slowest === undefined ? this.#events.length : this.#firstBehind(slowest)
    const excess = this.#events.length - keptEvents
    const count = Math.max(passed * 2 >= this.#events.length ? passed : 0, excess > 0 ? excess + keptEvents / 4 : 0)
    if (count === 0) return
    const forgotten = this.#events.splice(0, count)
    this.#from = forgotten.at(-1)?.position ?? this.#from
  }

  /** A lane that this process no longer holds asks for nothing more. */
  leave(lane: object): void {
    this.#passed.delete(lane)
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
