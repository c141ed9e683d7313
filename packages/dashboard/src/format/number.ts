import { UNKNOWN } from './money.ts'

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A whole number with thousands apart: `12,345`; null is unknown. */
export function formatCount(count: number | null): string {
  return count === null ? UNKNOWN : grouped.format(count)
}

/** A whole number in little room: `987`, `12.3k`, `4.56M`; null is unknown. */
export function formatCompact(count: number | null): string {
  if (count === null) return UNKNOWN
  if (count < 10_000) return grouped.format(count)
  if (count < 999_950) return `${threeDigits(count / 1e3)}k`
  if (count < 999_950_000) return `${threeDigits(count / 1e6)}M`
  return `${threeDigits(count / 1e9)}B`
}

/**
 * A share (0…1) in percent with one decimal. It says 100% only for all and 0% only for none: what would be rounded to
 * them is written as `>99.9%` or `<0.1%`. Null is unknown.
 */
export function formatShare(share: number | null): string {
  if (share === null) return UNKNOWN
  if (share === 0 || share === 1) return `${share * 100}%`
  const percent = (share * 100).toFixed(1)
  if (percent === '100.0') return '>99.9%'
  if (percent === '0.0') return '<0.1%'
  return `${percent}%`
}

/** An interval of shares: `92.1–97.4%`; unknown when an end is. */
export function formatShareInterval(low: number | null, high: number | null): string {
  if (low === null || high === null) return UNKNOWN
  return `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)}%`
}

/** A difference of shares in percentage points with its sign: `+30.0 pp`. */
export function formatPoints(difference: number | null): string {
  if (difference === null) return UNKNOWN
  const points = (difference * 100).toFixed(1)
  return `${Number(points) > 0 ? '+' : ''}${points.replace('-', '−')} pp`
}

/** A p value: three decimals, a fourth for small ones, `<0.0001` below them. */
export function formatPValue(pValue: number | null): string {
  if (pValue === null) return UNKNOWN
  if (pValue < 0.0001) return '<0.0001'
  return pValue < 0.001 ? pValue.toFixed(4) : pValue.toFixed(3)
}

/** A score of 0…100 as a whole number; null is unknown. */
export function formatScore(score: number | null): string {
  return score === null ? UNKNOWN : String(Math.round(score))
}

/** `1 call`, `2 calls`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

function threeDigits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)
}

/** A count of bytes in units of a thousand: `3.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}
