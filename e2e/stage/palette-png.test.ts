import { crc32, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePng, type Picture, withPalette } from './palette-png.ts'

/** A PNG as browsers write it: RGB, 8 bits, here without filters. */
function truecolour({ width, height, pixels }: Picture): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const frame = Buffer.alloc(body.length + 12)
    frame.writeUInt32BE(body.length, 0)
    frame.write(type, 4, 'latin1')
    body.copy(frame, 8)
    frame.writeUInt32BE(crc32(frame.subarray(4, body.length + 8)), body.length + 8)
    return frame
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const rows = Buffer.alloc((width * 3 + 1) * height)
  for (const [at, pixel] of pixels.entries()) {
    const [x, y] = [at % width, Math.floor(at / width)]
    rows.writeUIntBE(pixel, y * (width * 3 + 1) + 1 + x * 3, 3)
  }
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const colours = (most: number) =>
  fc
    .array(fc.integer({ min: 0, max: 0xffffff }), { minLength: 1, maxLength: most })
    .map((list) => ({ width: list.length, height: 1, pixels: Uint32Array.from(list) }))

test('a picture of up to 256 colours is kept as it is', () => {
  fc.assert(
    fc.property(colours(256), (picture) => {
      expect(decodePng(withPalette(truecolour(picture)))).toEqual(picture)
    }),
  )
})

test('a picture of more colours keeps its size, its frequent colours exactly and no more than 256', () => {
  const many = Array.from({ length: 3000 }, (_, at) => ((at * 7919) % 0xffffff) | 0)
  const surfaces = Array.from({ length: 3000 }, (_, at) => (at % 2 === 0 ? 0x0d1117 : 0x0f131a))
  const pixels = Uint32Array.from([...many, ...surfaces])
  const { width, height, pixels: kept } = decodePng(withPalette(truecolour({ width: 100, height: 60, pixels })))
  expect([width, height, kept.length]).toEqual([100, 60, 6000])
  expect(new Set(kept).size).toBeLessThanOrEqual(256)
  expect(Array.from(kept.slice(3000))).toEqual(surfaces)
})

test('what is no PNG is refused', () => {
  expect(() => decodePng(Buffer.from('GIF89a.............'))).toThrow('this is no PNG')
})
