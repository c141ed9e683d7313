import type { Confusion } from './evidence.ts'

/** How right a judge is on a metric, as far as audits know. */
export interface Reliability {
  /** Mean of the Beta(1, 1) posterior: (r + 1)/(r + s + 2). */
  readonly estimate: number
  /** E − √(E(1 − E)/(r + s + 3)), one standard deviation: what gates decisions. Never below 0. */
  readonly lowerBound: number
  /** Audited verdicts that still count, after forgetting, abstentions not among them. */
  readonly effectiveCount: number
}

/** Standard deviations below the mean. */
const z = 1

export function reliabilityOf(confusion: Confusion): Reliability {
  const right = confusion.passSaidPass + confusion.failSaidFail
  const wrong = confusion.passSaidFail + confusion.failSaidPass
  const estimate = (right + 1) / (right + wrong + 2)
  const deviation = Math.sqrt((estimate * (1 - estimate)) / (right + wrong + 3))
  return { estimate, lowerBound: Math.max(0, estimate - z * deviation), effectiveCount: right + wrong }
}

/**
 * How much a judge may decide, 0 to 1: how far its lower bound lies above a coin's ½. A judge of whom nothing is audited
 * and one that became unreliable have none; it comes back with the performance, as fast as the old evidence is forgotten.
 */
export function authorityOf({ lowerBound }: Reliability): number {
  return Math.max(0, 2 * lowerBound - 1)
}

/** How often a judge says the right thing of either kind; null where none of that kind was audited. */
export function ratesOf({ passSaidPass, passSaidFail, failSaidPass, failSaidFail, abstained }: Confusion) {
  const passes = passSaidPass + passSaidFail
  const fails = failSaidPass + failSaidFail
  const all = passes + fails + abstained
  return {
    passesFound: passes === 0 ? null : passSaidPass / passes,
    failsFound: fails === 0 ? null : failSaidFail / fails,
    abstentionRate: all === 0 ? null : abstained / all,
  }
}
