/** A string of a JSON value, with the name of the field that it stands in (null: it stands in none, or is one). */
export interface JsonString {
  readonly text: string
  readonly field: string | null
}

/** Every string in a JSON value, keys included, in the order in which `replaceStrings` takes them. */
export function collectStrings(value: unknown, into: JsonString[], field: string | null = null): void {
  if (typeof value === 'string') into.push({ text: value, field })
  else if (Array.isArray(value)) for (const item of value) collectStrings(item, into, field)
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      into.push({ text: key, field: null })
      collectStrings(item, into, key)
    }
}

/**
 * The same JSON value with each string replaced by the next one of `strings`. Two keys that became equal are told apart
 * by a number, so that no value is lost.
 */
export function replaceStrings(value: unknown, strings: Iterator<string>): unknown {
  if (typeof value === 'string') return strings.next().value
  if (Array.isArray(value)) return value.map((item) => replaceStrings(item, strings))
  if (typeof value !== 'object' || value === null) return value
  const replaced = new Map<string, unknown>()
  for (const item of Object.values(value)) {
    const key = String(strings.next().value)
    let unique = key
    for (let copy = 2; replaced.has(unique); copy++) unique = `${key} (${copy})`
    replaced.set(unique, replaceStrings(item, strings))
  }
  return Object.fromEntries(replaced)
}
