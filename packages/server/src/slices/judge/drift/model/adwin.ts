import type { DriftMethod, DriftStep, Reading } from './method.ts'

export interface AdwinSettings {
  readonly delta: number
  /** Cuts are tried every so many rows. */
  readonly clock: number
  readonly bucketsPerSize: number
  readonly windowMin: number
  readonly graceRows: number
}

/** Defaults of Bifet & Gavaldà's implementation, as river has them. */
export const adwinDefaults: AdwinSettings = { delta: 0.002, clock: 32, bucketsPerSize: 5, windowMin: 5, graceRows: 10 }

/** Several rows taken together: how many, their sum, and the sum of squares about their mean. */
interface Bucket {
  readonly rows: number
  readonly sum: number
  readonly squares: number
}

export interface AdwinState {
  readonly rows: number
  /** Oldest and largest first. */
  readonly buckets: readonly Bucket[]
}

/**
 * Keeps the longest window whose two parts never differ more than chance (Bifet & Gavaldà 2007): it drops the old part,
 * and alarms, while |m₀ − m₁| > √(2/m · σ² · ln(2/δ')) + 2/(3m) · ln(2/δ'), 1/m = 1/n₀ + 1/n₁, δ' = δ / ln n. Values in
 * [0, 1]. The state grows with the logarithm of the rows.
 */
export function adwin(settings: AdwinSettings = adwinDefaults): DriftMethod<AdwinState> {
  return { start: { rows: 0, buckets: [] }, step: (state, seen) => adwinStep(state, seen, settings) }
}

function adwinStep(state: AdwinState, { value }: Reading, settings: AdwinSettings): DriftStep<AdwinState> {
  const rows = state.rows + 1
  let buckets = compressed([...state.buckets, { rows: 1, sum: value, squares: 0 }], settings.bucketsPerSize)
  let because = { rule: 'adwin', observed: null as number | null, limit: 0 }
  let alarm = false
  if (rows % settings.clock === 0)
    for (;;) {
      const cut = largestExcess(buckets, settings)
      if (cut === null) break
      if (!alarm) because = { rule: 'adwin', observed: cut.observed, limit: cut.limit }
      if (cut.observed <= cut.limit) break
      alarm = true
      buckets = buckets.slice(1)
    }
  return { state: { rows, buckets }, alarm, because }
}

/** Two oldest buckets of a size become one as soon as there are more than `perSize` of it. */
function compressed(buckets: readonly Bucket[], perSize: number): readonly Bucket[] {
  let merged = buckets
  for (let rows = 1; ; rows *= 2) {
    const first = merged.findIndex((bucket) => bucket.rows === rows)
    const count = merged.filter((bucket) => bucket.rows === rows).length
    if (first < 0 || count <= perSize) return merged
    const [one, two] = [merged[first] as Bucket, merged[first + 1] as Bucket]
    merged = merged.toSpliced(first, 2, together(one, two))
  }
}

function together(one: Bucket, two: Bucket): Bucket {
  const apart = one.sum / one.rows - two.sum / two.rows
  const rows = one.rows + two.rows
  const squares = one.squares + two.squares + (apart * apart * one.rows * two.rows) / rows
  return { rows, sum: one.sum + two.sum, squares }
}

/** The cut whose difference passes its limit by most, or null if the window is too short for any. */
function largestExcess(
  buckets: readonly Bucket[],
  { delta, windowMin, graceRows }: AdwinSettings,
): { readonly observed: number; readonly limit: number } | null {
  const [first, ...others] = buckets
  if (first === undefined) return null
  const whole = others.reduce(together, first)
  if (whole.rows < graceRows) return null
  const confidence = Math.log((2 * Math.log(whole.rows)) / delta)
  let [rows, sum] = [0, 0]
  let best: { readonly observed: number; readonly limit: number } | null = null
  for (const bucket of buckets.slice(0, -1)) {
    rows += bucket.rows
    sum += bucket.sum
    const rest = whole.rows - rows
    if (rows < windowMin || rest < windowMin) continue
    const inverse = 1 / rows + 1 / rest
    const variance = whole.squares / whole.rows
    const limit = Math.sqrt(2 * inverse * variance * confidence) + (2 / 3) * inverse * confidence
    const observed = Math.abs(sum / rows - (whole.sum - sum) / rest)
    if (best === null || observed - limit > best.observed - best.limit) best = { observed, limit }
  }
  return best
}
