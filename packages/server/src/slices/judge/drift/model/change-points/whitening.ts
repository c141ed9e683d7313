/** Mean 0 and standard deviation 1; a series that never varies becomes all 0. */
export function standardised(values: readonly number[]): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  const scale = variance > 0 ? Math.sqrt(variance) : 1
  return Float64Array.from(values, (value) => (value - mean) / scale)
}

/**
 * The AR(1) coefficient, from 0 to .99, by medians of differences at lags 1 and 2, which changes of level barely touch:
 * med²|y(t+2) − y(t)| / med²|y(t+1) − y(t)| − 1 (Chakar, Lebarbier, Lévy-Leduc & Robin 2017).
 */
export function robustAutocorrelation(values: Float64Array): number {
  const [one, two] = [1, 2].map((lag) =>
    medianOf(Array.from(values.subarray(lag), (v, at) => Math.abs(v - (values[at] as number)))),
  )
  if (one === undefined || two === undefined || one === 0) return 0
  return Math.max(0, Math.min(0.99, (two / one) ** 2 - 1))
}

/** The series with its AR(1) part taken out; the first value is scaled, so that all have the same variance. */
export function whitened(values: Float64Array, coefficient: number): Float64Array {
  if (coefficient === 0) return values
  return Float64Array.from(values, (value, at) =>
    at === 0 ? value * Math.sqrt(1 - coefficient ** 2) : value - coefficient * (values[at - 1] as number),
  )
}

/** The upper median; 0 of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[sorted.length >> 1] ?? 0
}

const spikeReach = 3
const spikeLimit = 5
const wholeLimit = 3

/**
 * Values that stand out from the medians of the three before and of the three after, on the same side of both, are drawn
 * to the nearer one: what comes back is no change of level. Standing out is 5 robust standard deviations of the distances
 * to the three before and 3 of the whole series, so a walk, a peak of a smooth curve or a steep season keeps its shape;
 * mostly equal neighbours give no scale, and nothing moves.
 */
export function withoutSpikes(values: Float64Array): Float64Array {
  const before = values.map((value, at) =>
    at === 0 ? 0 : value - medianOf([...values.subarray(Math.max(0, at - spikeReach), at)]),
  )
  const centre = medianOf([...values])
  const own = spikeLimit * 1.4826 * medianOf(Array.from(before, Math.abs))
  const limit = Math.max(own, wholeLimit * 1.4826 * medianOf(Array.from(values, (value) => Math.abs(value - centre))))
  if (own === 0) return values
  return values.map((value, at) => {
    const after = value - medianOf([...values.subarray(at + 1, at + 1 + spikeReach)])
    const back = before[at] as number
    if (at === 0 || at === values.length - 1 || back * after <= 0) return value
    const nearer = Math.abs(back) < Math.abs(after) ? back : after
    return Math.abs(nearer) > limit ? value - nearer : value
  })
}
