/** First come, first served exclusion within one thread. */
export class Mutex {
  #last: Promise<void> = Promise.resolve()

  /** Waits for its turn; the returned function frees the mutex and may be called more than once. */
  async acquire(): Promise<() => void> {
    let free: () => void = () => {}
    const mine = new Promise<void>((resolve) => {
      free = resolve
    })
    const before = this.#last
    this.#last = mine
    await before
    return free
  }

  async hold<T>(work: () => Promise<T>): Promise<T> {
    const free = await this.acquire()
    try {
      return await work()
    } finally {
      free()
    }
  }
}
