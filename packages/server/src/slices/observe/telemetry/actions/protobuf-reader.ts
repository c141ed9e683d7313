import type { JsonValue } from '@metaagent/contract'

/** The bytes are not the protobuf message that they should be. */
export class MalformedProtobuf extends Error {
  override readonly name = 'MalformedProtobuf'
}

// Wire types (protobuf.dev, "Encoding"): the low three bits of a field's tag.
export const varint = 0
export const fixed64 = 1
export const delimited = 2
export const fixed32 = 5

/** Reads fields of one message out of a buffer. */
export class FieldReader {
  readonly #bytes: Buffer
  #at: number
  readonly #end: number
  /** Number and wire type of the field that `next` stands on. */
  field = 0
  type = 0

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  next(): boolean {
    if (this.#at >= this.#end) return false
    const tag = Number(this.varint())
    this.field = Math.floor(tag / 8)
    this.type = tag & 7
    return true
  }

  varint(): bigint {
    let value = 0
    let shift = 0
    // Up to four bytes fit a 32-bit number, which is nearly all of them.
    for (; shift < 28; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return BigInt(value)
    }
    let large = BigInt(value)
    for (; shift < 70; shift += 7) {
      const byte = this.#byte()
      large |= BigInt(byte & 0x7f) << BigInt(shift)
      if (byte < 0x80) return BigInt.asUintN(64, large)
    }
    throw new MalformedProtobuf('a number is longer than ten bytes')
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8))
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  signedFixed64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8))
  }

  /** A `sint32`: small negative numbers are small. */
  zigzag(): number {
    const value = Number(this.varint())
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** Repeated numbers, packed into one field or standing alone, read one by one. */
  packed(read: (reader: FieldReader) => void): void {
    if (this.type !== delimited) return read(this)
    const inner = this.message()
    while (inner.#at < inner.#end) read(inner)
  }

  text(): string {
    const [start, end] = this.#range()
    return this.#bytes.toString('utf8', start, end)
  }

  hex(): string {
    const [start, end] = this.#range()
    return this.#bytes.toString('hex', start, end)
  }

  base64(): string {
    const [start, end] = this.#range()
    return this.#bytes.toString('base64', start, end)
  }

  message(): FieldReader {
    const [start, end] = this.#range()
    return new FieldReader(this.#bytes, start, end)
  }

  skip(): void {
    if (this.type === varint) this.varint()
    else if (this.type === fixed64) this.#take(8)
    else if (this.type === fixed32) this.#take(4)
    else if (this.type === delimited) this.#range()
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

  #range(): readonly [number, number] {
    const length = Number(this.varint())
    const start = this.#take(length)
    return [start, start + length]
  }
}

/** Name of an instrumentation scope. */
export function scopeName(message: FieldReader): string {
  let name = ''
  while (message.next()) {
    if (message.field === 1 && message.type === delimited) name = message.text()
    else message.skip()
  }
  return name
}

// Without a prototype, so that an attribute may be called anything.
export function emptyAttributes(): Record<string, JsonValue> {
  return Object.create(null)
}

/** Key and value pairs that a message holds as one of its fields. */
export function readAttributes(message: FieldReader, field: number, into: Record<string, JsonValue>): void {
  while (message.next()) {
    if (message.field === field && message.type === delimited) readKeyValue(message.message(), into, 0)
    else message.skip()
  }
}

/** A key with its value; attributes without a key are dropped, as in the JSON encoding. */
export function readKeyValue(message: FieldReader, into: Record<string, JsonValue>, level: number): void {
  const [key, value] = readPair(message, level)
  if (key !== '') into[key] = value
}

function readPair(message: FieldReader, level: number): readonly [string, JsonValue] {
  let key = ''
  let value: JsonValue = null
  while (message.next()) {
    if (message.field === 1 && message.type === delimited) key = message.text()
    else if (message.field === 2 && message.type === delimited) value = readAnyValue(message.message(), level)
    else message.skip()
  }
  return [key, value]
}

const deepestValue = 64

export function readAnyValue(message: FieldReader, level: number): JsonValue {
  let value: JsonValue = null
  while (message.next()) {
    const { field, type } = message
    if (field === 1 && type === delimited) value = message.text()
    else if (field === 2 && type === varint) value = message.varint() !== 0n
    else if (field === 3 && type === varint) value = readInteger(message.varint())
    else if (field === 4 && type === fixed64) value = readDouble(message.double())
    else if (level > deepestValue) message.skip()
    else if (field === 5 && type === delimited) value = readArray(message.message(), level + 1)
    else if (field === 6 && type === delimited) value = readKeyValues(message.message(), level + 1)
    else if (field === 7 && type === delimited) value = message.base64()
    else message.skip()
  }
  return value
}

/** 64-bit integers beyond what a number holds exactly stay text, as in the JSON encoding. */
function readInteger(unsigned: bigint): JsonValue {
  const value = BigInt.asIntN(64, unsigned)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

function readDouble(value: number): JsonValue {
  return Number.isFinite(value) ? value : String(value)
}

function readArray(message: FieldReader, level: number): JsonValue {
  const items: JsonValue[] = []
  while (message.next()) {
    if (message.field === 1 && message.type === delimited) items.push(readAnyValue(message.message(), level))
    else message.skip()
  }
  return items
}

function readKeyValues(message: FieldReader, level: number): JsonValue {
  const entries: (readonly [string, JsonValue])[] = []
  while (message.next()) {
    if (message.field === 1 && message.type === delimited) entries.push(readPair(message.message(), level))
    else message.skip()
  }
  return Object.fromEntries(entries)
}
