import { expect, test } from 'vitest'
import { etagOf, idempotencyKeyOf, matchesVersion } from './preconditions.ts'

const codeOf = (headers: Record<string, string>, version: number) => {
  const found = matchesVersion(headers, version)
  return found.ok ? 'matches' : found.refusal.code
}

test.each([
  [{}, 'precondition-required'],
  [{ 'if-match': '' }, 'precondition-required'],
  [{ 'if-match': '"7"' }, 'matches'],
  [{ 'if-match': '"6", "7"' }, 'matches'],
  [{ 'if-match': '*' }, 'matches'],
  [{ 'if-match': '"6"' }, 'precondition-failed'],
  [{ 'if-match': 'W/"7"' }, 'precondition-failed'],
  [{ 'if-match': '7' }, 'precondition-failed'],
])('a change of version 7 that says %o: %s', (headers, expected) => {
  expect(codeOf(headers as Record<string, string>, 7)).toBe(expected)
})

test('what is tagged matches its own tag and no other', () => {
  for (let version = 0; version < 50; version++)
    for (let other = 0; other < 50; other++)
      expect(codeOf({ 'if-match': etagOf(other) }, version)).toBe(version === other ? 'matches' : 'precondition-failed')
})

test.each([
  [{}, null],
  [{ 'idempotency-key': '"8e03978e-40d5"' }, '8e03978e-40d5'],
  [{ 'idempotency-key': '8e03978e-40d5' }, '8e03978e-40d5'],
  [{ 'idempotency-key': '' }, 'refused'],
  [{ 'idempotency-key': 'two words' }, 'refused'],
  [{ 'idempotency-key': 'x'.repeat(256) }, 'refused'],
])('the key of %o is %s', (headers, expected) => {
  const found = idempotencyKeyOf(headers)
  expect(found.ok ? found.value : 'refused').toBe(expected)
})
