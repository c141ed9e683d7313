/**
 * Log-bucket histogram with a relative error of 1 % (DDSketch: Masson, Rim & Lee, VLDB 2019). Bucket `i` holds values in
 * (γ^(i-1), γ^i] with γ = (1+α)/(1−α) and α = .01; histograms merge by adding counts, so SQL can do it.
 */
export const relativeError = 0.01
const gamma = (1 + relativeError) / (1 - relativeError)
const logGamma = Math.log(gamma)

/** Bucket of a duration in milliseconds. Durations under 1 ms share bucket 0. */
export function bucketOf(valueMs: number): number {
  return valueMs <= 1 ? 0 : Math.ceil(Math.log(valueMs) / logGamma - 1e-9)
}

/** The value in milliseconds that stands for a bucket: off by at most 1 % from any value in it. */
export function valueOf(bucket: number): number {
  return bucket <= 0 ? 1 : (2 * gamma ** bucket) / (gamma + 1)
}

/**
 * The q-quantile (0 ≤ q ≤ 1) of a histogram given as counts per bucket, in milliseconds; null when it is empty.
 * Nearest rank: the smallest value with at least ⌈q·n⌉ values at or under it.
 */
export function quantile(countByBucket: ReadonlyMap<number, number>, q: number): number | null {
  let total = 0
  for (const count of countByBucket.values()) total += count
  if (total === 0) return null
  const rank = Math.max(1, Math.ceil(q * total))
  let seen = 0
  for (const bucket of [...countByBucket.keys()].sort((a, b) => a - b)) {
    seen += countByBucket.get(bucket) ?? 0
    if (seen >= rank) return valueOf(bucket)
  }
  return null
}
