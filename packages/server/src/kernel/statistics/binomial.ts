import { assertCount } from './counts.ts'
import { stirlingError } from './gamma.ts'

/**
 * The deviance term x ln(x / mean) + mean − x, without cancellation when x is near the mean.
 * Loader, "Fast and accurate computation of binomial probabilities" (2000), as in R's `bd0`.
 */
function devianceTerm(x: number, mean: number): number {
  const difference = x - mean
  if (Math.abs(difference) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x
  const v = difference / (x + mean)
  let sum = difference * v
  let term = 2 * x * v
  for (let odd = 3; ; odd += 2) {
    term *= v * v
    const next = sum + term / odd
    if (next === sum) return sum
    sum = next
  }
}

/**
 * Natural logarithm of Γ(n + 1) / (Γ(x + 1) Γ(n − x + 1)) · p^x · q^(n − x) for real 0 ≤ x ≤ n, with q = 1 − p passed
 * on its own so that neither loses digits. Relative error of the probability about 1e-14 for any n (Loader 2000).
 */
export function logBinomialProbability(x: number, n: number, p: number, q: number): number {
  if (!(x >= 0 && x <= n && p >= 0 && q >= 0)) throw new RangeError(`not a binomial point: ${x} of ${n} at ${p}`)
  if (p === 0) return x === 0 ? 0 : -Infinity
  if (q === 0) return x === n ? 0 : -Infinity
  if (x === 0) return p < 0.1 ? n * Math.log1p(-p) : n * Math.log(q)
  if (x === n) return q < 0.1 ? n * Math.log1p(-q) : n * Math.log(p)
  const rest = n - x
  const correction = stirlingError(n) - stirlingError(x) - stirlingError(rest)
  const deviance = devianceTerm(x, n * p) + devianceTerm(rest, n * q)
  return correction - deviance + 0.5 * Math.log(n / (2 * Math.PI * x * rest))
}

/**
 * Exact McNemar test: two-sided p-value that two paired success rates are equal, from the discordant pairs alone.
 *
 * Given equality, each discordant pair favours either side with probability ½, so the p-value is twice the smaller
 * tail of Binomial(m, ½), at most 1 (McNemar 1947; R `binom.test(b, b + c)`). With no discordant pair it is 1.
 * Holds about 13 digits for any counts and is 0 only when the true value is below 1e-300.
 */
export function exactMcNemar(onlyFirst: number, onlySecond: number): number {
  assertCount(onlyFirst)
  assertCount(onlySecond)
  if (Math.abs(onlyFirst - onlySecond) <= 1) return 1
  const discordant = onlyFirst + onlySecond
  const smaller = Math.min(onlyFirst, onlySecond)
  if (discordant <= WHOLE_NUMBERS_UP_TO) return (2 * waysUpTo(smaller, discordant)) / 2 ** discordant
  let tail = 1
  let term = 1
  for (let k = smaller; k > 0 && term > tail * 1e-18; k--) {
    term *= k / (discordant - k + 1)
    tail += term
  }
  return Math.min(1, 2 * tail * Math.exp(logBinomialProbability(smaller, discordant, 0.5, 0.5)))
}

/** Up to here the outcomes can be counted in whole numbers below 2^53, so the p-value is exact to the last bit. */
const WHOLE_NUMBERS_UP_TO = 50

/** In how many ways at most `most` of n things can be chosen. */
function waysUpTo(most: number, n: number): number {
  let ways = 1
  let sum = 1
  for (let k = 1; k <= most; k++) {
    ways = (ways * (n - k + 1)) / k
    sum += ways
  }
  return sum
}
