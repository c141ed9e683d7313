import type { Because, CardSignatureState, ForeignCardState } from '@metaagent/contract'

/** What is kept of a card, before a look at it. */
export interface KnownCard {
  readonly state: ForeignCardState
  /** Of the card that was approved; null: none was yet. */
  readonly pinnedDigest: string | null
  readonly seenDigest: string
  readonly signature: CardSignatureState
}

/** What a look found. */
export type Look =
  | { readonly kind: 'seen'; readonly digest: string; readonly signature: CardSignatureState }
  /** Not there, or not a card: what was approved is what is known. */
  | { readonly kind: 'failed' }

export type LookVerdict = { readonly kind: 'unchanged' } | { readonly kind: 'changed'; readonly because: Because }

/**
 * Whether a look finds another card than was seen before. One that was approved needs approval again when its content is
 * another one or its signature no longer holds; going back to what was approved is a change like any other, since nobody
 * knows who made it. A key set that is away for a while takes nothing back.
 */
export function decideLook(known: KnownCard, look: Look): LookVerdict {
  if (look.kind === 'failed') return { kind: 'unchanged' }
  if (look.digest !== known.seenDigest) {
    const text = 'The card has changed. It is not found by anybody until it is approved as it is now.'
    return {
      kind: 'changed',
      because: { rule: 'card-changed', observed: look.digest, limit: known.pinnedDigest ?? known.seenDigest, text },
    }
  }
  const lost = known.signature === 'verified' && (look.signature === 'invalid' || look.signature === 'unsigned')
  if (lost || (look.signature === 'invalid' && known.signature !== 'invalid')) {
    const text = `The card is the same, but its signature, ${known.signature} before, is ${look.signature} now.`
    return {
      kind: 'changed',
      because: { rule: 'signature-lost', observed: look.signature, limit: known.signature, text },
    }
  }
  return { kind: 'unchanged' }
}

/** Which key a card's signer must hold. */
export type KeySource =
  | { readonly kind: 'pinned' }
  | { readonly kind: 'key-set'; readonly url: string }
  | { readonly kind: 'none'; readonly detail: string }

/**
 * Where the key of a signature may come from: the pinned one alone; else the key set that whoever imported the card named;
 * else the one that the card itself names (`jku`), if it is of the origin that the card was fetched from. A card that
 * names a key set elsewhere could name its forger's. `originOf` reads an address; null: it is none.
 */
export function keySourceOf(
  known: {
    readonly hasPinnedKey: boolean
    readonly jwksUrl: string | null
    readonly cardUrl: string | null
    readonly jku: string | null
  },
  originOf: (url: string) => string | null,
): KeySource {
  if (known.hasPinnedKey) return { kind: 'pinned' }
  if (known.jwksUrl !== null) return { kind: 'key-set', url: known.jwksUrl }
  if (known.jku === null)
    return { kind: 'none', detail: 'The signature names no key set. Import the card with `jwksUrl` or `pinnedKey`.' }
  const origin = originOf(known.jku)
  if (known.cardUrl !== null && origin !== null && origin === originOf(known.cardUrl))
    return { kind: 'key-set', url: known.jku }
  return {
    kind: 'none',
    detail: `The signature names keys at ${known.jku}, which is not where the card is from. Import it with \`jwksUrl\` if they are to count.`,
  }
}

/** Algorithms that a signature may use: none with a shared secret, and never none at all. */
export const trustedAlgorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512', 'RS256']

/** Why a card that was just imported is not found yet. */
export const firstLook: Because = {
  rule: 'not-approved-yet',
  observed: null,
  limit: null,
  text: 'Nobody has approved it yet.',
}

/** Why a card is found. */
export function approvedBecause(digest: string, signature: CardSignatureState): Because {
  const text = `It was approved as it is; its signature is ${signature}.`
  return { rule: 'pinned-digest', observed: digest, limit: digest, text }
}

const deepest = 50

/** Why JSON from outside cannot be kept and signed, whatever it says; null: it can. */
export function jsonFault(value: unknown): string | null {
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.depth > deepest) return `It is nested deeper than ${deepest} levels.`
    if (typeof next.value === 'string' && isForbidden(next.value)) return 'It holds U+0000 or half of a surrogate pair.'
    if (typeof next.value === 'number' && !Number.isFinite(next.value)) return 'It holds a number without end.'
    if (typeof next.value !== 'object' || next.value === null) continue
    for (const [name, member] of Object.entries(next.value))
      waiting.push({ value: name, depth: next.depth }, { value: member, depth: next.depth + 1 })
  }
  return null
}

function isForbidden(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed()
}
