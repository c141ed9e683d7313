/** A share with its 95 % interval. */
export interface ShareInterval {
  readonly rate: number
  readonly low: number
  readonly high: number
}

// 97.5 % quantile of the standard normal distribution.
const Z95 = 1.959963984540054

/**
 * Wilson's score interval of a share, 95 % (E. B. Wilson 1927, «Probable inference, the law of succession»): stays inside
 * 0…1 and is honest for few cases, where the usual one is not. Null when there were no cases.
 */
export function wilsonInterval(successes: number, cases: number): ShareInterval | null {
  if (cases <= 0) return null
  const rate = successes / cases
  const z2 = Z95 * Z95
  const middle = (rate + z2 / (2 * cases)) / (1 + z2 / cases)
  const half = (Z95 / (1 + z2 / cases)) * Math.sqrt((rate * (1 - rate)) / cases + z2 / (4 * cases * cases))
  return { rate, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}
