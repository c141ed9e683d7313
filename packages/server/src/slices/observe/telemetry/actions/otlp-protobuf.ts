import type { JsonValue } from '@metaagent/contract'
import {
  instantOfNanos,
  type OtlpSpan,
  parentIsRemoteOf,
  type ReadSpan,
  type SpanAttributes,
  statusOf,
} from '../model/otlp/span.ts'

/** The bytes are not the protobuf message that they should be. */
export class MalformedProtobuf extends Error {
  override readonly name = 'MalformedProtobuf'
}

// Wire types (protobuf.dev, "Encoding"): the low three bits of a field's tag.
const varint = 0
const fixed64 = 1
const delimited = 2
const fixed32 = 5

/** Reads fields of one message out of a buffer. */
class FieldReader {
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

/**
 * Reads an `ExportTraceServiceRequest` (opentelemetry-proto, collector/trace/v1). By hand: it is a dozen messages that
 * change only by addition, and reading them straight into our shape is faster than a general decoder and a second pass.
 * Throws MalformedProtobuf.
 */
export function readOtlpProtobuf(body: Uint8Array): readonly ReadSpan[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const request = new FieldReader(bytes, 0, bytes.length)
  const spans: ReadSpan[] = []
  while (request.next()) {
    if (request.field === 1 && request.type === delimited) readResourceSpans(request.message(), spans)
    else request.skip()
  }
  return spans
}

function readResourceSpans(message: FieldReader, spans: ReadSpan[]): void {
  const resource = emptyAttributes()
  const scopes: FieldReader[] = []
  while (message.next()) {
    if (message.field === 1 && message.type === delimited) readAttributes(message.message(), 1, resource)
    else if (message.field === 2 && message.type === delimited) scopes.push(message.message())
    else message.skip()
  }
  for (const scope of scopes) readScopeSpans(scope, resource, spans)
}

function readScopeSpans(message: FieldReader, resource: SpanAttributes, spans: ReadSpan[]): void {
  let scope = ''
  const found: FieldReader[] = []
  while (message.next()) {
    if (message.field === 1 && message.type === delimited) scope = scopeName(message.message())
    else if (message.field === 2 && message.type === delimited) found.push(message.message())
    else message.skip()
  }
  for (const span of found) spans.push(readSpan(span, resource, scope))
}

function scopeName(message: FieldReader): string {
  let name = ''
  while (message.next()) {
    if (message.field === 1 && message.type === delimited) name = message.text()
    else message.skip()
  }
  return name
}

function readSpan(message: FieldReader, resource: SpanAttributes, scope: string): ReadSpan {
  const ids = { traceId: '', spanId: '', parentSpanId: '' }
  const texts = { name: '', statusMessage: '' }
  let start = 0n
  let end = 0n
  let flags = 0
  let status: OtlpSpan['status'] = 'unset'
  const attributes = emptyAttributes()
  const events: OtlpSpan['events'][number][] = []
  while (message.next()) {
    const { field, type } = message
    if (field === 1 && type === delimited) ids.traceId = message.hex()
    else if (field === 2 && type === delimited) ids.spanId = message.hex()
    else if (field === 4 && type === delimited) ids.parentSpanId = message.hex()
    else if (field === 5 && type === delimited) texts.name = message.text()
    else if (field === 7 && type === fixed64) start = message.fixed64()
    else if (field === 8 && type === fixed64) end = message.fixed64()
    else if (field === 9 && type === delimited) readKeyValue(message.message(), attributes, 0)
    else if (field === 11 && type === delimited) events.push(readEvent(message.message()))
    else if (field === 15 && type === delimited) {
      const read = readStatus(message.message())
      status = statusOf(read.code)
      texts.statusMessage = read.message
    } else if (field === 16 && type === fixed32) flags = message.fixed32()
    else message.skip()
  }
  const startedAt = start === 0n ? null : instantOfNanos(start)
  const endedAt = end === 0n ? null : instantOfNanos(end)
  if (startedAt === null) return { span: null, fault: 'start_time_unix_nano is not set' }
  if (endedAt === null) return { span: null, fault: 'end_time_unix_nano is not set' }
  const parentIsRemote = parentIsRemoteOf(flags)
  return {
    fault: null,
    span: { ...ids, ...texts, parentIsRemote, startedAt, endedAt, attributes, events, status, resource, scope },
  }
}

function readStatus(message: FieldReader): { readonly code: number; readonly message: string } {
  let code = 0
  let text = ''
  while (message.next()) {
    if (message.field === 2 && message.type === delimited) text = message.text()
    else if (message.field === 3 && message.type === varint) code = Number(message.varint())
    else message.skip()
  }
  return { code, message: text }
}

function readEvent(message: FieldReader): OtlpSpan['events'][number] {
  let name = ''
  const attributes = emptyAttributes()
  while (message.next()) {
    if (message.field === 2 && message.type === delimited) name = message.text()
    else if (message.field === 3 && message.type === delimited) readKeyValue(message.message(), attributes, 0)
    else message.skip()
  }
  return { name, attributes }
}

// Without a prototype, so that an attribute may be called anything.
function emptyAttributes(): Record<string, JsonValue> {
  return Object.create(null)
}

/** Key and value pairs that a message holds as one of its fields. */
function readAttributes(message: FieldReader, field: number, into: Record<string, JsonValue>): void {
  while (message.next()) {
    if (message.field === field && message.type === delimited) readKeyValue(message.message(), into, 0)
    else message.skip()
  }
}

/** A key with its value; attributes without a key are dropped, as in the JSON encoding. */
function readKeyValue(message: FieldReader, into: Record<string, JsonValue>, level: number): void {
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

function readAnyValue(message: FieldReader, level: number): JsonValue {
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

/** An `ExportTraceServiceResponse`: empty when everything was taken, else how many spans were refused and why. */
export function writeOtlpProtobuf(rejectedSpans: number, errorMessage: string): Uint8Array {
  if (rejectedSpans === 0 && errorMessage === '') return new Uint8Array(0)
  const message = Buffer.from(errorMessage, 'utf8')
  const partial = Buffer.concat([
    Buffer.from([0x08]),
    varintBytes(rejectedSpans),
    Buffer.from([0x12]),
    varintBytes(message.length),
    message,
  ])
  return Buffer.concat([Buffer.from([0x0a]), varintBytes(partial.length), partial])
}

function varintBytes(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}
