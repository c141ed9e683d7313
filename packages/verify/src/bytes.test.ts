import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64, encodeBase64, encodeHex, utf8Bytes, utf8Text } from './bytes.ts'

test('base 64 reads and writes as the platform does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes)
    }),
  )
})

test('a value has only one spelling in base 64', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('AQgwaz019+/=_- \n')), maxLength: 9 }), (text) => {
      const bytes = decodeBase64(text)
      expect(bytes === null ? text : encodeBase64(bytes)).toBe(text)
    }),
    { numRuns: 2_000 },
  )
  for (const text of ['QQ', 'QR==', 'QUJ=', 'Q===', '====', 'QUJD\n', 'QQ==QQ==', 'Qé==', 'QUI_']) {
    expect(decodeBase64(text), text).toBeNull()
  }
})

test('only well-formed UTF-8 is text, and a byte order mark stays part of it', () => {
  expect(utf8Text(Uint8Array.of(0xc3, 0x28))).toBeNull()
  expect(utf8Text(Uint8Array.of(0xed, 0xa0, 0x80))).toBeNull()
  expect(utf8Text(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA')
  expect(utf8Text(utf8Bytes('日本'))).toBe('日本')
  expect(encodeHex(Uint8Array.of(0, 15, 255))).toBe('000fff')
})
