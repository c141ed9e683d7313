import { concatBytes, decodeBase64, encodeBase64, utf8Bytes } from './bytes.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { sha256 } from './sha256.ts'

// Signature type of plain Ed25519 in C2SP signed-note.
const ED25519 = 0x01
const PUBLIC_KEY_BYTES = 32
const SEED_BYTES = 32
const SIGNATURE_BYTES = 64
// As golang.org/x/mod/sumdb/note; the specification asks for at least 16 signatures.
const MAX_NOTE_CHARACTERS = 1_000_000
const MAX_SIGNATURES = 100

/** A public key under a name: what a stranger must hold to check a log. */
export interface VerifierKey {
  /** For logs of MetaAgent the origin line of the log itself. */
  readonly name: string
  /** 8 lower-case hexadecimal digits, the start of SHA-256(name, newline, 0x01, public key). */
  readonly keyId: string
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array
}

/** Checks one Ed25519 signature (RFC 8032). Rejects only when the platform cannot do it at all. */
export type Ed25519Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** Signs notes under one name and key. */
export interface NoteSigner {
  readonly key: VerifierKey
  /** 64 bytes, Ed25519. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** Builds a verifier key. Throws a RangeError for an illegal name or a key that is not 32 bytes long. */
export function verifierKey(name: string, publicKey: Uint8Array): VerifierKey {
  return typedKey(ED25519, name, publicKey)
}

/** The same for another type of signature over Ed25519 keys: its number goes into the key id. */
export function typedKey(type: number, name: string, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw new RangeError(`not a key name: ${JSON.stringify(name)}`)
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new RangeError('an Ed25519 public key has 32 bytes')
  return { name, keyId: keyIdOf(type, name, publicKey), publicKey }
}

/** `name+keyid+base64(0x01 || public key)`: the text in which a verifier key is handed on. */
export function formatVerifierKey(key: VerifierKey): string {
  return formatTypedKey(ED25519, key)
}

export function formatTypedKey(type: number, key: VerifierKey): string {
  return `${key.name}+${key.keyId}+${encodeBase64(concatBytes(Uint8Array.of(type), key.publicKey))}`
}

/** Reads a verifier key; refuses one whose key id does not belong to its name and key. */
export function parseVerifierKey(text: string): Outcome<VerifierKey> {
  return parseTypedKey(ED25519, 'Ed25519', text)
}

export function parseTypedKey(type: number, called: string, text: string): Outcome<VerifierKey> {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text)
  const name = parts?.[1] ?? ''
  const typed = decodeBase64(parts?.[3] ?? '')
  if (parts === null || typed === null || !isKeyName(name)) {
    return refuse('malformed', 'a verifier key is written NAME+8 HEX DIGITS+BASE64')
  }
  if (typed[0] !== type) return refuse('unsupported', `signature type ${typed[0]} is not ${called} (${type})`)
  if (typed.length !== 1 + PUBLIC_KEY_BYTES) return refuse('malformed', 'an Ed25519 public key has 32 bytes')
  const key = typedKey(type, name, typed.slice(1))
  if (key.keyId !== parts[2]) {
    return refuse('key_mismatch', `the key id ${parts[2]} does not belong to this name and key (${key.keyId} does)`)
  }
  return accept(key)
}

/** A signer key taken apart. Not yet checked against its key id: that needs the public key. */
export interface SignerKeyParts {
  readonly name: string
  readonly keyId: string
  /** 32 bytes, the Ed25519 private key of RFC 8032. Secret. */
  readonly seed: Uint8Array
}

/** `PRIVATE+KEY+name+keyid+base64(0x01 || seed)`, as golang.org/x/mod/sumdb/note writes signer keys. Secret. */
export function formatSignerKey(key: VerifierKey, seed: Uint8Array): string {
  return `PRIVATE+KEY+${key.name}+${key.keyId}+${encodeBase64(concatBytes(Uint8Array.of(ED25519), seed))}`
}

/** Reads a signer key. Never repeats the key in a refusal. */
export function parseSignerKey(text: string): Outcome<SignerKeyParts> {
  const parts = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text)
  const [, name = '', keyId = '', encoded = ''] = parts ?? []
  const typed = decodeBase64(encoded)
  if (typed === null || typed[0] !== ED25519 || typed.length !== 1 + SEED_BYTES || !isKeyName(name)) {
    return refuse('malformed', 'a signer key is written PRIVATE+KEY+NAME+8 HEX DIGITS+BASE64')
  }
  return accept({ name, keyId, seed: typed.slice(1) })
}

export interface NoteSignature {
  readonly name: string
  readonly keyId: string
  readonly signature: Uint8Array
}

/** A signed note taken apart. Nothing in it is verified yet. */
export interface SignedNote {
  /** The signed text with its final newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** Takes a signed note apart (C2SP signed-note). Malformed notes are refused whole. */
export function parseNote(note: string): Outcome<SignedNote> {
  const malformed = (what: string) => refuse('malformed', `not a signed note: ${what}`)
  if (note.length > MAX_NOTE_CHARACTERS) return malformed('longer than a million characters')
  if (!note.isWellFormed() || hasControlCharacter(note)) return malformed('it holds control characters')
  const blank = note.lastIndexOf('\n\n')
  if (blank < 0) return malformed('no blank line before the signatures')
  const lines = note.slice(blank + 2).split('\n')
  if (lines.pop() !== '' || lines.length === 0) return malformed('the last signature line has no end')
  if (lines.length > MAX_SIGNATURES) return malformed(`more than ${MAX_SIGNATURES} signatures`)
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const parts = /^— (\S+) (\S+)$/u.exec(line)
    const [, name = '', encoded = ''] = parts ?? []
    const bytes = decodeBase64(encoded)
    if (bytes === null || bytes.length < 5 || !isKeyName(name)) return malformed('a signature line is broken')
    const keyId = new DataView(bytes.buffer).getUint32(0).toString(16).padStart(8, '0')
    signatures.push({ name, keyId, signature: bytes.slice(4) })
  }
  return accept({ text: note.slice(0, blank + 1), signatures })
}

/** A note's text and the trusted keys that signed it. */
export interface VerifiedNote {
  readonly text: string
  readonly signers: readonly VerifierKey[]
}

/**
 * Checks a signed note against trusted keys. Signatures by other keys are ignored (so that logs can rotate keys and be
 * cosigned), a wrong signature by a trusted key refuses the note, and at least one must hold.
 */
export async function verifyNote(
  note: string,
  trusted: readonly VerifierKey[],
  verify: Ed25519Verify,
): Promise<Outcome<VerifiedNote>> {
  const parsed = parseNote(note)
  if (!parsed.ok) return parsed
  const { text, signatures } = parsed.value
  const message = utf8Bytes(text)
  const signers = new Set<VerifierKey>()
  for (const { name, keyId, signature } of signatures) {
    for (const key of trusted.filter((known) => known.name === name && known.keyId === keyId)) {
      const holds = signature.length === SIGNATURE_BYTES && (await verify(key.publicKey, message, signature))
      if (!holds) return refuse('bad_signature', `the signature of ${name}+${keyId} does not fit the text`)
      signers.add(key)
    }
  }
  if (signers.size === 0) {
    const names = signatures.map(({ name, keyId }) => `${name}+${keyId}`).join(', ')
    return refuse('no_trusted_signature', `none of the signatures (${names}) is by the trusted key`)
  }
  return accept({ text, signers: [...signers] })
}

/** Signs a text, which must end in a newline and hold no other control characters (RangeError), with each signer. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  if (!text.endsWith('\n') || !text.isWellFormed() || hasControlCharacter(text)) {
    throw new RangeError('a note is text that ends in a newline and holds no control characters')
  }
  if (signers.length === 0) throw new RangeError('a note needs a signer')
  const message = utf8Bytes(text)
  const lines = await Promise.all(signers.map(async (signer) => signatureLine(signer.key, await signer.sign(message))))
  return `${text}\n${lines.join('')}`
}

/** One more signature line for a note whose text is signed already: to add a new key's to an old checkpoint. */
export async function signatureLineOf(text: string, signer: NoteSigner): Promise<string> {
  return signatureLine(signer.key, await signer.sign(utf8Bytes(text)))
}

/** A signature line of a note, with its newline. */
export function signatureLine(key: VerifierKey, signature: Uint8Array): string {
  const keyId = new Uint8Array(4)
  new DataView(keyId.buffer).setUint32(0, Number.parseInt(key.keyId, 16))
  return `— ${key.name} ${encodeBase64(concatBytes(keyId, signature))}\n`
}

function keyIdOf(type: number, name: string, publicKey: Uint8Array): string {
  const digest = sha256(concatBytes(utf8Bytes(`${name}\n`), Uint8Array.of(type), publicKey))
  return new DataView(digest.buffer).getUint32(0).toString(16).padStart(8, '0')
}

function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !hasControlCharacter(name) && !/[\p{White_Space}+]/u.test(name)
}

function hasControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x20 && code !== 0x0a) return true
  }
  return false
}
