import { AsyncLocalStorage } from 'node:async_hooks'

/** Whose answer it is that is waited for. */
export type Urgency = 'privileged' | 'screen'

const waiting = new AsyncLocalStorage<Urgency>()

/**
 * Runs work for whose answer somebody waits before a screen, with all that it awaits. Where the store has one session for
 * everybody (PGlite), its transactions begin before those of telemetry and jobs that wait too.
 */
export function whileSomebodyWaits<T>(work: () => T): T {
  return waiting.run('screen', work)
}

/** The same for a privileged client, which goes before all others. */
export function whilePrivilegedWaits<T>(work: () => T): T {
  return waiting.run('privileged', work)
}

/** Whether this is called, however far down, from one of these, and from which; null: nobody waits. */
export function whoWaits(): Urgency | null {
  return waiting.getStore() ?? null
}
