/** A run's slots: the k-th injection is due at `startedAtMs` + k · 60,000 / `ratePerMinute`. Times are epoch milliseconds. */
export interface Pace {
  readonly startedAtMs: number
  readonly ratePerMinute: number
  readonly planned: number
}

/** Slots that nobody took for longer than this are left out: what was missed is not made up for at once. */
export const lateMs = 30_000
/** Per look; the rest comes with the next. */
const atOnceMost = 1_000

export interface DueSlots {
  /** First slot to inject. */
  readonly from: number
  /** The one behind the last. */
  readonly until: number
  /** Left out before `from`. */
  readonly skipped: number
}

export function slotAtMs({ startedAtMs, ratePerMinute }: Pace, slot: number): number {
  return startedAtMs + Math.round((slot * 60_000) / ratePerMinute)
}

/** Which slots are to be injected now, from `nextSlot` on. Never one behind `planned`, never one before `nextSlot`. */
export function dueSlots(pace: Pace, nextSlot: number, nowMs: number): DueSlots {
  const reached = slotsUpTo(pace, nowMs)
  const from = Math.min(reached, Math.max(nextSlot, slotsUpTo(pace, nowMs - lateMs - 1)))
  const first = Math.max(from, nextSlot)
  const until = Math.max(first, Math.min(reached, first + atOnceMost))
  return { from: first, until, skipped: first - nextSlot }
}

/** How many slots lie at or before a time. */
export function slotsUpTo(pace: Pace, atMs: number): number {
  if (atMs < pace.startedAtMs) return 0
  const count = Math.floor(((atMs - pace.startedAtMs) * pace.ratePerMinute) / 60_000 + 1e-9) + 1
  return Math.min(pace.planned, count)
}
