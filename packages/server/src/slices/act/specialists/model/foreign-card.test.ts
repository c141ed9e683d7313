import type { CardSignatureState } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { decideLook, jsonFault, type KnownCard, keySourceOf, trustedAlgorithms } from './foreign-card.ts'

const known = (signature: CardSignatureState, state: KnownCard['state'] = 'approved'): KnownCard => ({
  state,
  pinnedDigest: state === 'approved' ? 'a' : null,
  seenDigest: 'a',
  signature,
})
const seen = (digest: string, signature: CardSignatureState) => ({ kind: 'seen', digest, signature }) as const
const verdict = (card: KnownCard, look: Parameters<typeof decideLook>[1]) => {
  const decided = decideLook(card, look)
  return decided.kind === 'changed' ? decided.because.rule : decided.kind
}

test.each([
  [known('verified'), seen('a', 'verified'), 'unchanged'],
  [known('verified'), seen('b', 'verified'), 'card-changed'],
  [known('unsigned'), seen('b', 'unsigned'), 'card-changed'],
  [known('verified'), seen('a', 'unsigned'), 'signature-lost'],
  [known('verified'), seen('a', 'invalid'), 'signature-lost'],
  [known('unsigned'), seen('a', 'invalid'), 'signature-lost'],
  [known('invalid'), seen('a', 'invalid'), 'unchanged'],
  // A key set that is away takes nothing back, and a signature that comes later does no harm.
  [known('verified'), seen('a', 'unverifiable'), 'unchanged'],
  [known('unsigned'), seen('a', 'verified'), 'unchanged'],
  [known('verified'), { kind: 'failed' } as const, 'unchanged'],
  [known('verified', 'needs-approval'), seen('b', 'verified'), 'card-changed'],
])('SP8: %o seen as %o: %s', (card, look, expected) => {
  expect(verdict(card, look)).toBe(expected)
})

test('SP8: another content is never taken for what was seen, whatever its signature is worth', () => {
  const worths = ['verified', 'unsigned', 'unverifiable', 'invalid'] as const
  for (const before of worths)
    for (const now of worths) expect(verdict(known(before), seen('b', now))).toBe('card-changed')
})

test.each([
  [{ hasPinnedKey: true, jwksUrl: 'https://k.example', cardUrl: null, jku: null }, 'pinned'],
  [
    { hasPinnedKey: false, jwksUrl: 'https://k.example/', cardUrl: 'https://a.example', jku: 'https://evil.example' },
    'https://k.example/',
  ],
  [
    { hasPinnedKey: false, jwksUrl: null, cardUrl: 'https://a.example/card', jku: 'https://a.example/keys' },
    'https://a.example/keys',
  ],
  [{ hasPinnedKey: false, jwksUrl: null, cardUrl: 'https://a.example/card', jku: 'https://evil.example/keys' }, 'none'],
  [{ hasPinnedKey: false, jwksUrl: null, cardUrl: 'https://a.example/card', jku: 'http://a.example/keys' }, 'none'],
  [{ hasPinnedKey: false, jwksUrl: null, cardUrl: null, jku: 'https://a.example/keys' }, 'none'],
  [{ hasPinnedKey: false, jwksUrl: null, cardUrl: 'https://a.example', jku: 'no url' }, 'none'],
  [{ hasPinnedKey: false, jwksUrl: null, cardUrl: 'https://a.example', jku: null }, 'none'],
])('SP7: %o takes its key from %s', (asked, expected) => {
  const source = keySourceOf(asked, (url) => (URL.canParse(url) ? new URL(url).origin : null))
  expect(source.kind === 'key-set' ? source.url : source.kind).toBe(expected)
})

test('SP7: no algorithm with a shared secret, and not none', () => {
  expect(trustedAlgorithms.filter((name) => name.startsWith('HS') || name === 'none')).toEqual([])
})

test.each([
  [{ a: ['x', { b: 1 }] }, null],
  [{ a: 'x\0' }, 'It holds U+0000 or half of a surrogate pair.'],
  [{ 'a\0': 1 }, 'It holds U+0000 or half of a surrogate pair.'],
  [JSON.parse('[1e999]'), 'It holds a number without end.'],
  [['\ud800'], 'It holds U+0000 or half of a surrogate pair.'],
  [JSON.parse(`${'['.repeat(60_000)}${']'.repeat(60_000)}`), 'It is nested deeper than 50 levels.'],
])('SP7: JSON that cannot be kept is told', (value, expected) => {
  expect(jsonFault(value)).toBe(expected)
})
