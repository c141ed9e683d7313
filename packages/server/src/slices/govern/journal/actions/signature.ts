import { createHash, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import type { ExternalEvent } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { SignatureCheck } from '../model/outside.ts'

/** The key of a source, opened. */
export type SourceKey =
  | { readonly algorithm: 'none' }
  | { readonly algorithm: 'hmac-sha256'; readonly secret: Uint8Array }
  | { readonly algorithm: 'ed25519'; readonly publicKey: Uint8Array }

/** Checks the signature over the canonical JSON (RFC 8785) of the event without it. */
export function checkSignature({ signature, ...signed }: ExternalEvent, key: SourceKey): SignatureCheck {
  if (signature === undefined) return 'absent'
  const given = Buffer.from(signature, 'base64')
  const message = Buffer.from(canonicalJson(signed))
  switch (key.algorithm) {
    case 'none':
      return 'invalid'
    case 'hmac-sha256': {
      const expected = createHmac('sha256', key.secret).update(message).digest()
      return given.length === expected.length && timingSafeEqual(given, expected) ? 'valid' : 'invalid'
    }
    case 'ed25519': {
      const publicKey = ed25519Key(key.publicKey)
      return publicKey !== null && verify(null, message, publicKey, given) ? 'valid' : 'invalid'
    }
  }
}

/** SHA-256 of the signature's bytes, by which a replay is known. */
export function signatureDigest(signature: string): Uint8Array {
  return createHash('sha256').update(Buffer.from(signature, 'base64')).digest()
}

/** A raw Ed25519 public key (RFC 8032, 32 bytes) as Node wants it; null when it is none. */
export function ed25519Key(raw: Uint8Array): KeyObject | null {
  if (raw.length !== 32) return null
  try {
    const x = Buffer.from(raw).toString('base64url')
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  } catch {
    return null
  }
}
