const givenUpAfterMs = 10_000

/** When each number of runs was first seen somewhere, in epoch milliseconds. */
export class Sightings {
  readonly #seen = new Map<number, number>()
  readonly #waiting = new Map<number, (atMs: number) => void>()

  note(runs: number, atMs: number): void {
    if (this.#seen.has(runs)) return
    this.#seen.set(runs, atMs)
    this.#waiting.get(runs)?.(atMs)
  }

  /** Waits until that many runs are seen; null after ten seconds without. */
  async of(runs: number): Promise<number | null> {
    const before = this.#seen.get(runs)
    if (before !== undefined) return before
    return await new Promise((resolve) => {
      const limit = setTimeout(() => resolve(null), givenUpAfterMs)
      this.#waiting.set(runs, (atMs) => {
        clearTimeout(limit)
        resolve(atMs)
      })
    })
  }
}
