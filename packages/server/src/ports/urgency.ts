import { AsyncLocalStorage } from 'node:async_hooks'

const waiting = new AsyncLocalStorage<true>()

/**
 * Runs work for whose answer somebody waits before a screen, with all that it awaits. Where the store has one session for
 * everybody (PGlite), its transactions begin before those of telemetry and jobs that wait too.
 */
export function whileSomebodyWaits<T>(work: () => T): T {
  return waiting.run(true, work)
}

/** Whether this is called, however far down, from `whileSomebodyWaits`. */
export function doesSomebodyWait(): boolean {
  return waiting.getStore() === true
}
