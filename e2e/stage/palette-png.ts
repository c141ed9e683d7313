import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** A picture: width times height pixels as 24-bit numbers, red first, row by row. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint32Array
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const mostColours = 256
const keptColours = 64

/**
 * The same picture with a palette of at most 256 colours: a third of the size, and no eye sees it on a user interface.
 * Exact when there are no more colours than that. Reads what browsers write: 8 bits, RGB or RGBA, not interlaced.
 */
export function withPalette(png: Buffer): Buffer {
  return encodePalette(decodePng(png))
}

/** Reads a PNG with 8 bits a channel (PNG 3rd edition, §11.2 and §9.2); transparency is dropped. Throws on others. */
export function decodePng(png: Buffer): Picture {
  if (!png.subarray(0, 8).equals(signature)) throw new Error('this is no PNG')
  let head = Buffer.alloc(0)
  const data: Buffer[] = []
  const palette: number[] = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const body = png.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') head = Buffer.from(body)
    if (type === 'PLTE') for (let i = 0; i < length; i += 3) palette.push(body.readUIntBE(i, 3))
    if (type === 'IDAT') data.push(body)
    at += 12 + length
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)]
  const [depth, colourType, , , interlaced] = head.subarray(8)
  const channels = { 2: 3, 3: 1, 6: 4 }[colourType ?? 0]
  if (depth !== 8 || channels === undefined || interlaced !== 0) throw new Error('this kind of PNG is not read here')
  const rows = unfilter(inflateSync(Buffer.concat(data)), width * channels, height, channels)
  const pixels = new Uint32Array(width * height)
  for (let at = 0; at < pixels.length; at++)
    pixels[at] = channels === 1 ? (palette[rows[at] ?? 0] ?? 0) : rows.readUIntBE(at * channels, 3)
  return { width, height, pixels }
}

function unfilter(filtered: Buffer, rowBytes: number, height: number, step: number): Buffer {
  const rows = Buffer.alloc(rowBytes * height)
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (rowBytes + 1)]
    for (let x = 0; x < rowBytes; x++) {
      const at = y * rowBytes + x
      const left = x >= step ? (rows[at - step] ?? 0) : 0
      const up = y > 0 ? (rows[at - rowBytes] ?? 0) : 0
      const corner = x >= step && y > 0 ? (rows[at - rowBytes - step] ?? 0) : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] ?? 0
      rows[at] = ((filtered[y * (rowBytes + 1) + 1 + x] ?? 0) + guess) & 0xff
    }
  }
  return rows
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

function encodePalette({ width, height, pixels }: Picture): Buffer {
  const counts = new Map<number, number>()
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  const palette = paletteOf(counts)
  const places = new Map([...counts.keys()].map((colour) => [colour, nearest(colour, palette)]))
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = places.get(pixels[y * width + x] ?? 0) ?? 0
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const table = Buffer.from(palette.flatMap((colour) => [...parts(colour)]))
  const chunks = [chunk('IHDR', head), chunk('PLTE', table), chunk('IDAT', deflateSync(rows, { level: 9 }))]
  return Buffer.concat([signature, ...chunks, chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(body.length, 0)
  frame.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)])
}

const parts = (colour: number) => [(colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff] as const

/**
 * The most frequent colours as they are, since a page's surfaces may differ by very little; for the rest median cut
 * (Heckbert 1982): the box with the widest channel is cut where half of its pixels lie on either side.
 */
function paletteOf(counts: ReadonlyMap<number, number>): readonly number[] {
  const byCount = [...counts.keys()].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))
  if (byCount.length <= mostColours) return byCount
  const kept = byCount.splice(0, keptColours)
  const boxes = [byCount]
  while (boxes.length < mostColours - keptColours) {
    const widths = boxes.map(widest)
    const at = widths.reduce((best, { width }, place) => (width > (widths[best]?.width ?? 0) ? place : best), 0)
    const box = boxes[at]
    const channel = widths[at]?.channel ?? 0
    if (box === undefined || box.length < 2) break
    box.sort((a, b) => (parts(a)[channel] ?? 0) - (parts(b)[channel] ?? 0))
    const whole = box.reduce((sum, colour) => sum + (counts.get(colour) ?? 0), 0)
    let before = 0
    const cut = box.findIndex((colour) => (before += counts.get(colour) ?? 0) * 2 >= whole)
    boxes.push(box.splice(Math.min(box.length - 1, cut + 1)))
  }
  return [...kept, ...boxes.map((box) => box.reduce((a, b) => ((counts.get(b) ?? 0) > (counts.get(a) ?? 0) ? b : a)))]
}

function widest(box: readonly number[]): { readonly channel: number; readonly width: number } {
  const widths = [0, 1, 2].map((channel) => {
    let [low, high] = [255, 0]
    for (const colour of box) {
      low = Math.min(low, parts(colour)[channel] ?? 0)
      high = Math.max(high, parts(colour)[channel] ?? 0)
    }
    return high - low
  })
  const width = Math.max(...widths)
  return { channel: widths.indexOf(width), width: box.length < 2 ? -1 : width }
}

function nearest(colour: number, palette: readonly number[]): number {
  const [r, g, b] = parts(colour)
  let best = 0
  let least = Number.POSITIVE_INFINITY
  for (const [place, candidate] of palette.entries()) {
    const [x, y, z] = parts(candidate)
    const distance = (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2
    if (distance < least) [best, least] = [place, distance]
  }
  return best
}
