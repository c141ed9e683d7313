import type { Refusal } from '../kernel/result.ts'

/**
 * Where a request holds the character U+0000, as a JSON pointer; null: nowhere. PostgreSQL keeps it in no text, so a request
 * with it would end as a fault of ours wherever a slice stores what it was sent.
 */
export function placeOfNul(value: unknown, at = ''): string | null {
  if (typeof value === 'string') return value.includes('\u0000') ? at || '/' : null
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return null
  for (const [name, inner] of Object.entries(value)) {
    const place = name.includes('\u0000') ? `${at}/` : placeOfNul(inner, `${at}/${name}`)
    if (place !== null) return place
  }
  return null
}

/** Refuses a request whose body holds what no text in the database can. */
export function refuseNul(body: unknown): Refusal | null {
  const path = placeOfNul(body)
  if (path === null) return null
  const message = 'must not hold the character U+0000'
  return { code: 'invalid-body', detail: `${path}: ${message}.`, extensions: { errors: [{ path, message }] } }
}
