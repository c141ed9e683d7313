/**
 * Turns a JavaScript value into the text that PostgreSQL reads, alike for both stores (the drivers' own conversions
 * differ: local time zones for dates, JSON for arrays).
 *
 * - `Date` → ISO 8601 in UTC; `bigint`, `number`, `boolean` → their text
 * - `Uint8Array` → itself (bytea)
 * - an array → an SQL array, never JSON; a plain object → JSON
 * - `null` and `undefined` → SQL null
 *
 * A JSON array or JSON string must be passed through `JSON.stringify`. Throws a TypeError on an invalid Date.
 */
export function encodeParameter(value: unknown): string | Uint8Array | null {
  if (value === null || value === undefined) return null
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return encodeObject(value)
    default:
      throw new TypeError(`a ${typeof value} cannot be an SQL parameter`)
  }
}

function encodeObject(value: object): string | Uint8Array {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new TypeError('an invalid Date cannot be an SQL parameter')
    return value.toISOString()
  }
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return encodeArray(value)
  return JSON.stringify(value)
}

function encodeArray(items: readonly unknown[]): string {
  return `{${items.map(encodeElement).join(',')}}`
}

function encodeElement(item: unknown): string {
  if (Array.isArray(item)) return encodeArray(item)
  const encoded = encodeParameter(item)
  if (encoded === null) return 'NULL'
  const text = typeof encoded === 'string' ? encoded : byteaText(encoded)
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** PostgreSQL's hex form of bytes: `\xdead`. */
export function byteaText(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}
