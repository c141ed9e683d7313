import type { DriftMethod, DriftStep, Reading } from './method.ts'

export interface EDetectorSettings {
  /** A: rows between false alarms, at least, on average. The alarm comes when the evidence reaches it. */
  readonly averageRunLengthMin: number
  /** The mean without drift: known, known to lie in an interval, or learned from the first rows with such an interval. */
  readonly baseline:
    | { readonly kind: 'known'; readonly mean: number }
    | { readonly kind: 'within'; readonly low: number; readonly high: number }
    | { readonly kind: 'learned'; readonly rows: number; readonly confidence: number }
  /** Which way of the mean counts as drift. */
  readonly side: 'up' | 'down' | 'both'
}

export interface EDetectorState {
  /** Learned so far; `rows` stops at the end of the baseline. */
  readonly learned: { readonly rows: number; readonly sum: number }
  /** Evidence of each bet, those on a rise first. All 0 at the start and after an alarm. */
  readonly evidence: readonly number[]
}

const bets = [0.1, 0.25, 0.5, 0.9]

/** A for one false alarm in 30 days on a stream with a row every so many ms. */
export function runLengthFor(rowEveryMs: number, oneFalseAlarmInMs = 30 * 86_400_000): number {
  return Math.max(1, Math.ceil(oneFalseAlarmInMs / rowEveryMs))
}

/**
 * Watches the mean of values in [0, 1] (Shin, Ramdas & Rinaldo 2023): M = (M + 1)·(1 ± λ(x − μ)) for λ at .1, .25, .5
 * and .9 of what keeps the factor positive, mean over λ and sides; alarm at M ≥ A, then it starts again. Average run
 * length ≥ A without drift holds if each row's mean, given all before it, is on the baseline's side: no other independence
 * and no shape is assumed. A known mean gives it outright; a learned one with the stated confidence, since a rise is
 * measured from the interval's upper end and a fall from its lower. It does not hold for rows whose mean wanders with the
 * rows before (autocorrelation): aggregate those first.
 * @throws RangeError for a mean outside (0, 1) or a reading outside [0, 1].
 */
export function eDetector(settings: EDetectorSettings): DriftMethod<EDetectorState> {
  const { baseline } = settings
  if (baseline.kind === 'known' && !(baseline.mean > 0 && baseline.mean < 1))
    throw new RangeError(`a baseline mean lies between 0 and 1, not at ${baseline.mean}`)
  const start = { learned: { rows: 0, sum: 0 }, evidence: bets.flatMap(() => [0, 0]) }
  return { start, step: (state, seen) => eDetectorStep(state, seen, settings) }
}

function eDetectorStep(
  { learned, evidence }: EDetectorState,
  { value }: Reading,
  { averageRunLengthMin, baseline, side }: EDetectorSettings,
): DriftStep<EDetectorState> {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`an e-detector reads values from 0 to 1, not ${value}`)
  const rule = 'e-detector'
  const limit = averageRunLengthMin
  if (baseline.kind === 'learned' && learned.rows < baseline.rows) {
    const more = { rows: learned.rows + 1, sum: learned.sum + value }
    return { state: { learned: more, evidence }, alarm: false, because: { rule, observed: null, limit } }
  }
  const means =
    baseline.kind === 'known'
      ? { low: baseline.mean, high: baseline.mean }
      : baseline.kind === 'within'
        ? baseline
        : meanWithin(learned.sum / learned.rows, learned.rows, baseline.confidence)
  const grown = evidence.map((before, at) => {
    const bet = bets[at % bets.length] ?? 0
    const rise = at < bets.length
    const factor = rise
      ? 1 + (bet / means.high) * (value - means.high)
      : 1 + (bet / (1 - means.low)) * (means.low - value)
    return (before + 1) * factor
  })
  const counted = grown.filter((_, at) => side === 'both' || at < bets.length === (side === 'up'))
  const observed = counted.reduce((sum, one) => sum + one, 0) / counted.length
  const alarm = observed >= limit
  const next = alarm ? grown.map(() => 0) : grown
  return { state: { learned, evidence: next }, alarm, because: { rule, observed, limit } }
}

/**
 * The means that a share seen over so many rows leaves possible: KL(seen, mean) ≤ ln(2 / (1 − confidence)) / rows, the
 * Chernoff bound of values in [0, 1], which also holds for rows that depend on each other and keep their mean.
 */
export function meanWithin(seen: number, rows: number, confidence: number): { low: number; high: number } {
  const room = Math.log(2 / (1 - confidence)) / rows
  const end = (outer: number) => {
    let [inside, outside] = [seen, outer]
    for (let round = 0; round < 60; round += 1) {
      const middle = (inside + outside) / 2
      if (divergence(seen, middle) <= room) inside = middle
      else outside = middle
    }
    return Math.min(1 - 1e-12, Math.max(1e-12, outside))
  }
  return { low: end(0), high: end(1) }
}

function divergence(seen: number, mean: number): number {
  const part = (one: number, other: number) => (one === 0 ? 0 : one * Math.log(one / other))
  return part(seen, mean) + part(1 - seen, 1 - mean)
}

/**
 * Which of many streams alarm together with a false discovery rate of at most `rate`, whatever their dependence: the k
 * with the largest e-values, for the greatest k with e(k) ≥ K / (rate · k) (e-BH, Wang & Ramdas 2022). Indices, rising.
 */
export function eBenjaminiHochberg(eValues: readonly number[], rate: number): readonly number[] {
  const falling = eValues.map((value, index) => ({ value, index })).toSorted((a, b) => b.value - a.value)
  const last = falling.findLastIndex(({ value }, at) => value >= eValues.length / (rate * (at + 1)))
  return falling
    .slice(0, last + 1)
    .map(({ index }) => index)
    .toSorted((a, b) => a - b)
}
