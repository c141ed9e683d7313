import { type NoteSigner, signerFromSeed, type VerifierKey, verifierKey } from '@metaagent/verify'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { insertKey, listKeys, type SigningKey, sealedSeedOf } from '../store/sequencer.ts'

const seedBytes = 32

/** The deployment's key for signing checkpoints and all its public keys, newest first. */
export interface SigningKeys {
  readonly seed: Uint8Array
  readonly known: readonly SigningKey[]
}

/** Opens the newest signing key; makes the first one where there is none. Deployment scope. */
export async function openSigningKeys(deps: Deps, tx: Tx): Promise<SigningKeys> {
  const known = await listKeys(tx)
  const [newest] = known
  if (newest === undefined) return await makeFirstKey(deps, tx)
  const sealed = await sealedSeedOf(tx, newest.keyNumber)
  assertInvariant(sealed !== null, `signing key ${newest.keyNumber} has its secret half`)
  return { seed: deps.secrets.open(sealed, sealContext(newest.keyNumber)), known }
}

async function makeFirstKey(deps: Deps, tx: Tx): Promise<SigningKeys> {
  const seed = deps.random.bytes(seedBytes)
  const { key } = await signerFromSeed('metaagent', seed)
  const first = { keyNumber: 1, publicKey: key.publicKey }
  await insertKey(tx, first, deps.secrets.seal(seed, sealContext(first.keyNumber)), deps.clock.now())
  return { seed, known: [first] }
}

function sealContext(keyNumber: number): string {
  return `ledger/signing-key/${keyNumber}`
}

/** Signs for one log: the key's name is the log's, so that a signature of one log never fits another. */
export async function signerOf(keys: SigningKeys, origin: string): Promise<NoteSigner> {
  return await signerFromSeed(origin, keys.seed)
}

/** The public keys under a log's name, newest first. */
export function verifierKeysOf(known: readonly SigningKey[], origin: string): readonly VerifierKey[] {
  return known.map(({ publicKey }) => verifierKey(origin, publicKey))
}
