/** An execution that waits for a person or an event and will be continued. */
export interface WaitingExecution {
  readonly executionId: string
  /** ISO 8601; the duration of the whole counts from here. */
  readonly startedAt: string
}

/**
 * Remembers which execution of a thread waits, so that its resumption continues it instead of starting another. Keys
 * are opaque. The default lives in the process; give one on your own database if runs resume in another process.
 */
export interface Continuations {
  load(key: string): WaitingExecution | null | Promise<WaitingExecution | null>
  save(key: string, waiting: WaitingExecution): void | Promise<void>
  forget(key: string): void | Promise<void>
}

const threadsMax = 10_000

/** Continuations in memory: the last 10,000 waiting threads. */
export function memoryContinuations(): Continuations {
  const waiting = new Map<string, WaitingExecution>()
  return {
    load: (key) => waiting.get(key) ?? null,
    save: (key, execution) => {
      waiting.delete(key)
      waiting.set(key, execution)
      const oldest = waiting.size > threadsMax ? waiting.keys().next().value : undefined
      if (oldest !== undefined) waiting.delete(oldest)
    },
    forget: (key) => {
      waiting.delete(key)
    },
  }
}
