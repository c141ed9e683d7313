/** Who goes first when several wait. */
export type Line = 'first' | 'urgent' | 'patient'

/**
 * So many of a line go in a row while somebody waits in a later one: reading must not stop what is read from coming in, and
 * privileged clients must not stop everybody.
 */
const mostInARow = 4

/** Exclusion within one thread: the first before the urgent, these before the patient, and within a line first come, first served. */
export class Mutex {
  readonly #lines: Readonly<Record<Line, (() => void)[]>> = { first: [], urgent: [], patient: [] }
  #isHeld = false
  #firstInARow = 0
  #urgentInARow = 0

  /** Waits for its turn; the returned function frees the mutex and may be called more than once. */
  async acquire(line: Line = 'patient'): Promise<() => void> {
    if (this.#isHeld) await new Promise<void>((resolve) => this.#lines[line].push(resolve))
    this.#isHeld = true
    let freed = false
    return () => {
      if (freed) return
      freed = true
      this.#next()
    }
  }

  async hold<T>(work: () => Promise<T>): Promise<T> {
    const free = await this.acquire()
    try {
      return await work()
    } finally {
      free()
    }
  }

  /** It stays held while it goes from one to the next, so that nobody who comes in between slips in. */
  #next(): void {
    const { first, urgent, patient } = this.#lines
    const othersWait = urgent.length > 0 || patient.length > 0
    const isFirst = first.length > 0 && (!othersWait || this.#firstInARow < mostInARow)
    this.#firstInARow = isFirst && othersWait ? this.#firstInARow + 1 : 0
    const next = isFirst ? first.shift() : this.#ordinary(urgent, patient)
    if (next === undefined) this.#isHeld = false
    else next()
  }

  #ordinary(urgent: (() => void)[], patient: (() => void)[]): (() => void) | undefined {
    const isUrgent = urgent.length > 0 && (patient.length === 0 || this.#urgentInARow < mostInARow)
    this.#urgentInARow = isUrgent && patient.length > 0 ? this.#urgentInARow + 1 : 0
    return isUrgent ? urgent.shift() : patient.shift()
  }
}
