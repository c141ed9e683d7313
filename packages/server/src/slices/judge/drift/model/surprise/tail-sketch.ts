/** What is remembered of every value so far: the largest exactly, the rest as an even sample. Both rise. */
export interface TailSketch {
  readonly count: number
  readonly largest: readonly number[]
  readonly sample: readonly number[]
  /** Every how many values one goes into the sample. */
  readonly stride: number
}

export const emptySketch: TailSketch = { count: 0, largest: [], sample: [], stride: 1 }

const largestMax = 256
const sampleMax = 512
/** Fewer values say nothing about tails. */
const countMin = 20
/** The share of values above which the tail is fitted. */
const tailShare = 0.05
/** The least scale of a tail, as a share of its threshold: a stream that never varied is not infinitely surprising. */
const scaleShareMin = 0.02

/**
 * How probable a value this large is by the history alone: its rank, and above the highest 5 % (at most 256 values) an
 * exponential tail fitted to the excesses (peaks over threshold). 1 while fewer than 20 values are known.
 */
export function tailProbability({ count, largest, sample }: TailSketch, value: number): number {
  if (count < countMin) return 1
  const tail = largest.slice(-Math.max(1, Math.ceil(tailShare * count)))
  const threshold = tail[0] ?? 0
  if (value > threshold) {
    const excess = tail.reduce((sum, one) => sum + one - threshold, 0)
    const fitted = tail.length > 1 ? excess / (tail.length - 1) : 0
    const scale = Math.max(fitted, 1e-9 + scaleShareMin * Math.abs(threshold))
    return (tail.length / count) * Math.exp(-(value - threshold) / scale)
  }
  const below = placeIn(largest, value)
  if (below > 0) return (largest.length - below + 1) / (count + 1)
  const above = sample.length - placeIn(sample, value)
  return Math.max((above + 1) / (sample.length + 1), largest.length / (count + 1))
}

/** The sketch with one more value; at most 768 numbers whatever the length of the stream. */
export function withValue({ count, largest, sample, stride }: TailSketch, value: number): TailSketch {
  const next = count + 1
  const enters = largest.length < largestMax || value > (largest[0] ?? 0)
  const grown = enters ? largest.toSpliced(placeIn(largest, value), 0, value) : largest
  const kept = grown.length > largestMax ? grown.slice(1) : grown
  if (next % stride !== 0) return { count: next, largest: kept, sample, stride }
  const sampled = sample.toSpliced(placeIn(sample, value), 0, value)
  if (sampled.length <= sampleMax) return { count: next, largest: kept, sample: sampled, stride }
  return { count: next, largest: kept, sample: sampled.filter((_, at) => at % 2 === 1), stride: stride * 2 }
}

/** How many of the rising values are smaller. */
function placeIn(rising: readonly number[], value: number): number {
  let [low, high] = [0, rising.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rising[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}
