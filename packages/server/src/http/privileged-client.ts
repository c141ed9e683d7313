import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Tells clients that share the deployment's secret (`METAAGENT_PRIVILEGED_TOKEN`) from others. The header proves nothing by
 * itself: it counts beside a valid credential only, whose scopes still say what may be asked. Without a configured secret
 * nobody is privileged.
 */
export class PrivilegedClientMiddleware {
  static readonly headerName = 'X-MetaQore-Privileged'
  readonly #digest: Buffer | null

  constructor(token: string | null) {
    this.#digest = token === null || token === '' ? null : digestOf(token)
  }

  /** Compares digests in constant time: neither the secret nor its length can be told from how long it takes. */
  isPrivileged(headerValue: string | undefined): boolean {
    return this.#digest !== null && headerValue !== undefined && timingSafeEqual(this.#digest, digestOf(headerValue))
  }

  /** Whether a request carries the secret. Sent twice, it is joined by a comma and fits nothing. */
  ofHeaders(headers: IncomingHttpHeaders): boolean {
    const value = headers[PrivilegedClientMiddleware.headerName.toLowerCase()]
    return this.isPrivileged(Array.isArray(value) ? value.join(', ') : value)
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
