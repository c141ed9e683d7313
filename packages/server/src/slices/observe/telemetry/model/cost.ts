import { multiply, rationalOf, roundHalfEven } from '../../../../kernel/rational.ts'

/** A reported cost in USD as integer nano-dollars, rounded half to even; null when it is too large to be one. */
export function usdToNano(usd: number): number | null {
  const nano = usd * 1e9
  if (Number.isInteger(usd) && Number.isSafeInteger(nano)) return nano
  const exact = multiply(rationalOf(usd), { numerator: 1_000_000_000n, denominator: 1n })
  const rounded = Number(roundHalfEven(exact))
  return Number.isSafeInteger(rounded) ? rounded : null
}

/** A reported cost of exactly 0 beside tokens was never filled in: unknown. */
export function knownReportedCost(reportedNanoUsd: number | null, tokens: number): number | null {
  return reportedNanoUsd === 0 && tokens > 0 ? null : reportedNanoUsd
}
