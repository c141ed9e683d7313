declare const instant: unique symbol

/** A point in time: whole milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly [instant]: true }

/** Brands a number of epoch milliseconds. Throws a RangeError on NaN, infinities and fractions. */
export function instantFromEpochMs(epochMs: number): Instant {
  if (!Number.isSafeInteger(epochMs)) throw new RangeError(`not an epoch in whole milliseconds: ${epochMs}`)
  return epochMs as Instant
}

/** The instant `durationMs` later (earlier when negative). */
export function addMs(at: Instant, durationMs: number): Instant {
  return instantFromEpochMs(at + Math.round(durationMs))
}

/** ISO 8601 in UTC with milliseconds, as the API writes it. */
export function toIso(at: Instant): string {
  return new Date(at).toISOString()
}

/** The UTC day, `YYYY-MM-DD`. */
export function utcDay(at: Instant): string {
  return toIso(at).slice(0, 10)
}
