import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8, utf8Length } from './utf8.ts'

test('the bytes and their count are those of the platform', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(Buffer.from(utf8(text))).toEqual(Buffer.from(text, 'utf8'))
      expect(utf8Length(text)).toBe(Buffer.byteLength(text, 'utf8'))
    }),
  )
})
