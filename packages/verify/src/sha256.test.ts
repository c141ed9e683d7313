import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeHex, utf8Bytes } from './bytes.ts'
import { nodeSha256 } from './node.ts'
import { sha256 } from './sha256.ts'

const native = (data: Uint8Array) => new Uint8Array(createHash('sha256').update(data).digest())

test('hashes the examples of FIPS 180-4', () => {
  expect(encodeHex(sha256(utf8Bytes('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(encodeHex(sha256(new Uint8Array()))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

test('agrees with the native hash at every length around the block borders', () => {
  for (let length = 0; length <= 260; length++) {
    const data = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff)
    expect(sha256(data), `length ${length}`).toEqual(native(data))
  }
})

test('agrees with the native hash on any bytes, also on views into larger memory', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(64), (bytes, offset) => {
      const view = bytes.subarray(Math.min(offset, bytes.length))
      expect(sha256(view)).toEqual(native(view))
      expect(new Uint8Array(nodeSha256(view))).toEqual(native(view))
    }),
    { numRuns: 500 },
  )
})

test('an earlier result is not overwritten by a later one', () => {
  const first = sha256(utf8Bytes('one'))
  const kept = first.slice()
  sha256(utf8Bytes('two'))
  expect(first).toEqual(kept)
})
