import { Cron } from 'croner'
import { type Instant, instantFromEpochMs } from './instant.ts'

/** What is wrong with a schedule, as a sentence; null when it is right and comes again. */
export function scheduleFault(expression: string, timeZone: string, now: Instant): string | null {
  try {
    return nextRun(expression, timeZone, now) === null ? 'This schedule never comes.' : null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The next time of a cron expression of five fields strictly after a moment; null when it never comes. Throws on faults. */
export function nextRun(expression: string, timeZone: string, after: Instant): Instant | null {
  const cron = new Cron(expression, { timezone: timeZone, paused: true, mode: '5-part' })
  const next = cron.nextRun(new Date(after))
  return next === null ? null : instantFromEpochMs(next.getTime())
}
