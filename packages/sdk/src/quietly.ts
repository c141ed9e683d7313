/** Runs what reports. Whatever goes wrong in there stays in there: the agent must not feel it. */
export function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // Nobody is there who could act on it, and the agent's own work goes on.
  }
}

/** The same for work that may have to wait; what comes back never rejects. */
export function quietlyWaiting(work: () => Promise<void> | void): Promise<void> | void {
  try {
    const result = work()
    return result instanceof Promise ? result.catch(() => {}) : undefined
  } catch {
    return undefined
  }
}
