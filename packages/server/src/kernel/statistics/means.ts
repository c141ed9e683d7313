import type { Interval } from './proportions.ts'
import { studentQuantile } from './student.ts'

/** A mean (or difference of means) with its two-sided t interval. */
export interface MeanEstimate extends Interval {
  readonly mean: number
}

/** Mean of at least one value. */
export function meanOf(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no mean of no values')
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Unbiased variance (divisor n − 1) of at least two values, in two passes. */
export function varianceOf(values: readonly number[]): number {
  if (values.length < 2) throw new RangeError('no variance of fewer than two values')
  const mean = meanOf(values)
  let squares = 0
  for (const value of values) squares += (value - mean) ** 2
  return squares / (values.length - 1)
}

/** Student's interval of a mean: mean ± t(n − 1) · s / √n. `null` for fewer than two values. */
export function meanInterval(values: readonly number[], confidence: number): MeanEstimate | null {
  if (values.length < 2) return null
  const mean = meanOf(values)
  return around(mean, varianceOf(values) / values.length, values.length - 1, confidence)
}

/**
 * Welch's interval of mean(second) − mean(first) for two independent samples of unequal variance, with the
 * Welch–Satterthwaite degrees of freedom (Welch 1947; R `t.test`). `null` when a sample has fewer than two values.
 */
export function meanDifferenceInterval(
  first: readonly number[],
  second: readonly number[],
  confidence: number,
): MeanEstimate | null {
  if (first.length < 2 || second.length < 2) return null
  const a = varianceOf(first) / first.length
  const b = varianceOf(second) / second.length
  const share = a + b > 0 ? a / (a + b) : 0.5
  const degreesOfFreedom = 1 / (share ** 2 / (first.length - 1) + (1 - share) ** 2 / (second.length - 1))
  return around(meanOf(second) - meanOf(first), a + b, degreesOfFreedom, confidence)
}

function around(mean: number, squaredError: number, degreesOfFreedom: number, confidence: number): MeanEstimate {
  if (squaredError === 0) return { mean, low: mean, high: mean }
  const half = -studentQuantile((1 - confidence) / 2, degreesOfFreedom) * Math.sqrt(squaredError)
  return { mean, low: mean - half, high: mean + half }
}
