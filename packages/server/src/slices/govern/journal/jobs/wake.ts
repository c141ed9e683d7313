import type { Clock } from '../../../../ports/clock.ts'

/** Wakes sleepers: all at once by a hint, or each after a time of its own. No wake-up is lost between look and sleep. */
export class Wake {
  readonly #clock: Clock
  readonly #sleepers = new Set<() => void>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How often all were woken; hand it to `after`. */
  get count(): number {
    return this.#count
  }

  all(): void {
    this.#count++
    const sleepers = [...this.#sleepers]
    this.#sleepers.clear()
    for (const wake of sleepers) wake()
  }

  /** Sleeps until woken; not at all when that has happened since `count` was `seen`. */
  async after(seen: number): Promise<void> {
    if (this.#count !== seen) return
    await new Promise<void>((resolve) => this.#sleepers.add(resolve))
  }

  /** Sleeps for a time; being woken ends it only when `isOver` then. */
  async pause(forMs: number, isOver: () => boolean): Promise<void> {
    let due = false
    let wake = () => {}
    const cancel = this.#clock.after(Math.max(0, forMs), () => {
      due = true
      wake()
    })
    while (!due && !isOver()) {
      await new Promise<void>((resolve) => {
        wake = resolve
        this.#sleepers.add(resolve)
      })
    }
    cancel()
  }
}
