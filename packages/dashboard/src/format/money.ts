const NANO = 1_000_000_000n

/** What stands for a value that nobody knows. Never 0: zero is a measurement, this is the lack of one. */
export const UNKNOWN = '–'

/**
 * Money for a table or a tile: three significant digits below a dollar, cents up to a thousand, then whole dollars, then
 * millions. `nanoUsd` is nano-dollars (1e-9 USD); null gives `UNKNOWN`.
 */
export function formatUsd(nanoUsd: number | null): string {
  if (nanoUsd === null) return UNKNOWN
  const usd = nanoUsd / 1e9
  if (usd === 0) return '$0'
  if (usd < 0.9995) return `$${smallAmount(usd)}`
  if (usd < 999.995) return `$${usd.toFixed(2)}`
  if (usd < 999_999.5) return `$${Math.round(usd).toLocaleString('en-US')}`
  return `$${(usd / 1e6).toFixed(2)}M`
}

/** All nine decimals, for a tooltip or an export: `12.345678901`, without trailing zeros beyond the cents. */
export function exactUsd(nanoUsd: number): string {
  const nano = BigInt(Math.trunc(nanoUsd))
  const fraction = (nano % NANO).toString().padStart(9, '0')
  return `${nano / NANO}.${fraction.replace(/0{1,7}$/, '')}`
}

/**
 * A cost beside calls without a price: the known part is only a lower bound then, and is written as one. All unknown is
 * `UNKNOWN`.
 */
export function formatPartialUsd(nanoUsd: number | null, unpricedCalls: number): string {
  const known = formatUsd(nanoUsd)
  return nanoUsd !== null && unpricedCalls > 0 ? `≥ ${known}` : known
}

function smallAmount(usd: number): string {
  // The place of the third significant digit, at most the ninth decimal: nano-dollars are the smallest unit.
  const decimals = Math.min(9, Math.max(2, 2 - Math.floor(Math.log10(usd))))
  return usd.toFixed(decimals).replace(/(\.\d\d\d*?)0+$/, '$1')
}
