import { type MeanEstimate, meanDifferenceInterval, meanInterval } from './means.ts'
import type { Interval } from './proportions.ts'

/** Ratio of two geometric means, second / first, with its two-sided confidence interval. */
export interface RatioEstimate extends Interval {
  readonly ratio: number
}

/** Values that agree to this relative precision show no spread: what is left is rounding. */
const NO_SPREAD = 1e-9

/** With fewer equal values than this, no two-sided test at .05 could tell them from chance (2 · ½⁶ = .031, 2 · ½⁵ = .063). */
const FEWEST_WITHOUT_SPREAD = 6

/**
 * Paired ratio of a positive quantity (a duration, a cost), given ln(second / first) of each pair: the exponential of
 * Student's interval of their mean. Logarithms, because such quantities are skewed and act by factors.
 *
 * `null`: no evidence. Fewer than two pairs, or fewer than six that are all equal (their zero spread is an accident).
 */
export function pairedRatio(logRatios: readonly number[], confidence: number): RatioEstimate | null {
  if (logRatios.length < FEWEST_WITHOUT_SPREAD && !hasSpread(logRatios)) return null
  return exponential(meanInterval(logRatios, confidence))
}

/** As `pairedRatio` for two independent samples of logarithms: Welch's interval. Each needs two values. */
export function independentRatio(
  firstLogs: readonly number[],
  secondLogs: readonly number[],
  confidence: number,
): RatioEstimate | null {
  const fewest = Math.min(firstLogs.length, secondLogs.length)
  if (fewest < FEWEST_WITHOUT_SPREAD && !hasSpread(firstLogs) && !hasSpread(secondLogs)) return null
  return exponential(meanDifferenceInterval(firstLogs, secondLogs, confidence))
}

function hasSpread(values: readonly number[]): boolean {
  return values.some((value) => Math.abs(value - (values[0] ?? value)) > NO_SPREAD)
}

function exponential(estimate: MeanEstimate | null): RatioEstimate | null {
  if (estimate === null) return null
  return { ratio: Math.exp(estimate.mean), low: Math.exp(estimate.low), high: Math.exp(estimate.high) }
}
