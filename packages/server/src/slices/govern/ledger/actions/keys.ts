import { type NoteSigner, signerFromSeed, type VerifierKey, verifierKey } from '@metaagent/verify'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { insertKey, listKeys, type SigningKey, sealedSeedOf } from '../store/keys.ts'

const seedBytes = 32

/** The deployment's keys for signing checkpoints. */
export interface SigningKeys {
  /** Secret halves of those that sign now: the newest, and before it those whose time is not over. */
  readonly seeds: readonly Uint8Array[]
  /** Public halves of the same. */
  readonly signing: readonly SigningKey[]
}

/** Opens the keys that sign now; makes the first one where there is none. Deployment scope. */
export async function openSigningKeys(deps: Deps, tx: Tx): Promise<SigningKeys> {
  const known = await listKeys(tx)
  if (known.length === 0) await makeKey(deps, tx, 1)
  const signing = signingNow(known.length === 0 ? await listKeys(tx) : known, deps.clock.now())
  const seeds: Uint8Array[] = []
  for (const { keyNumber } of signing) {
    const sealed = await sealedSeedOf(tx, keyNumber)
    assertInvariant(sealed !== null, `signing key ${keyNumber} has its secret half`)
    seeds.push(deps.secrets.open(sealed, sealContext(keyNumber)))
  }
  return { seeds, signing }
}

/** Makes a key pair and keeps it, the secret half sealed. Deployment scope. */
export async function makeKey(deps: Deps, tx: Tx, keyNumber: number): Promise<Uint8Array> {
  const seed = deps.random.bytes(seedBytes)
  const { key } = await signerFromSeed('metaagent', seed)
  const made = { keyNumber, publicKey: key.publicKey }
  await insertKey(tx, made, deps.secrets.seal(seed, sealContext(keyNumber)), deps.clock.now())
  return seed
}

/** The keys that sign at a time, newest first: those to which no end is set, or not yet. */
export function signingNow(known: readonly SigningKey[], now: Instant): readonly SigningKey[] {
  return known.filter(({ signsUntil }) => signsUntil === null || signsUntil > now)
}

function sealContext(keyNumber: number): string {
  return `ledger/signing-key/${keyNumber}`
}

/** Signs for one log: the keys' name is the log's, so that a signature of one log never fits another. */
export async function signersOf(keys: SigningKeys, origin: string): Promise<readonly NoteSigner[]> {
  return await Promise.all(keys.seeds.map((seed) => signerFromSeed(origin, seed)))
}

/** Public keys under a log's name, in their order. */
export function verifierKeysOf(keys: readonly SigningKey[], origin: string): readonly VerifierKey[] {
  return keys.map(({ publicKey }) => verifierKey(origin, publicKey))
}
