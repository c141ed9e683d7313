import type { AgentCard } from '@metaagent/contract'
import { type CryptoKey, exportJWK, FlattenedSign, generateKeyPair, importJWK } from 'jose'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { addMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { signedForms } from '../model/documents/signed-form.ts'
import { type CardKeyRow, cardKeysSince, insertCardKey, lockCardKeys } from '../store/card-keys.ts'

/** What A2A's own examples sign with; every verifier that we read takes it. */
const algorithm = 'ES256'
const keyMs = 365 * 86_400_000
const sealContext = (kid: string) => `specialists.card-key/${kid}`

/** Where whoever checks a card finds the keys. */
export function cardKeysUrl({ settings }: Deps): string {
  return `${settings.publicUrl}/api/v1/agent-card-keys`
}

/**
 * Signs a card as A2A 1.0 says (8.4): a JWS over its canonical JSON without `signatures`. Keys are for cards alone, so that
 * no text of a card can pass for a token. Signing again gives another signature of the same content (ECDSA).
 */
export async function signCard(deps: Deps, card: AgentCard): Promise<AgentCard> {
  const row = await presentKey(deps)
  const jwk = JSON.parse(Buffer.from(deps.secrets.open(row.sealedPrivateJwk, sealContext(row.kid))).toString('utf8'))
  const key = (await importJWK(jwk, algorithm)) as CryptoKey
  const [payload] = signedForms(card)
  const signed = await new FlattenedSign(Buffer.from(canonicalJson(payload)))
    .setProtectedHeader({ alg: algorithm, typ: 'JOSE', kid: row.kid, jku: cardKeysUrl(deps) })
    .sign(key)
  return { ...card, signatures: [{ protected: String(signed.protected), signature: signed.signature }] }
}

/** Public keys of every card that was signed within the last two years (RFC 7517). */
export async function publicCardKeys(deps: Deps): Promise<{ keys: Record<string, string>[] }> {
  await presentKey(deps)
  const since = addMs(deps.clock.now(), -2 * keyMs)
  const rows = await deps.store.transaction('deployment', (tx) => cardKeysSince(tx, since))
  return { keys: rows.map(({ publicJwk }) => ({ ...publicJwk })) }
}

async function presentKey(deps: Deps): Promise<CardKeyRow> {
  const since = addMs(deps.clock.now(), -keyMs)
  const [newest] = await deps.store.transaction('deployment', (tx) => cardKeysSince(tx, since))
  return newest ?? (await makeKey(deps))
}

async function makeKey(deps: Deps): Promise<CardKeyRow> {
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const { kty, crv, x, y } = await exportJWK(pair.publicKey)
  const kid = deps.ids.uuid()
  const privateJwk = Buffer.from(JSON.stringify(await exportJWK(pair.privateKey)))
  const made: CardKeyRow = {
    kid,
    publicJwk: { kty: String(kty), crv: String(crv), x: String(x), y: String(y), kid, alg: algorithm, use: 'sig' },
    sealedPrivateJwk: deps.secrets.seal(privateJwk, sealContext(kid)),
    createdAt: deps.clock.now(),
  }
  return await deps.store.transaction('deployment', async (tx) => {
    await lockCardKeys(tx)
    // Another process may have made one while this one waited.
    const [newest] = await cardKeysSince(tx, addMs(deps.clock.now(), -keyMs))
    if (newest !== undefined) return newest
    await insertCardKey(tx, made)
    return made
  })
}
