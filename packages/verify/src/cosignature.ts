import { concatBytes, utf8Bytes } from './bytes.ts'
import {
  type Ed25519Verify,
  formatTypedKey,
  type NoteSigner,
  parseNote,
  parseTypedKey,
  signatureLine,
  typedKey,
  type VerifierKey,
} from './note.ts'
import { accept, type Outcome, refuse } from './outcome.ts'

// Signature type of a timestamped Ed25519 cosignature in C2SP tlog-cosignature.
const COSIGNATURE = 0x04
const TIMESTAMP_BYTES = 8
const SIGNATURE_BYTES = 64

/** A witness's key. Like a log's, but with an id of its own, so that neither signature can pass as the other. */
export interface WitnessKey extends VerifierKey {
  readonly witness: true
}

/** What a witness states: as of this time, the largest tree that it saw of this log has the root of the checkpoint. */
export interface Cosignature {
  readonly key: WitnessKey
  /** Whole seconds since the epoch. */
  readonly atSeconds: number
}

/** Builds a witness's key. Throws a RangeError for an illegal name or a key that is not 32 bytes long. */
export function witnessKey(name: string, publicKey: Uint8Array): WitnessKey {
  return { ...typedKey(COSIGNATURE, name, publicKey), witness: true }
}

/** `name+keyid+base64(0x04 || public key)`: the text in which a witness's key is handed on. */
export function formatWitnessKey(key: WitnessKey): string {
  return formatTypedKey(COSIGNATURE, key)
}

/** Reads a witness's key; refuses a log's, and one whose key id does not belong to its name and key. */
export function parseWitnessKey(text: string): Outcome<WitnessKey> {
  const key = parseTypedKey(COSIGNATURE, 'an Ed25519 cosignature', text)
  return key.ok ? accept({ ...key.value, witness: true }) : key
}

/**
 * The signature line of a witness for the text of a checkpoint (C2SP tlog-cosignature, `cosignature/v1`). `sign` is of the
 * witness's own key, which must sign nothing else.
 */
export async function cosign(
  text: string,
  key: WitnessKey,
  sign: NoteSigner['sign'],
  atSeconds: number,
): Promise<string> {
  const stamp = new Uint8Array(TIMESTAMP_BYTES)
  new DataView(stamp.buffer).setBigUint64(0, BigInt(atSeconds))
  return signatureLine(key, concatBytes(stamp, await sign(messageOf(text, atSeconds))))
}

/**
 * The cosignatures of a note that trusted witnesses made, each witness once with its latest. Lines of others are ignored; a
 * line that names a trusted key and does not verify refuses the note.
 */
export async function verifyCosignatures(
  note: string,
  trusted: readonly WitnessKey[],
  verify: Ed25519Verify,
): Promise<Outcome<readonly Cosignature[]>> {
  const parsed = parseNote(note)
  if (!parsed.ok) return parsed
  const latest = new Map<string, Cosignature>()
  for (const { name, keyId, signature } of parsed.value.signatures) {
    for (const key of trusted.filter((known) => known.name === name && known.keyId === keyId)) {
      const atSeconds = await timeOf(key, parsed.value.text, signature, verify)
      if (atSeconds === null)
        return refuse('bad_signature', `the cosignature of ${name}+${keyId} does not fit the text`)
      const id = `${name}+${keyId}`
      if (atSeconds >= (latest.get(id)?.atSeconds ?? 0)) latest.set(id, { key, atSeconds })
    }
  }
  return accept([...latest.values()])
}

/** When the witness signed; null unless it did. */
async function timeOf(
  key: WitnessKey,
  text: string,
  signature: Uint8Array,
  verify: Ed25519Verify,
): Promise<number | null> {
  if (signature.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return null
  const stamp = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
  if (stamp > BigInt(Number.MAX_SAFE_INTEGER)) return null
  const atSeconds = Number(stamp)
  const holds = await verify(key.publicKey, messageOf(text, atSeconds), signature.slice(TIMESTAMP_BYTES))
  return holds ? atSeconds : null
}

function messageOf(text: string, atSeconds: number): Uint8Array {
  return utf8Bytes(`cosignature/v1\ntime ${atSeconds}\n${text}`)
}
