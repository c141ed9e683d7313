import { createHash } from 'node:crypto'
import type { Deps } from '../../../../ports/slice.ts'
import { normalEmail } from '../model/credentials.ts'

/** SHA-256 over a kind and a value; the kind keeps a digest of one use from standing for another. */
export function digestOf(
  kind: 'api-key' | 'api-key-prefix' | 'session' | 'link' | 'issuer' | 'token',
  text: string,
): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${kind}\n${text}`).digest())
}

/** Under which an issuer's tokens find their organization. */
export function issuerLookup(issuer: string, audience: string): Uint8Array {
  return digestOf('issuer', JSON.stringify([issuer, audience]))
}

/** Under which a person is found by address. Keyed: who has the database alone cannot try addresses. */
export function emailIndex(deps: Deps, email: string): Uint8Array {
  return deps.secrets.mac(Buffer.from(normalEmail(email)), 'identity.email')
}

/** 32 random bytes in base64url: what sessions and one-time links are made of. */
export function newToken(deps: Deps): string {
  return Buffer.from(deps.random.bytes(32)).toString('base64url')
}
