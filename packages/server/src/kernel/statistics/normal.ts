import { bisectIncreasing } from './root.ts'

const LOG_SQRT_TWO_PI = 0.9189385332046728

/** Where the power series hands over to the continued fraction; both are at 14 digits or better here. */
const SERIES_UP_TO = 2

/**
 * P(Z ≤ x) of the standard normal. About 14 significant digits, in the lower tail too.
 * Centre: series of Marsaglia, "Evaluating the normal distribution" (J. Stat. Software 11(4), 2004).
 * Tail: Laplace's continued fraction (Abramowitz & Stegun 26.2.14).
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) throw new RangeError('normalCdf of NaN')
  if (Math.abs(x) > SERIES_UP_TO) return x < 0 ? upperTail(-x) : 1 - upperTail(x)
  let term = x
  let sum = x
  for (let i = 3; Math.abs(term) > Math.abs(sum) * 1e-18; i += 2) {
    term *= (x * x) / i
    sum += term
  }
  return 0.5 + sum * density(x)
}

/** The x with P(Z ≤ x) = probability, 0 < probability < 1, to about 14 digits. */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) throw new RangeError(`no normal quantile at ${probability}`)
  if (probability === 0.5) return 0
  if (probability > 0.5) return -normalQuantile(1 - probability)
  return bisectIncreasing((x) => normalCdf(x) - probability, -40, 0)
}

function density(x: number): number {
  return Math.exp(-0.5 * x * x - LOG_SQRT_TWO_PI)
}

/** φ(x) / (x + 1/(x + 2/(x + 3/…))), evaluated from the inside; 200 levels settle every x ≥ 2. */
function upperTail(x: number): number {
  let fraction = x
  for (let level = 200; level >= 1; level--) fraction = x + level / fraction
  return density(x) / fraction
}
