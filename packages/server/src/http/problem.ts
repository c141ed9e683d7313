import { type Problem, refusals } from '@metaagent/contract'
import type { Refusal } from '../kernel/result.ts'
import { SqlError, StoreUnavailable } from '../ports/store-errors.ts'

/** A refusal as an RFC 9457 problem document; `instance` is the request's id. */
export function problemOf(refusal: Refusal, instance: string): Problem {
  const { status, title } = refusals[refusal.code]
  return {
    ...refusal.extensions,
    type: `/docs#${refusal.code}`,
    title,
    status,
    code: refusal.code,
    detail: refusal.detail,
    instance,
  }
}

export const problemType = 'application/problem+json; charset=utf-8'

/** Headers that go with a refusal: when to come back, how to sign in. */
export function refusalHeaders(refusal: Refusal): Record<string, string> {
  const retryAfterSeconds = refusal.extensions?.['retryAfterSeconds']
  return {
    ...(typeof retryAfterSeconds === 'number'
      ? { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) }
      : {}),
    ...(refusals[refusal.code].status === 401 ? { 'www-authenticate': 'Bearer realm="metaagent"' } : {}),
  }
}

/** What an unexpected error becomes: the database being away is said as such, everything else is our mistake. */
export function refusalOfError(error: unknown): Refusal {
  if (isStoreAway(error))
    return {
      code: 'store-unavailable',
      detail: 'The database does not answer. Send the request again; what was stored already counts once.',
      extensions: { retryAfterSeconds: 2 },
    }
  return {
    code: 'internal-error',
    detail: 'This is a mistake in MetaAgent. It was logged; quote the instance when you report it.',
  }
}

function isStoreAway(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return true
  // SQLSTATE class 08 is connection trouble; 57P01..57P03 are shutdown, crash and start-up of the server.
  return error instanceof SqlError && /^08|^57P0[123]$/.test(error.code)
}
