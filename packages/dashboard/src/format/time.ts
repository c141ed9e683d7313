import { UNKNOWN } from './money.ts'

/** In which zone times are shown. Whoever shows a time also shows which one this is. */
export type ZoneChoice = 'local' | 'utc'

/** The zone in which a time is written: the reader's choice, or one by its IANA name. */
type WrittenZone = ZoneChoice | { readonly timeZone: string }

const formatters = new Map<string, Intl.DateTimeFormat>()

/** How much of a time is written. */
export type TimePrecision = 'minute' | 'second' | 'millisecond'

/** A time as `2026-11-21 09:14:03`: sortable, the same for every reader. Null is unknown. */
export function formatInstant(iso: string | null, zone: WrittenZone, precision: TimePrecision = 'second'): string {
  if (iso === null) return UNKNOWN
  const at = new Date(iso)
  const { year, month, day, hour, minute, second } = partsOf(at, zone)
  const clock = precision === 'minute' ? `${hour}:${minute}` : `${hour}:${minute}:${second}`
  const fraction = precision === 'millisecond' ? `.${String(at.getUTCMilliseconds()).padStart(3, '0')}` : ''
  return `${year}-${month}-${day} ${clock}${fraction}`
}

/** The clock alone, for an axis: `09:14`. */
export function formatClock(atMs: number, zone: ZoneChoice): string {
  const { hour, minute } = partsOf(new Date(atMs), zone)
  return `${hour}:${minute}`
}

/** The day alone, for an axis: `Nov 21`. */
export function formatDay(atMs: number, zone: ZoneChoice): string {
  return new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', ...timeZoneOf(zone) }).format(atMs)
}

/** `UTC`, or the reader's own zone by name and present offset: `Europe/Berlin, UTC+1`. */
export function zoneLabel(zone: ZoneChoice, nowMs: number): string {
  if (zone === 'utc') return 'UTC'
  const { timeZone } = new Intl.DateTimeFormat('en-US').resolvedOptions()
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'shortOffset' }).formatToParts(nowMs)
  const offset = (parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT').replace('GMT', 'UTC')
  return timeZone === 'UTC' ? 'UTC' : `${timeZone}, ${offset}`
}

/** The zone in little room: `UTC`, `UTC+1`. */
export function shortZoneLabel(zone: ZoneChoice, nowMs: number): string {
  return zoneLabel(zone, nowMs).split(', ').at(-1) ?? 'UTC'
}

/** How long ago in one unit: `now`, `42 s ago`, `5 min ago`, `3 h ago`, `12 d ago`. A time ahead of us is `now`. */
export function formatAgo(iso: string | null, nowMs: number): string {
  if (iso === null) return 'never'
  const seconds = Math.floor((nowMs - Date.parse(iso)) / 1000)
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** The value of an `<input type="datetime-local">` for a time, in the chosen zone. */
export function toLocalInput(iso: string | undefined, zone: ZoneChoice): string {
  return iso === undefined ? '' : formatInstant(iso, zone, 'minute').replace(' ', 'T')
}

/** The time that an `<input type="datetime-local">` means in the chosen zone, or null when it is empty or unreadable. */
export function fromLocalInput(text: string, zone: ZoneChoice): string | null {
  const at = Date.parse(zone === 'utc' ? `${text}Z` : text)
  return text === '' || Number.isNaN(at) ? null : new Date(at).toISOString()
}

function timeZoneOf(zone: WrittenZone): { timeZone?: string } {
  if (zone === 'utc') return { timeZone: 'UTC' }
  return zone === 'local' ? {} : zone
}

function partsOf(at: Date, zone: WrittenZone): Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string> {
  const key = typeof zone === 'string' ? zone : zone.timeZone
  let formatter = formatters.get(key)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      ...timeZoneOf(zone),
    })
    formatters.set(key, formatter)
  }
  const parts = { year: '', month: '', day: '', hour: '', minute: '', second: '' }
  for (const { type, value } of formatter.formatToParts(at))
    if (type in parts) parts[type as keyof typeof parts] = value
  return parts
}
