import { assertCount, assertProportion, type Proportion } from './counts.ts'
import { normalQuantile } from './normal.ts'
import { bisectIncreasing } from './root.ts'

/** A two-sided confidence interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** Pairs of one unit under both arms, by who succeeded. */
export interface PairedCounts {
  readonly pairs: number
  readonly onlyFirst: number
  readonly onlySecond: number
}

/** Wilson's score interval of one proportion (Wilson 1927), trials > 0. */
export function wilsonInterval(proportion: Proportion, confidence: number): Interval {
  assertProportion(proportion)
  if (proportion.trials === 0) throw new RangeError('a proportion of no trials has no interval')
  const z2 = criticalValue(confidence) ** 2
  const { successes, trials: n } = proportion
  const centre = successes + z2 / 2
  const half = Math.sqrt(z2 * ((successes * (n - successes)) / n + z2 / 4))
  return {
    low: successes === 0 ? 0 : (centre - half) / (n + z2),
    high: successes === n ? 1 : (centre + half) / (n + z2),
  }
}

/**
 * Interval of the difference of two independent proportions, second − first: Newcombe's hybrid score interval,
 * method 10 of Newcombe (Statistics in Medicine 17:873–890, 1998). Never leaves [−1, 1], never collapses to a point.
 */
export function independentDifferenceInterval(first: Proportion, second: Proportion, confidence: number): Interval {
  const a = wilsonInterval(first, confidence)
  const b = wilsonInterval(second, confidence)
  const rateA = first.successes / first.trials
  const rateB = second.successes / second.trials
  const difference = rateB - rateA
  return {
    low: difference - Math.hypot(rateB - b.low, a.high - rateA),
    high: difference + Math.hypot(b.high - rateB, rateA - a.low),
  }
}

/**
 * Interval of the difference of two paired proportions, second − first: Tango's score interval (Statistics in Medicine
 * 17:891–908, 1998), pairs > 0. It inverts the score test whose value at 0 is McNemar's, never leaves [−1, 1] and has
 * width even without a discordant pair. It is asymptotic: beside a p-value near α it may disagree with the exact test,
 * and then the exact test decides.
 */
export function pairedDifferenceInterval(counts: PairedCounts, confidence: number): Interval {
  const { pairs, onlyFirst, onlySecond } = counts
  for (const count of [pairs, onlyFirst, onlySecond]) assertCount(count)
  if (pairs === 0 || onlyFirst + onlySecond > pairs) throw new RangeError(`impossible pairs: ${JSON.stringify(counts)}`)
  const z = criticalValue(confidence)
  return { low: tangoLow(pairs, onlySecond, onlyFirst, z), high: -tangoLow(pairs, onlyFirst, onlySecond, z) }
}

/** The lower limit for (gains − losses) / pairs: where the score statistic equals z. */
function tangoLow(pairs: number, gains: number, losses: number, z: number): number {
  const score = (difference: number) => {
    // The most likely probability of a loss among all tables whose true difference is `difference`.
    const a = 2 * pairs
    const b = (2 * pairs - gains + losses) * difference - gains - losses
    const c = -losses * difference * (1 - difference)
    const loss = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a)
    const variance = Math.max(0, pairs * (2 * loss + difference * (1 - difference)))
    return gains - losses - pairs * difference - z * Math.sqrt(variance)
  }
  if (losses === pairs) return -1
  return bisectIncreasing((difference) => -score(difference), -1, (gains - losses) / pairs)
}

function criticalValue(confidence: number): number {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`not a confidence level: ${confidence}`)
  return -normalQuantile((1 - confidence) / 2)
}
