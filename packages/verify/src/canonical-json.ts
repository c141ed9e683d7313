import { accept, type Outcome, refuse } from './outcome.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

// Deeper nesting than any entry has; stops a hostile file from exhausting the stack.
const MAX_DEPTH = 500

/**
 * The one canonical spelling of a JSON value (RFC 8785): no spaces, keys in the order of their UTF-16 code units,
 * numbers as ECMAScript prints them. Throws a TypeError for what JSON cannot hold exactly: NaN, infinities, lone
 * surrogates, undefined, or nesting deeper than 500.
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, 0)
}

function write(value: JsonValue, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError(`nested deeper than ${MAX_DEPTH}`)
  switch (typeof value) {
    case 'string':
      return text(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`)
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      break
    default:
      throw new TypeError(`JSON has no ${typeof value}`)
  }
  if (value === null) return 'null'
  if (isArray(value)) return `[${value.map((member) => write(member, depth + 1)).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((key) => `${text(key)}:${write(value[key] as JsonValue, depth + 1)}`)
  return `{${members.join(',')}}`
}

function text(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('a text holds half of a surrogate pair')
  return JSON.stringify(value)
}

function isArray(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/**
 * Reads an entry, which must be a JSON object in canonical spelling. That rules out what two readers could understand
 * differently: a key that stands twice, a number too large to be kept.
 */
export function parseCanonicalObject(entry: string): Outcome<JsonObject> {
  let value: JsonValue
  try {
    value = JSON.parse(entry) as JsonValue
  } catch {
    return refuse('malformed', 'the entry is not JSON')
  }
  if (typeof value !== 'object' || value === null || isArray(value))
    return refuse('malformed', 'the entry is not an object')
  try {
    if (canonicalJson(value) === entry) return accept(value)
  } catch (error) {
    return refuse('malformed', `the entry is not exact JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  return refuse('not_canonical', 'the entry is JSON, but not in its canonical spelling (RFC 8785)')
}
