import type { Clock } from '../ports/clock.ts'
import type { Pacer } from '../ports/pacer.ts'

/** How far back storing is looked at, as the time constant of an exponentially weighted mean. */
const memoryMs = 1_000
/** What a backlog gets when storing takes all the time: it must not starve, nor be felt. */
const leastShare = 0.1
const longestPauseMs = 2_000

/** Measures the share of time in which telemetry is being stored, and paces steps by what it leaves. */
export function createPacer(clock: Clock): Pacer {
  return new StoringShare(clock)
}

class StoringShare implements Pacer {
  readonly #clock: Clock
  #busy = 0
  #share = 0
  #closed = false
  readonly #pauses = new Set<() => void>()
  #measuredAtMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#measuredAtMs = clock.monotonicMs()
  }

  storing(): () => void {
    this.#measure()
    this.#busy += 1
    return () => {
      this.#measure()
      this.#busy -= 1
    }
  }

  async step<T>(work: () => Promise<T>): Promise<T> {
    const startedAtMs = this.#clock.monotonicMs()
    const result = await work()
    const pauseMs = pauseAfter(this.#clock.monotonicMs() - startedAtMs, this.#measure())
    if (pauseMs >= 1 && !this.#closed) await this.#pause(pauseMs)
    return result
  }

  close(): void {
    this.#closed = true
    for (const end of this.#pauses) end()
  }

  async #pause(pauseMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        cancel()
        this.#pauses.delete(end)
        resolve()
      }
      const cancel = this.#clock.after(pauseMs, end)
      this.#pauses.add(end)
    })
  }

  #measure(): number {
    const nowMs = this.#clock.monotonicMs()
    const kept = Math.exp(-(nowMs - this.#measuredAtMs) / memoryMs)
    this.#share = this.#share * kept + (this.#busy > 0 ? 1 - kept : 0)
    this.#measuredAtMs = nowMs
    return this.#share
  }
}

/**
 * The pause after a step, in milliseconds: so long that step and pause together give steps the share of time that storing
 * leaves.
 */
export function pauseAfter(stepMs: number, storingShare: number): number {
  const share = Math.max(leastShare, 1 - storingShare)
  return Math.min(longestPauseMs, stepMs * (1 / share - 1))
}
