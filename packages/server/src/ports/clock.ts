import type { Instant } from '../kernel/instant.ts'

/** Time as an input: models get an `Instant`, only shells ask the clock. */
export interface Clock {
  /** Wall clock, UTC milliseconds since the epoch. */
  now(): Instant
  /** Monotonic milliseconds for measuring durations; unrelated to `now`. */
  monotonicMs(): number
  /** Calls back once after `delayMs`; returns the cancel function. The fake clock fires it when time is moved. */
  after(delayMs: number, callback: () => void): () => void
}
