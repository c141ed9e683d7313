import type { Deps } from '../../../../ports/slice.ts'

export type Fetched =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly detail: string }

const timeoutMs = 10_000

/**
 * A JSON document from an address that somebody named: no private network unless the operator allowed it, no redirects,
 * at most 64 KiB.
 */
export async function fetchJson(deps: Deps, url: string): Promise<Fetched> {
  const headers = { accept: 'application/json' }
  const reply = await deps.prober({ method: 'GET', url, headers, body: null, timeoutMs })
  if (reply.kind === 'no-reply') return { kind: 'failed', detail: reply.detail }
  if (reply.status !== 200) return { kind: 'failed', detail: `${url} answers ${reply.status}.` }
  try {
    return { kind: 'json', value: JSON.parse(reply.body) }
  } catch {
    return { kind: 'failed', detail: `At ${url} is no JSON document of at most 64 KiB.` }
  }
}
