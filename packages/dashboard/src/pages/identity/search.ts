/** What the address of the sign-in page holds: where the reader wanted to go. */
export interface SignInSearch {
  readonly next?: string
}

/** Reads the address. Only a path of this site is taken: a link must not send a reader elsewhere after signing in. */
export function signInSearch(raw: Record<string, unknown>): SignInSearch {
  const next = raw['next']
  return typeof next === 'string' && isOwnPath(next) ? { next } : {}
}

/** The one-time token of an address like `/sign-in#token=…`, or null. It stands after `#` so that no server logs it. */
export function tokenOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token')
}

// Browsers read `//host` and `/\host` as another site.
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])/.test(path) && !/[\u0000-\u001f]/.test(path)
}
