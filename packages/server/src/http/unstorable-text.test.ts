import { expect, test } from 'vitest'
import { placeOfNul, refuseNul } from './unstorable-text.ts'

test.each([
  ['nothing', undefined, null],
  ['a sound text', { reason: 'Grüße\n' }, null],
  ['a text', { reason: 'a\u0000' }, '/reason'],
  ['deep within', { a: [{ b: 1 }, { c: '\u0000' }] }, '/a/1/c'],
  ['a name', { a: { 'x\u0000': 1 } }, '/a/'],
  ['the whole', '\u0000', '/'],
  ['bytes, which are no text', new Uint8Array([0]), null],
])('a character that no text of the database holds is found: %s', (_title, value, place) => {
  expect(placeOfNul(value)).toBe(place)
  expect(refuseNul(value)?.code ?? null).toBe(place === null ? null : 'invalid-body')
})
