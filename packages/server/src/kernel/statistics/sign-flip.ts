import { normalCdf } from './normal.ts'

/** An exact fraction; the denominator is positive. */
export interface Fraction {
  readonly numerator: number
  readonly denominator: number
}

export interface SignFlipTest {
  readonly pValue: number
  /** False: too many units or too many different denominators, so the normal limit of the same test was used. */
  readonly exact: boolean
}

/** Additions that one exact test may cost: a few tens of milliseconds. */
const MOST_ADDITIONS = 20_000_000

/**
 * Sign-flip (paired randomisation) test, two-sided: the p-value that differences between two arms on the same units
 * are symmetric about 0. Given that, each difference is as likely with the other sign; the p-value is the share of
 * all 2^n sign patterns whose sum is at least as far from 0 (Fisher 1935). With differences of −1, 0 and 1 this is
 * exactly McNemar's exact test, so it carries that test over to units that were tried several times.
 *
 * Exact by convolution over the common denominator; the observed sum is compared in integers, never in floats.
 */
export function signFlipTest(differences: readonly Fraction[]): SignFlipTest {
  const scale = commonDenominator(differences)
  const steps = differences.map(({ numerator, denominator }) => (numerator * (scale ?? 1)) / denominator)
  const sizes = steps.map(Math.abs).filter((size) => size > 0)
  const total = sum(sizes)
  const observed = Math.abs(sum(steps))
  if (observed === 0) return { pValue: 1, exact: true }
  if (scale !== null && total * sizes.length <= MOST_ADDITIONS) {
    return { pValue: exactPValue(sizes, total, observed), exact: true }
  }
  const spread = Math.sqrt(sum(sizes.map((size) => size * size)))
  return { pValue: 2 * normalCdf(-observed / spread), exact: false }
}

/** 2 · P(Σ ± size ≥ observed): builds the distribution of the sum of those sizes that get a plus. */
function exactPValue(sizes: readonly number[], total: number, observed: number): number {
  const probability = new Float64Array(total + 1)
  probability[0] = 1
  let reached = 0
  for (const size of sizes) {
    reached += size
    for (let at = reached; at >= 0; at--) {
      const plus = at >= size ? (probability[at - size] ?? 0) : 0
      probability[at] = 0.5 * ((probability[at] ?? 0) + plus)
    }
  }
  // A plus-sum s means the signed sum 2s − total.
  let tail = 0
  for (let at = total; 2 * at - total >= observed; at--) tail += probability[at] ?? 0
  return Math.min(1, 2 * tail)
}

/** Least common denominator; `null` where it is so large that an exact test over it is out of the question. */
function commonDenominator(fractions: readonly Fraction[]): number | null {
  let common = 1
  for (const { numerator, denominator } of fractions) {
    const reduced = denominator / greatestCommonDivisor(denominator, Math.abs(numerator))
    common *= reduced / greatestCommonDivisor(common, reduced)
    if (common > MOST_ADDITIONS) return null
  }
  return common
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
