import { instantFromEpochMs } from '../../kernel/instant.ts'
import type { Clock } from '../../ports/clock.ts'

/** The machine's clock. Timers made by `after` do not keep the process alive. */
export const systemClock: Clock = {
  now: () => instantFromEpochMs(Date.now()),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
