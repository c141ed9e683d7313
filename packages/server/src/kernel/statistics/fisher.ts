import { logBinomialProbability } from './binomial.ts'
import { assertProportion, type Proportion } from './counts.ts'

/** Tables that differ from the observed one by rounding alone count as equally likely; the value R uses. */
const TIE_TOLERANCE = 1e-7

/**
 * Fisher's exact test, two-sided: the p-value that two independent arms succeed at the same rate. The probability,
 * given all margins, of every table that is no more likely than the observed one (R and SciPy `fisher.test`).
 *
 * Chosen over the unconditional tests (Barnard, Boschloo) and over χ²: its false-alarm rate stays below α for every
 * sample size and every common rate, it needs no search over a nuisance parameter, and anybody can recompute it.
 * The price is that it is conservative in small samples: it holds rather than promotes. 1 when an arm is empty.
 */
export function fisherExact(first: Proportion, second: Proportion): number {
  assertProportion(first)
  assertProportion(second)
  // One canonical orientation, so that exchanging the arms gives the same number to the last bit.
  const [small, large] =
    first.trials < second.trials || (first.trials === second.trials && first.successes <= second.successes)
      ? [first, second]
      : [second, first]
  const successes = small.successes + large.successes
  const lowest = Math.max(0, successes - large.trials)
  const highest = Math.min(small.trials, successes)
  if (lowest === highest) return 1
  const logProbability = hypergeometric(small.trials, large.trials, successes)
  const atMostAsLikely = logProbability(small.successes) + Math.log1p(TIE_TOLERANCE)
  const mode = Math.floor(((small.trials + 1) * (successes + 1)) / (small.trials + large.trials + 2))
  // The probability rises to the mode and falls after it, so each tail starts where it crosses the observed one.
  const lowerEnd = lastWhere(lowest - 1, mode, (k) => k < lowest || logProbability(k) <= atMostAsLikely)
  const upperStart = -lastWhere(-highest - 1, -mode, (k) => -k > highest || logProbability(-k) <= atMostAsLikely)
  if (lowerEnd === mode) return 1
  const step = (k: number) => ((small.trials - k) * (successes - k)) / ((k + 1) * (large.trials - successes + k + 1))
  let p = 0
  if (lowerEnd >= lowest) p += sumTail(logProbability(lowerEnd), lowerEnd, lowest, (k) => 1 / step(k - 1), -1)
  if (upperStart <= highest) p += sumTail(logProbability(upperStart), upperStart, highest, step, 1)
  return Math.min(1, p)
}

/** ln P(k successes in the small arm | all margins), as three binomial probabilities (Loader 2000). */
function hypergeometric(smallTrials: number, largeTrials: number, successes: number): (k: number) => number {
  const all = smallTrials + largeTrials
  const p = successes / all
  const q = (all - successes) / all
  const whole = logBinomialProbability(successes, all, p, q)
  return (k) =>
    logBinomialProbability(k, smallTrials, p, q) + logBinomialProbability(successes - k, largeTrials, p, q) - whole
}

/** The last k in [from, to] where a condition holds that is true up to some point and false after; `from` must hold. */
function lastWhere(from: number, to: number, holds: (k: number) => boolean): number {
  if (holds(to)) return to
  let yes = from
  let no = to
  while (no - yes > 1) {
    const middle = Math.floor((yes + no) / 2)
    if (holds(middle)) yes = middle
    else no = middle
  }
  return yes
}

/** Adds probabilities outward from `start` to `end` by the ratio of neighbours until they no longer matter. */
function sumTail(
  logStart: number,
  start: number,
  end: number,
  ratioToNext: (k: number) => number,
  direction: 1 | -1,
): number {
  let term = 1
  let sum = 1
  for (let k = start; k !== end && term > sum * 1e-18; k += direction) {
    term *= ratioToNext(k)
    sum += term
  }
  return sum * Math.exp(logStart)
}
