import { addMs, type Instant, instantFromEpochMs, toIso } from './instant.ts'

const dayMs = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether a name is one of the IANA time zones that this runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
  const made = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    second: '2-digit',
    ...parts,
  })
  formats.set(zone, made)
  return made
}

/** How far the clocks of a zone are ahead of UTC. */
function offsetMs(at: Instant, zone: string): number {
  if (zone === 'UTC') return 0
  const part = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const of = (type: Intl.DateTimeFormatPartTypes) => part.get(type) ?? 0
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return wall - Math.floor(at / 1000) * 1000
}

/** The day that the calendar shows in a zone, `YYYY-MM-DD`. */
export function localDay(at: Instant, zone: string): string {
  return toIso(addMs(at, offsetMs(at, zone))).slice(0, 10)
}

/**
 * The first instant of a day in a zone. Where clocks jump over midnight the day begins with the jump; where they are set
 * back over it, with the second midnight, so that days follow each other without a gap or an overlap.
 */
export function startOfLocalDay(day: string, zone: string): Instant {
  const wall = instantFromEpochMs(Date.parse(`${day}T00:00:00Z`))
  const offsets = [...new Set([offsetMs(addMs(wall, -dayMs), zone), offsetMs(addMs(wall, dayMs), zone)])]
  const starts = offsets.map((offset) => addMs(wall, -offset)).sort((a, b) => a - b)
  const found = starts.find((at) => localDay(at, zone) >= day && localDay(addMs(at, -1), zone) < day)
  const last = starts.at(-1)
  if (found === undefined && last === undefined) throw new RangeError(`no day ${day} in ${zone}`)
  return found ?? (last as Instant)
}

/** The day some days later, or earlier when negative. */
export function addDays(day: string, days: number): string {
  return toIso(instantFromEpochMs(Date.parse(`${day}T00:00:00Z`) + days * dayMs)).slice(0, 10)
}
