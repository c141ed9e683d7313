import { ok, type Result, refuse } from './result.ts'

type Headers = Readonly<Record<string, string | undefined>>

/** The strong entity tag of something that counts its changes (RFC 9110, 8.8.3). */
export function etagOf(version: number): string {
  return `"${version}"`
}

/**
 * Whether whoever changes a thing has read it as it is (`If-Match`, RFC 9110, 13.1.1: strong comparison, `*` for anything
 * that is there). Refuses with `precondition-required` when nothing is said and `precondition-failed` when it has changed.
 */
export function matchesVersion(headers: Headers, version: number): Result<null> {
  const asked = headers['if-match']?.trim()
  const etag = etagOf(version)
  if (asked === undefined || asked === '')
    return refuse('precondition-required', `Send If-Match with the ETag that you read, now ${etag}.`, { etag })
  if (asked === '*' || asked.split(',').some((tag) => tag.trim() === etag)) return ok(null)
  return refuse('precondition-failed', `It has changed since: its ETag is ${etag} by now. Read it again.`, { etag })
}

/** What a client names a creation by, so that sending it again creates nothing (`Idempotency-Key`); null: it names none. */
export function idempotencyKeyOf(headers: Headers): Result<string | null> {
  // The draft writes it as a structured-field string, in quotes; most clients leave them out.
  const key = headers['idempotency-key']?.trim().replace(/^"(.*)"$/, '$1')
  if (key === undefined) return ok(null)
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return ok(key)
  return refuse('bad-request', 'An Idempotency-Key has 1 to 255 visible ASCII characters, such as a UUID.')
}
