import type { Instant } from '../../../../kernel/instant.ts'

/** What a look at an organization found, without locking anything. */
export interface Glimpse {
  readonly hasRules: boolean
  readonly openAlerts: number
  readonly evaluatedAt: Instant | null
  readonly evaluatedEventId: string | null
  readonly evaluationMs: number
  /** The newest event in the journal that alerts did not write; null when none of the newest ones is. */
  readonly newestEventId: string | null
  /** When the next group is to be looked at; null when there is none. */
  readonly nextFlushAt: Instant | null
  readonly nextReportAt: Instant | null
  readonly forwards: boolean
  readonly forwardedAt: Instant | null
}

export interface WatchPlan {
  readonly evaluate: boolean
  readonly notify: boolean
  readonly report: boolean
  readonly forward: boolean
}

/** Rules are judged at least so often, whatever happened. */
export const evaluateEveryMs = 15_000
/** And at most so often, however much happens. */
const evaluatePauseMs = 500
/** Of its time, watching takes a fifth at most. */
const evaluationShare = 4
export const forwardEveryMs = 30_000

/** What is due for an organization now. News only brings an evaluation forward; time alone brings it too. */
export function planWatch(glimpse: Glimpse, now: Instant): WatchPlan {
  const sinceMs = glimpse.evaluatedAt === null ? Number.POSITIVE_INFINITY : now - glimpse.evaluatedAt
  const hasNews = glimpse.newestEventId !== null && glimpse.newestEventId !== glimpse.evaluatedEventId
  const pauseMs = Math.max(evaluatePauseMs, evaluationShare * glimpse.evaluationMs)
  const isDue = sinceMs >= evaluateEveryMs || (hasNews && sinceMs >= pauseMs)
  const evaluate = isDue && (glimpse.hasRules || glimpse.openAlerts > 0)
  const forwardSinceMs = glimpse.forwardedAt === null ? Number.POSITIVE_INFINITY : now - glimpse.forwardedAt
  return {
    evaluate,
    notify: evaluate || (glimpse.nextFlushAt !== null && now >= glimpse.nextFlushAt),
    report: glimpse.nextReportAt !== null && now >= glimpse.nextReportAt,
    forward: glimpse.forwards && forwardSinceMs >= forwardEveryMs,
  }
}
