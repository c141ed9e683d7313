import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose'
import { addMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { longestTokenMs, signingKeyMs } from '../model/lifetimes.ts'
import { insertSigningKey, lockSigningKeys, type SigningKeyRow, signingKeysSince } from '../store/signing-keys.ts'
import { processState } from './process-state.ts'

export const signingAlgorithm = 'EdDSA'
const sealContext = (kid: string) => `identity.signing-key/${kid}`

export interface SigningKey {
  readonly kid: string
  readonly key: CryptoKey
}

/** The deployment's present key for access tokens; made when there is none or the last one is 90 days old. */
export async function presentSigningKey(deps: Deps): Promise<SigningKey> {
  const since = addMs(deps.clock.now(), -signingKeyMs)
  const [newest] = await deps.store.transaction('deployment', (tx) => signingKeysSince(tx, since))
  const row = newest ?? (await makeSigningKey(deps))
  const jwk = JSON.parse(Buffer.from(deps.secrets.open(row.sealedPrivateJwk, sealContext(row.kid))).toString('utf8'))
  return { kid: row.kid, key: await asKey(jwk) }
}

async function makeSigningKey(deps: Deps): Promise<SigningKeyRow> {
  const pair = await generateKeyPair(signingAlgorithm, { crv: 'Ed25519', extractable: true })
  const { crv, x } = await exportJWK(pair.publicKey)
  const kid = deps.ids.uuid()
  const privateJwk = Buffer.from(JSON.stringify(await exportJWK(pair.privateKey)))
  const made: SigningKeyRow = {
    kid,
    publicJwk: { kty: 'OKP', crv: String(crv), x: String(x), kid, alg: signingAlgorithm, use: 'sig' },
    sealedPrivateJwk: deps.secrets.seal(privateJwk, sealContext(kid)),
    createdAt: deps.clock.now(),
  }
  return deps.store.transaction('deployment', async (tx) => {
    await lockSigningKeys(tx)
    // Another process may have made one while this one waited.
    const [newest] = await signingKeysSince(tx, addMs(deps.clock.now(), -signingKeyMs))
    if (newest !== undefined) return newest
    await insertSigningKey(tx, made)
    return made
  })
}

/** Public keys of every token that may still be alive (RFC 7517). */
export async function publicKeySet(
  deps: Deps,
): Promise<{ readonly keys: readonly Readonly<Record<string, string>>[] }> {
  await presentSigningKey(deps)
  return { keys: (await verifyingRows(deps)).map((row) => row.publicJwk) }
}

async function verifyingRows(deps: Deps): Promise<readonly SigningKeyRow[]> {
  const since = addMs(deps.clock.now(), -(signingKeyMs + longestTokenMs))
  return deps.store.transaction('deployment', (tx) => signingKeysSince(tx, since))
}

const rereadMs = 5_000

/** The key of a `kid`, or null; tokens with made-up ids cause at most one look into the table every five seconds. */
export async function verifyingKey(deps: Deps, kid: string): Promise<CryptoKey | null> {
  const { verifyingKeys } = processState(deps)
  const nowMs = deps.clock.monotonicMs()
  if (!verifyingKeys.byKid.has(kid) && nowMs - verifyingKeys.readAtMs >= rereadMs) {
    const rows = await verifyingRows(deps)
    const keys = await Promise.all(rows.map(async (row) => [row.kid, await asKey(row.publicJwk)] as const))
    verifyingKeys.byKid = new Map(keys)
    verifyingKeys.readAtMs = nowMs
  }
  return verifyingKeys.byKid.get(kid) ?? null
}

async function asKey(jwk: Readonly<Record<string, string>>): Promise<CryptoKey> {
  const key = await importJWK({ ...jwk, kty: 'OKP' }, signingAlgorithm)
  if (key instanceof Uint8Array) throw new Error('broken invariant: a signing key is an Ed25519 key')
  return key
}
