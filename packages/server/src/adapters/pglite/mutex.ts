/** Who goes first when several wait. */
export type Line = 'urgent' | 'patient'

/** So many urgent ones go in a row while a patient one waits: reading must not stop what is read from coming in. */
const mostUrgentInARow = 4

/** Exclusion within one thread: the urgent before the patient, and within a line first come, first served. */
export class Mutex {
  readonly #lines: Readonly<Record<Line, (() => void)[]>> = { urgent: [], patient: [] }
  #isHeld = false
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
    const { urgent, patient } = this.#lines
    const isUrgent = urgent.length > 0 && (patient.length === 0 || this.#urgentInARow < mostUrgentInARow)
    this.#urgentInARow = isUrgent && patient.length > 0 ? this.#urgentInARow + 1 : 0
    const first = isUrgent ? urgent.shift() : patient.shift()
    if (first === undefined) this.#isHeld = false
    else first()
  }
}
