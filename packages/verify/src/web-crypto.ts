import { concatBytes } from './bytes.ts'
import {
  type Ed25519Verify,
  formatSignerKey,
  formatVerifierKey,
  type NoteSigner,
  parseSignerKey,
  verifierKey,
} from './note.ts'
import { accept, type Outcome, refuse } from './outcome.ts'

// DER of an RFC 8410 private key up to the 32 bytes of the seed: the only form in which Web Crypto takes one.
const PKCS8_PREFIX = Uint8Array.from('302e020100300506032b657004220420'.match(/../g) ?? [], (hex) =>
  Number.parseInt(hex, 16),
)

// Named through the global, so that the types of Node and of browsers both fit.
type Subtle = typeof globalThis.crypto.subtle
type ImportedKey = Awaited<ReturnType<Subtle['importKey']>>

/** Thrown where Web Crypto or its Ed25519 is missing: nothing can be said about the signature, neither good nor bad. */
export class SignaturesNotSupported extends Error {
  override readonly name = 'SignaturesNotSupported'

  constructor(cause: unknown) {
    super(
      'This runtime cannot check Ed25519 signatures. Browsers offer it only to pages served over https or from localhost; check the file with metaagent-verify instead.',
      { cause },
    )
  }
}

/** Checks signatures with the platform's Web Crypto. Rejects with `SignaturesNotSupported` where that is missing. */
export const webCryptoVerify: Ed25519Verify = async (publicKey, message, signature) => {
  const subtle = subtleCrypto()
  const key = await importedPublicKey(subtle, publicKey)
  return key !== null && (await subtle.verify('Ed25519', key, owned(signature), owned(message)))
}

async function importedPublicKey(subtle: Subtle, publicKey: Uint8Array): Promise<ImportedKey | null> {
  try {
    return await subtle.importKey('raw', owned(publicKey), 'Ed25519', false, ['verify'])
  } catch (error) {
    // A DataError says that these 32 bytes are no point of the curve; anything else, that the algorithm is unknown.
    if (error instanceof Error && error.name === 'DataError') return null
    throw new SignaturesNotSupported(error)
  }
}

/** A signer from a `PRIVATE+KEY+…` text; refuses a key id that does not belong to the name and key. */
export async function signerFromKey(signerKey: string): Promise<Outcome<NoteSigner>> {
  const parsed = parseSignerKey(signerKey)
  if (!parsed.ok) return parsed
  const { name, keyId, seed } = parsed.value
  const signer = await signerFromSeed(name, seed)
  if (signer.key.keyId !== keyId) {
    return refuse('key_mismatch', `the key id ${keyId} does not belong to this name and key`)
  }
  return accept(signer)
}

/** A signer from the 32 secret bytes of an Ed25519 key and the name to sign under. */
export async function signerFromSeed(name: string, seed: Uint8Array): Promise<NoteSigner> {
  if (seed.length !== 32) throw new RangeError('an Ed25519 seed has 32 bytes')
  const subtle = subtleCrypto()
  const pkcs8 = owned(concatBytes(PKCS8_PREFIX, seed))
  const readable = await subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
  const { x } = await subtle.exportKey('jwk', readable)
  const key = verifierKey(name, fromBase64Url(x ?? ''))
  const secret = await subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
  return { key, sign: async (message) => new Uint8Array(await subtle.sign('Ed25519', secret, owned(message))) }
}

/** A fresh key pair under a name, as texts. `signerKey` is secret. */
export async function generateKeys(name: string): Promise<{ signerKey: string; verifierKey: string }> {
  const seed = globalThis.crypto.getRandomValues(new Uint8Array(32))
  const { key } = await signerFromSeed(name, seed)
  return { signerKey: formatSignerKey(key, seed), verifierKey: formatVerifierKey(key) }
}

function subtleCrypto(): Subtle {
  const subtle: Subtle | undefined = globalThis.crypto?.subtle
  if (subtle === undefined) throw new SignaturesNotSupported(undefined)
  return subtle
}

/** Web Crypto takes no views of shared memory; a copy never is one. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
}
