import { ok, type Result, refuse } from '../../../../kernel/result.ts'

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

interface AddressParts {
  readonly scheme: string
  readonly host: string
}

/**
 * Whether an issuer may be trusted as it is written down. Its keys are fetched from `jwksUrl` alone, over TLS; a
 * deployment that is itself served from the loopback address (development, tests) may fetch from there without. The
 * reply to that fetch is only ever read as keys and never shown, so an admin cannot use it to look into the network;
 * that a request goes out to a host an admin names is the feature.
 */
export function judgeIssuer(
  asked: { readonly issuer: string; readonly jwksUrl: string },
  publicUrl: string,
): Result<null> {
  if (asked.issuer.replace(/\/$/, '') === publicUrl)
    return refuse('not-processable', 'This deployment trusts its own tokens already.')
  const jwks = addressParts(asked.jwksUrl)
  const own = addressParts(publicUrl)
  const local = loopbackHosts.has(own?.host ?? '') && jwks?.scheme === 'http' && loopbackHosts.has(jwks.host)
  if (jwks?.scheme !== 'https' && !local) return refuse('not-processable', 'jwksUrl must begin with https://.')
  if (/^[a-z]+:\/\/[^/]*@/i.test(asked.jwksUrl)) return refuse('not-processable', 'jwksUrl must not hold a password.')
  return ok(null)
}

function addressParts(url: string): AddressParts | null {
  const parts = /^([a-z]+):\/\/(?:[^/@]*@)?(\[[0-9a-f:]+\]|[^/:?#]+)/i.exec(url)
  return parts === null ? null : { scheme: (parts[1] ?? '').toLowerCase(), host: (parts[2] ?? '').toLowerCase() }
}
