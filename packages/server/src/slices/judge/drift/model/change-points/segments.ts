/** What the values of a segment look like: one level, or a straight line. */
export type SegmentShape = 'constant' | 'linear'

/** Least sum of squared residuals of the segment `[start, end)` under its shape. */
export type SegmentCost = (start: number, end: number) => number

/** One way to cut a series into `changes.length + 1` segments: where each new one starts, and what is left over. */
export interface Segmentation {
  readonly changes: readonly number[]
  readonly residualSumOfSquares: number
}

/** The cost of any segment in constant time, by running sums. Give values near 0: the sums lose digits far from it. */
export function segmentCost(values: Float64Array, shape: SegmentShape): SegmentCost {
  const length = values.length
  const [sums, squares, moments] = [0, 1, 2].map(() => new Float64Array(length + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  for (let at = 0; at < length; at += 1) {
    const value = values[at] as number
    sums[at + 1] = (sums[at] as number) + value
    squares[at + 1] = (squares[at] as number) + value * value
    moments[at + 1] = (moments[at] as number) + at * value
  }
  const between = (of: Float64Array, start: number, end: number) => (of[end] as number) - (of[start] as number)
  const constant: SegmentCost = (start, end) => {
    const sum = between(sums, start, end)
    return Math.max(0, between(squares, start, end) - (sum * sum) / (end - start))
  }
  if (shape === 'constant') return constant
  return (start, end) => {
    const count = end - start
    const timeSquares = (count * (count * count - 1)) / 12
    const product = between(moments, start, end) - ((start + end - 1) / 2) * between(sums, start, end)
    return Math.max(0, constant(start, end) - (timeSquares > 0 ? (product * product) / timeSquares : 0))
  }
}

/**
 * The best segmentation with 0, 1, … `changesMax` changes, each segment at least `lengthMin` long: segment
 * neighbourhood by dynamic programming (Auger & Lawrence 1989). Over `positionsMax` points, changes are first sought on
 * an even grid of that many and then moved, each in turn, to its best place between its neighbours on the fine scale.
 */
export function bestSegmentations(
  length: number,
  cost: SegmentCost,
  { changesMax, lengthMin, positionsMax }: SegmentationLimits,
): readonly Segmentation[] {
  const step = Math.max(1, Math.ceil(length / positionsMax))
  const positions = Array.from({ length: Math.floor(length / step) + 1 }, (_, at) => at * step)
  positions[positions.length - 1] = length
  const found: Segmentation[] = [{ changes: [], residualSumOfSquares: cost(0, length) }]
  let best = Float64Array.from(positions, (end) => (end >= lengthMin ? cost(0, end) : Number.POSITIVE_INFINITY))
  const cameFrom: Int32Array[] = []
  for (let changes = 1; changes <= changesMax && (changes + 1) * lengthMin <= length; changes += 1) {
    const layer = nextLayer(best, positions, cost, changes, lengthMin)
    best = layer.best
    cameFrom.push(layer.cameFrom)
    if (!Number.isFinite(best.at(-1) ?? Number.POSITIVE_INFINITY)) break
    const coarse = trace(cameFrom, positions)
    const fine = step > 1 ? refine(coarse, length, cost, { step, lengthMin }) : coarse
    found.push({ changes: fine, residualSumOfSquares: totalCost(fine, length, cost) })
  }
  return found
}

export interface SegmentationLimits {
  readonly changesMax: number
  readonly lengthMin: number
  readonly positionsMax: number
}

/** The sum of the costs of all segments between `changes`. */
export function totalCost(changes: readonly number[], length: number, cost: SegmentCost): number {
  return [...changes, length].reduce((sum, end, at) => sum + cost(changes[at - 1] ?? 0, end), 0)
}

function nextLayer(
  before: Float64Array,
  positions: readonly number[],
  cost: SegmentCost,
  changes: number,
  lengthMin: number,
): { best: Float64Array<ArrayBuffer>; cameFrom: Int32Array } {
  const best = new Float64Array(positions.length).fill(Number.POSITIVE_INFINITY)
  const cameFrom = new Int32Array(positions.length)
  for (let to = changes; to < positions.length; to += 1) {
    const end = positions[to] as number
    for (let from = changes; from < to; from += 1) {
      const start = positions[from] as number
      if (end - start < lengthMin) break
      // A cost is never negative: what is no better before the last segment cannot win with it.
      if ((before[from] as number) >= (best[to] as number)) continue
      const total = (before[from] as number) + cost(start, end)
      if (total < (best[to] as number)) {
        best[to] = total
        cameFrom[to] = from
      }
    }
  }
  return { best, cameFrom }
}

function trace(cameFrom: readonly Int32Array[], positions: readonly number[]): readonly number[] {
  let at = positions.length - 1
  const changes: number[] = []
  for (const layer of cameFrom.toReversed()) {
    at = layer[at] as number
    changes.push(positions[at] as number)
  }
  return changes.toReversed()
}

function refine(
  coarse: readonly number[],
  length: number,
  cost: SegmentCost,
  { step, lengthMin }: { readonly step: number; readonly lengthMin: number },
): readonly number[] {
  const changes = [...coarse]
  for (let round = 0; round < 3; round += 1)
    for (const [at, change] of changes.entries()) {
      const [left, right] = [changes[at - 1] ?? 0, changes[at + 1] ?? length]
      let best = { change, total: cost(left, change) + cost(change, right) }
      const from = Math.max(left + lengthMin, change - step)
      const to = Math.min(right - lengthMin, change + step)
      for (let tried = from; tried <= to; tried += 1) {
        const total = cost(left, tried) + cost(tried, right)
        if (total < best.total) best = { change: tried, total }
      }
      changes[at] = best.change
    }
  return changes
}
