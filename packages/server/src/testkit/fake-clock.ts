import { addMs, type Instant, instantFromEpochMs } from '../kernel/instant.ts'
import type { Clock } from '../ports/clock.ts'

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** A clock that stands still until `advance` moves it. Starts at 2026-01-05T00:00:00Z, a Monday, unless told. */
export class FakeClock implements Clock {
  #elapsedMs = 0
  readonly #start: Instant
  readonly #timers = new Set<Timer>()

  constructor(start: Instant = instantFromEpochMs(Date.UTC(2026, 0, 5))) {
    this.#start = start
  }

  now(): Instant {
    return addMs(this.#start, this.#elapsedMs)
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#elapsedMs + Math.max(0, Math.ceil(delayMs)), callback }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Moves time by whole milliseconds and fires what falls due, in order, each at its own time. */
  advance(durationMs: number): void {
    const untilMs = this.#elapsedMs + instantFromEpochMs(durationMs)
    for (let next = this.#next(untilMs); next !== null; next = this.#next(untilMs)) {
      this.#timers.delete(next)
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs)
      next.callback()
    }
    this.#elapsedMs = untilMs
  }

  /** Timers not yet fired or cancelled. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  #next(untilMs: number): Timer | null {
    let next: Timer | null = null
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (next === null || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }
}
