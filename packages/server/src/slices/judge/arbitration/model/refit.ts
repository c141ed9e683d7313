/** What is known of a metric's fit. */
export interface FitAge {
  /** Null: nothing is fitted yet. */
  readonly fittedAtMs: number | null
  readonly refitAtMs: number | null
  readonly audits: number
  readonly newGold: number
  /** Whether any judge spoke since. */
  readonly isChanged: boolean
  readonly items: number
}

export interface RefitPace {
  /** So many new truths have it fitted again at once. */
  readonly audits: number
  /** Fewer, after so long. */
  readonly afterMs: number
}

/** Below this nothing is learnt that counting votes would not say. */
export const itemsForFit = 20
/** From so many audits on votes without a truth teach nothing new. */
const auditsForTruth = 20

/**
 * Why a metric is to be fitted now; null: not yet. Without enough audits judges are told apart by their agreement, so
 * votes alone are news; with them only what is new about the truth is.
 */
export function refitDue(
  age: FitAge,
  nowMs: number,
  pace: RefitPace,
): 'asked' | 'first' | 'audits' | 'audits-and-age' | 'votes-and-age' | null {
  if (age.fittedAtMs === null) return age.items >= itemsForFit || age.newGold >= itemsForFit ? 'first' : null
  if (age.refitAtMs !== null) return 'asked'
  if (age.newGold >= pace.audits) return 'audits'
  if (nowMs - age.fittedAtMs < pace.afterMs) return null
  if (age.newGold > 0) return 'audits-and-age'
  return age.audits < auditsForTruth && age.isChanged ? 'votes-and-age' : null
}
