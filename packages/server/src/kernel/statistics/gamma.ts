const HALF_LOG_TWO_PI = 0.9189385332046728

/** Below this the argument is shifted up by the recurrence; above it seven terms of Stirling's series give 16 digits. */
const SERIES_FROM = 10

/** Stirling's series for ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π], x ≥ 10 (Abramowitz & Stegun 6.1.41). */
function stirlingSeries(x: number): number {
  const y = 1 / (x * x)
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * (691 / 360360 - y / 156)))))) / x
}

/** Natural logarithm of Γ(x) for x > 0, to about 15 significant digits (absolute error near its zeros at 1 and 2). */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma needs x > 0, not ${x}`)
  let shifted = x
  let product = 1
  while (shifted < SERIES_FROM) {
    product *= shifted
    shifted += 1
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI + stirlingSeries(shifted) - Math.log(product)
}

/**
 * What Stirling's formula misses: ln Γ(x + 1) − [(x + ½) ln x − x + ½ ln 2π] for x > 0. Probabilities of large counts
 * are built from it, because the large terms then cancel on paper and not in floating point (Loader 2000).
 */
export function stirlingError(x: number): number {
  if (x >= SERIES_FROM) return stirlingSeries(x)
  return logGamma(x + 1) - (x + 0.5) * Math.log(x) + x - HALF_LOG_TWO_PI
}
