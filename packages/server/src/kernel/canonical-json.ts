import canonicalize from 'canonicalize'

/**
 * The one canonical spelling of a JSON value (RFC 8785): what is hashed and signed. Throws on what JSON cannot hold
 * exactly: NaN, infinities, lone surrogates, a bare `undefined`.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}
