const page =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
// The API reader boots from an inline script; it shows our own document only and sends nothing elsewhere.
const reader = page
  .replace("script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'")
  .replace("connect-src 'self'", "connect-src 'self' data: blob:")

/** Headers on every reply: no framing, no sniffing, no third-party scripts. */
export function securityHeaders(url: string): readonly (readonly [string, string])[] {
  return [
    ['content-security-policy', url.startsWith('/docs') ? reader : page],
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'same-origin'],
    ['cross-origin-opener-policy', 'same-origin'],
    ...(url.startsWith('/api/') ? ([['cache-control', 'no-store']] as const) : []),
  ]
}

/** The methods that an address takes, for 405; empty when nothing is there. */
export function allowedMethods(
  routes: readonly { readonly method: string; readonly path: string }[],
  path: string,
): readonly string[] {
  const methods = new Set<string>()
  for (const route of routes) if (patternOf(route.path).test(path)) methods.add(route.method)
  return [...methods].sort()
}

const patterns = new Map<string, RegExp>()

function patternOf(path: string): RegExp {
  const known = patterns.get(path)
  if (known !== undefined) return known
  const source = path
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/')
  const made = new RegExp(`^${source}/?$`)
  patterns.set(path, made)
  return made
}
