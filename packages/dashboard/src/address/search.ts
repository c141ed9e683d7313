/**
 * Reads the query of an address: flat, every value a text, so that a person can read and edit it. A key that stands
 * twice counts once, the last time.
 */
export function parseSearch(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query.startsWith('?') ? query.slice(1) : query))
}

/**
 * Writes a query with its keys in order, so that the same view always has the same address. Undefined, null and empty
 * values are left out: they are the default.
 */
export function stringifySearch(values: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams()
  for (const key of Object.keys(values).sort()) {
    const value = values[key]
    if (typeof value === 'string' && value !== '') query.set(key, value)
    else if (typeof value === 'number' || typeof value === 'boolean') query.set(key, String(value))
  }
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

/** The value of a key when it is one of the allowed ones, else undefined: an address that was edited wrongly does no harm. */
export function oneOf<Value extends string>(text: unknown, allowed: readonly Value[]): Value | undefined {
  return allowed.find((value) => value === text)
}

/** A text that is there, trimmed and cut to a length that the server takes, or undefined. */
export function textOf(value: unknown, maxLength = 200): string | undefined {
  const text = typeof value === 'string' ? value.trim().slice(0, maxLength) : ''
  return text === '' ? undefined : text
}

/** Leaves out what is undefined, which `exactOptionalPropertyTypes` tells apart from a key that is not there. */
export function defined<Values extends Readonly<Record<string, unknown>>>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]?: Exclude<Values[Key], undefined>
  }
}
