import type { AgentCard } from '@metaagent/contract'
import { canonicalJson, type JsonObject } from '@metaagent/verify'

export type SignatureCheck =
  | { readonly kind: 'verified'; readonly keyId: string; readonly algorithm: string }
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'failed'; readonly detail: string }

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/**
 * Checks a card of this deployment here in the browser, as any reader would: the JWS over its canonical JSON without
 * `signatures`, by the published key that the signature names. Only the algorithm that this deployment signs with (ES256).
 */
export async function checkSignature(
  card: AgentCard,
  keys: readonly Readonly<Record<string, string>>[],
): Promise<SignatureCheck> {
  const { signatures = [], ...said } = card
  const [signature] = signatures
  if (signature === undefined) return { kind: 'unsigned' }
  try {
    const header = JSON.parse(new TextDecoder().decode(bytesOf(signature.protected))) as Record<string, unknown>
    const keyId = String(header['kid'])
    if (header['alg'] !== 'ES256') return { kind: 'failed', detail: `It is signed with ${String(header['alg'])}.` }
    const jwk = keys.find(({ kid }) => kid === keyId)
    if (jwk === undefined) return { kind: 'failed', detail: `The key ${keyId} is not published.` }
    const key = await crypto.subtle.importKey('jwk', { ...jwk }, algorithm, false, ['verify'])
    const payload = base64url(new TextEncoder().encode(canonicalJson(said as JsonObject)))
    const signed = new TextEncoder().encode(`${signature.protected}.${payload}`)
    const isGood = await crypto.subtle.verify(algorithm, key, bytesOf(signature.signature), signed)
    return isGood
      ? { kind: 'verified', keyId, algorithm: 'ES256' }
      : { kind: 'failed', detail: 'The signature is not of this card.' }
  } catch (error) {
    return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) }
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

function base64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
