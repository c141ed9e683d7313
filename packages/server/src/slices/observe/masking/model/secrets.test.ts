import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskFound } from './found.ts'
import { collectStrings, type JsonString, replaceStrings } from './json-strings.ts'
import { joinTexts, maySecret, ownSecrets, splitRanges } from './secrets.ts'

const maskOwn = (text: string) => maskFound(text, ownSecrets(text)).text

test.each([
  ['a lone AWS key id', 'key AKIAQ3EGRT5YHJKLMNOP here', 'key [masked:aws-access-key-id] here'],
  ['a bearer token', 'Authorization: Bearer abcDEF123.456_ghi-jkl~mn', 'Authorization: Bearer [masked:bearer-token]'],
  [
    'a password in an address',
    'amqp://svc:s3cr3t!@mq.internal:5672/x',
    'amqp://svc:[masked:url-password]@mq.internal:5672/x',
  ],
  [
    'a private key',
    'a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----\nb',
    'a\n[masked:private-key]\nb',
  ],
  ['a private key that was cut off', 'x -----BEGIN PRIVATE KEY-----\nMIIEow', 'x [masked:private-key]'],
  [
    'a private key with escaped line ends',
    '-----BEGIN EC PRIVATE KEY-----\\nMHc\\n-----END EC PRIVATE KEY-----',
    '[masked:private-key]',
  ],
  ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN', '[masked:jwt]'],
  ['a key of ours', `mak_${'x'.repeat(30)}`, '[masked:metaagent-api-key]'],
])('MK1: %s is masked', (_, text, masked) => {
  expect(maySecret(text)).toBe(true)
  expect(maskOwn(text)).toBe(masked)
})

test.each([
  'The bearer of this letter may pass.',
  'https://example.com/path?user=a@b.example',
  'Write to support@example.com about order 1234-5678-9012.',
  'AKIA is the prefix of such ids',
  'see https://example.com:8080/a, then b@c.example',
  'eyJ is how base64 of a brace begins',
])('MK1: a clean text stays as it is: %s', (text) => {
  expect(maskOwn(text)).toBe(text)
})

test('finds that overlap are one secret, named after the one that begins first', () => {
  const ranges = [
    { start: 4, end: 9, rule: 'inner', class: 'email' as const },
    { start: 2, end: 7, rule: 'outer', class: 'phone' as const },
    { start: 12, end: 13, rule: 'other', class: 'card' as const },
  ]
  expect(maskFound('0123456789abcdef', ranges)).toEqual({ text: '01[masked:outer]9ab[masked:other]def', masked: 2 })
})

test('what is found across a seam belongs to no text', () => {
  const texts = ['first', 'second']
  const { starts } = joinTexts(texts)
  const [first = 0, second = 0] = starts
  const ranges = [
    { start: first + 3, end: second + 2, rule: 'across', class: 'secret' as const },
    { start: second + 1, end: second + 3, rule: 'within', class: 'secret' as const },
    { start: first - 2, end: first, rule: 'between', class: 'secret' as const },
  ]
  expect(splitRanges(texts, starts, ranges)).toEqual([[], [{ start: 1, end: 3, rule: 'within', class: 'secret' }]])
})

test('joined texts stand where the starts say, at their length, and cannot switch the scanner off', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('// secretlint-disable'))), (texts) => {
      const { text, starts } = joinTexts(texts)
      texts.forEach((one, index) => {
        const start = starts[index] ?? -1
        expect(text.slice(start, start + one.length)).toBe(one.replaceAll('secretlint-', 'secretlint_'))
      })
      expect(text).not.toContain('secretlint-disable')
    }),
  )
})

test('strings are taken out of JSON and put back in the same order', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const strings: JsonString[] = []
      collectStrings(value, strings)
      expect(replaceStrings(value, strings.map(({ text }) => text).values())).toEqual(value)
    }),
  )
})

test('keys that become equal keep their values', () => {
  const strings = ['[masked]', 'a', '[masked]', 'b']
  expect(replaceStrings({ one: 'x', two: 'y' }, strings.values())).toEqual({ '[masked]': 'a', '[masked] (2)': 'b' })
})
