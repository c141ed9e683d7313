import { UNKNOWN } from './money.ts'

/** A duration for people: `450 ms`, `1.24 s`, `12.3 s`, `2 min 5 s`, `3 h 12 min`, `4 d 6 h`; null is unknown. */
export function formatDuration(durationMs: number | null): string {
  if (durationMs === null) return UNKNOWN
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`
  const seconds = durationMs / 1000
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  return inTwoUnits(Math.round(seconds))
}

function inTwoUnits(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return join(minutes, 'min', seconds % 60, 's')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return join(hours, 'h', minutes % 60, 'min')
  return join(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}
