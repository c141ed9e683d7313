import type { AgentCard, AgentCardSignature, CardSignatureState } from '@metaagent/contract'
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type FlattenedVerifyGetKey,
  flattenedVerify,
  importJWK,
  type JWK,
} from 'jose'
import { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { signedForms } from '../model/documents/signed-form.ts'
import { keySourceOf, trustedAlgorithms } from '../model/foreign-card.ts'
import { fetchJson } from './fetch-json.ts'

/** A card with what is trusted for it. */
export interface SignedCard {
  readonly card: AgentCard
  readonly url: string | null
  readonly jwksUrl: string | null
  readonly pinnedKey: Readonly<Record<string, string | readonly string[]>> | null
}

export interface SignatureFound {
  readonly signature: CardSignatureState
  /** Why it is not verified; null when it is. */
  readonly detail: string | null
}

/** One good signature is enough; a bad one beside it changes nothing, since anybody can add one. */
export async function verifyCard(deps: Deps, signed: SignedCard): Promise<SignatureFound> {
  const { signatures = [] } = signed.card
  if (signatures.length === 0) return { signature: 'unsigned', detail: 'The card carries no signature.' }
  const found: SignatureFound[] = []
  for (const signature of signatures) {
    const one = await verifyOne(deps, signed, signature)
    if (one.signature === 'verified') return one
    found.push(one)
  }
  return found.find(({ signature }) => signature === 'invalid') ?? found[0] ?? { signature: 'unsigned', detail: null }
}

async function verifyOne(deps: Deps, signed: SignedCard, signature: AgentCardSignature): Promise<SignatureFound> {
  const header = headerOf(signature)
  if (header === null) return { signature: 'invalid', detail: 'The protected header of the signature cannot be read.' }
  if (!trustedAlgorithms.includes(header.alg))
    return { signature: 'unverifiable', detail: `The signature uses ${header.alg}, which is not trusted.` }
  const key = await keyFor(deps, signed, header)
  if (typeof key === 'string') return { signature: 'unverifiable', detail: key }
  for (const form of signedForms(signed.card)) {
    const verdict = await verifyForm(signature, form, key)
    if (verdict !== 'invalid') return verdict
  }
  return { signature: 'invalid', detail: 'The signature is not of this card, or not by this key.' }
}

const Header = z.object({ alg: z.string(), kid: z.string().optional(), jku: z.string().optional() })

function headerOf(signature: AgentCardSignature): z.infer<typeof Header> | null {
  try {
    return Header.safeParse(decodeProtectedHeader(signature)).data ?? null
  } catch {
    return null
  }
}

const KeySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) })

/** The key, or why there is none. */
async function keyFor(
  deps: Deps,
  signed: SignedCard,
  header: z.infer<typeof Header>,
): Promise<FlattenedVerifyGetKey | string> {
  const { pinnedKey, jwksUrl, url } = signed
  const known = { hasPinnedKey: pinnedKey !== null, jwksUrl, cardUrl: url, jku: header.jku ?? null }
  const source = keySourceOf(known, originOf)
  try {
    switch (source.kind) {
      case 'none':
        return source.detail
      case 'pinned': {
        const key = await importJWK(pinnedKey as JWK, header.alg)
        return async () => key
      }
      case 'key-set': {
        const fetched = await fetchJson(deps, source.url)
        if (fetched.kind === 'failed') return `The keys cannot be fetched: ${fetched.detail}`
        const set = KeySet.safeParse(fetched.value)
        if (!set.success) return `At ${source.url} is no JSON Web Key Set.`
        return createLocalJWKSet(set.data)
      }
    }
  } catch (error) {
    return `The key cannot be used: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function verifyForm(
  { protected: protectedHeader, signature, header }: AgentCardSignature,
  form: unknown,
  key: FlattenedVerifyGetKey,
): Promise<SignatureFound | 'invalid'> {
  const payload = Buffer.from(canonicalJson(form)).toString('base64url')
  const jws = { protected: protectedHeader, signature, payload, ...(header === undefined ? {} : { header }) }
  try {
    await flattenedVerify(jws, key, { algorithms: trustedAlgorithms })
    return { signature: 'verified', detail: null }
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWSInvalid) return 'invalid'
    const detail = error instanceof Error ? error.message : String(error)
    return { signature: 'unverifiable', detail: `No trusted key fits the signature: ${detail}.` }
  }
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null
}
