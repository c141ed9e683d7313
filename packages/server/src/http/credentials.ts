import type { IncomingHttpHeaders } from 'node:http'
import type { Refusal } from '../kernel/result.ts'

export const sessionCookie = 'metaagent_session'

/** What a request presents; `identity` decides what it is worth. */
export interface PresentedCredential {
  readonly authorization?: string
  readonly apiKey?: string
  readonly sessionToken?: string
}

/**
 * Reads the credential from headers only: never from a body or an address. A header beats the cookie, and the one that the
 * operator named beats the others.
 */
export function presentedBy(headers: IncomingHttpHeaders, apiKeyHeader?: string): PresentedCredential {
  const own = apiKeyHeader === undefined ? undefined : headers[apiKeyHeader]
  if (apiKeyHeader !== 'authorization' && typeof own === 'string') return { apiKey: own }
  if (headers.authorization !== undefined) return { authorization: headers.authorization }
  const apiKey = headers['x-api-key']
  if (typeof apiKey === 'string') return { apiKey }
  const sessionToken = cookieOf(headers.cookie, sessionCookie)
  return sessionToken === null ? {} : { sessionToken }
}

function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return null
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Cross-site request forgery: a browser sends its cookie along from any site, so an unsafe request that rests on the
 * cookie must come from our own pages. Fetch metadata decides; older browsers fall back to Origin against Host.
 */
export function csrfRefusal(
  method: string,
  headers: IncomingHttpHeaders,
  presented: PresentedCredential,
): Refusal | null {
  if (safeMethods.has(method) || presented.sessionToken === undefined) return null
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return null
  if (site === undefined && headers.origin !== undefined && hostOf(headers.origin) === headers.host) return null
  return {
    code: 'csrf-refused',
    detail: 'A session cookie counts only for requests from the dashboard itself. From elsewhere, send an API key.',
  }
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}
