import type { Instant } from '../../../../kernel/instant.ts'
import { instantOfNanoHalves } from '../model/otlp/span.ts'

/** The bytes are not the protobuf message that they should be. */
export class MalformedProtobuf extends Error {
  override readonly name = 'MalformedProtobuf'
}

// Wire types (protobuf.dev, "Encoding"): the low three bits of a field's tag.
export const varint = 0
export const fixed64 = 1
export const delimited = 2
export const fixed32 = 5

const twoTo28 = 0x1000_0000

/** Reads the fields of a message out of a buffer, one after the other, and those of the messages within it. */
export class FieldReader {
  readonly #bytes: Buffer
  #at: number
  #end: number
  /** Number and wire type of the field that `next` stands on. */
  field = 0
  type = 0

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  next(): boolean {
    if (this.#at >= this.#end) return false
    const tag = this.uint()
    this.field = Math.floor(tag / 8)
    this.type = tag % 8
    return true
  }

  /** Goes into the message that is this field. When `next` has nothing more, `leave` with what this answers. */
  enter(): number {
    const length = this.uint()
    const start = this.#take(length)
    const outer = this.#end
    this.#at = start
    this.#end = start + length
    return outer
  }

  leave(outer: number): void {
    this.#at = this.#end
    this.#end = outer
  }

  /** The message that is this field, to be read later. */
  message(): FieldReader {
    const length = this.uint()
    const start = this.#take(length)
    return new FieldReader(this.#bytes, start, start + length)
  }

  /** A whole number from 0 on; one that is too large to be exact is large all the same. */
  uint(): number {
    let value = 0
    // Up to four bytes fit a 32-bit number, which is nearly all of them.
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    let scale = twoTo28
    for (let count = 4; count < 10; count++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    throw new MalformedProtobuf('a number is longer than ten bytes')
  }

  /** An `int64`: a number where that is exact, else its digits. */
  int64(): number | string {
    const start = this.#at
    const value = this.uint()
    // Five bytes and less are surely positive and exact.
    if (this.#at - start <= 5) return value
    let whole = 0n
    for (let at = this.#at - 1; at >= start; at--) whole = (whole << 7n) | BigInt((this.#bytes[at] ?? 0) & 0x7f)
    const signed = BigInt.asIntN(64, whole)
    const number = Number(signed)
    return Number.isSafeInteger(number) ? number : signed.toString()
  }

  /** A `sint32`: small negative numbers are small. */
  zigzag(): number {
    const value = this.uint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8))
  }

  signedFixed64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8))
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  double(): number {
    // JSON has one zero, and so do we.
    return this.#bytes.readDoubleLE(this.#take(8)) + 0
  }

  /** A `fixed64` of nanoseconds since the epoch; 0 means unknown. */
  time(): Instant | null {
    const low = this.fixed32()
    const high = this.fixed32()
    return low === 0 && high === 0 ? null : instantOfNanoHalves(low, high)
  }

  /** Repeated numbers, packed into one field or standing alone, read one by one. */
  packed(read: (reader: FieldReader) => void): void {
    if (this.type !== delimited) return read(this)
    const outer = this.enter()
    while (this.#at < this.#end) read(this)
    this.leave(outer)
  }

  text(): string {
    const length = this.uint()
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  /** A text that comes again and again, such as the name of an attribute. */
  name(): string {
    const length = this.uint()
    const start = this.#take(length)
    return length > longestRemembered
      ? this.#bytes.toString('utf8', start, start + length)
      : rememberedName(this.#bytes, start, start + length)
  }

  hex(): string {
    const length = this.uint()
    const start = this.#take(length)
    return this.#bytes.toString('hex', start, start + length)
  }

  base64(): string {
    const length = this.uint()
    const start = this.#take(length)
    return this.#bytes.toString('base64', start, start + length)
  }

  skip(): void {
    if (this.type === varint) this.uint()
    else if (this.type === fixed64) this.#take(8)
    else if (this.type === fixed32) this.#take(4)
    else if (this.type === delimited) this.#take(this.uint())
    else throw new MalformedProtobuf(`wire type ${this.type} is not in use`)
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new MalformedProtobuf('the message ends within a field')
    return this.#bytes[this.#at++] ?? 0
  }

  #take(count: number): number {
    const start = this.#at
    if (count > this.#end - start) throw new MalformedProtobuf('the message ends within a field')
    this.#at = start + count
    return start
  }
}

const longestRemembered = 64
const rememberedNames: string[] = new Array<string>(4_096).fill('')

/**
 * The text of these bytes, out of a table of the last ones: making a text of bytes and then a key of it took a third of
 * the time of reading a span.
 */
function rememberedName(bytes: Buffer, start: number, end: number): string {
  let hash = end - start
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0
  const place = (hash ^ (hash >>> 12)) & 4_095
  const known = rememberedNames[place] ?? ''
  if (isText(known, bytes, start, end)) return known
  const text = bytes.toString('utf8', start, end)
  rememberedNames[place] = text
  return text
}

function isText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  // A byte of 128 and more never equals the character that it is part of the writing of.
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte >= 0x80 || byte !== text.charCodeAt(at - start)) return false
  }
  return true
}
