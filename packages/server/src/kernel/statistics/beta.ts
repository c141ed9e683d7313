import { logBinomialProbability } from './binomial.ts'

const TINY = 1e-300

/**
 * The regularised incomplete beta function I_x(a, b), a, b > 0, 0 ≤ x ≤ 1. About 13 significant digits for a and b
 * below 1e4, 11 up to 1e6. `complement` is 1 − x, passed by callers who know it with more digits than the subtraction leaves.
 * Continued fraction 26.5.8 of Abramowitz & Stegun by Lentz's method; its factor by Loader's binomial probability.
 */
export function regularizedIncompleteBeta(x: number, a: number, b: number, complement: number = 1 - x): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) throw new RangeError(`no incomplete beta at x ${x}, a ${a}, b ${b}`)
  if (x === 0 || complement === 0) return x === 0 ? 0 : 1
  // The fraction converges fast on this side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - lowerPart(complement, b, a, x)
  return lowerPart(x, a, b, complement)
}

/** x^a (1 − x)^b / (a B(a, b)) times the continued fraction. */
function lowerPart(x: number, a: number, b: number, complement: number): number {
  const factor = (b / (a + b)) * Math.exp(logBinomialProbability(a, a + b, x, complement))
  return factor * continuedFraction(x, a, b)
}

function continuedFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / awayFromZero(1 + even * d)
    c = awayFromZero(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / awayFromZero(1 + odd * d)
    c = awayFromZero(1 + odd / c)
    const factor = d * c
    value *= factor
    if (Math.abs(factor - 1) < 1e-15) return value
  }
  throw new RangeError(`the incomplete beta function did not converge at x ${x}, a ${a}, b ${b}`)
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}
