import type { JsonValue } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  freeMark,
  isDeeperThan,
  type PlacedFind,
  placeholdersFor,
  readPayload,
  redactPayload,
  restorePlaceholders,
} from './payload.ts'

const words = fc.array(fc.constantFrom('ada@x.io', 'ok', '⟦email-a-abcdefgh⟧', '~/', '', '😀'), { maxLength: 5 })
const text = words.map((all) => all.join(' '))
const payload: fc.Arbitrary<JsonValue> = fc.oneof(
  text,
  fc.array(
    fc.record({
      role: fc.constant('user'),
      content: fc.oneof(text, fc.array(fc.record({ type: fc.constant('text'), 'a/b~': text }))),
    }),
  ),
) as fc.Arbitrary<JsonValue>

function findsIn(value: JsonValue): PlacedFind[] {
  return readPayload(value).texts.flatMap(({ path, text: within }) =>
    [...within.matchAll(/ada@x\.io/g)].map(({ index }) => ({
      path,
      start: index,
      end: index + 8,
      class: 'email' as const,
      rule: 'email',
    })),
  )
}

test('GW5: placeholders turn back into exactly the payload, whatever stands in it', () => {
  fc.assert(
    fc.property(payload, (value) => {
      const { texts } = readPayload(value)
      const mark = freeMark(texts, ['abcdefgh', 'zyxwvuts']) ?? ''
      const finds = findsIn(value)
      const placeholders = placeholdersFor(texts, finds, mark)
      const redacted = redactPayload(value, finds, placeholders)
      expect(JSON.stringify(redacted)).not.toContain('ada@x.io')
      expect(new Set(placeholders.map(({ placeholder }) => placeholder)).size).toBe(Math.min(1, finds.length))
      const restored: unknown = JSON.parse(JSON.stringify(redacted), (_, leaf: unknown) =>
        typeof leaf === 'string' ? restorePlaceholders(leaf, placeholders) : leaf,
      )
      expect(restored).toEqual(value)
    }),
  )
})

test('GW5: the same value has the same placeholder, other values others', () => {
  const texts = [{ path: '', text: 'a b a' }]
  const at = (start: number): PlacedFind => ({ path: '', start, end: start + 1, class: 'custom', rule: 'r' })
  expect(placeholdersFor(texts, [at(0), at(2), at(4)], 'mark').map(({ placeholder }) => placeholder)).toEqual([
    '⟦custom-a-mark⟧',
    '⟦custom-b-mark⟧',
    '⟦custom-a-mark⟧',
  ])
})

test.each([
  ['a text', 'words', 0],
  ['a picture as its bytes', [{ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(40)}` } }], 1],
  ['a picture elsewhere', [{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }], 1],
  ['a file as bytes alone', [{ type: 'file', data: 'QUJD'.repeat(200) }], 1],
  ['words about an image', [{ type: 'text', text: 'image' }], 0],
] as const)('GW2: what cannot be looked at is counted: %s', (_, value, uninspected) => {
  expect(readPayload(value as unknown as JsonValue).uninspected).toBe(uninspected)
})

test('how deep a payload is can be told of any depth', () => {
  let deep: JsonValue = 'x'
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(isDeeperThan(deep, 99_999)).toBe(true)
  expect(isDeeperThan(deep, 100_000)).toBe(false)
})
