import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readOtlpJson } from '../model/otlp/read-json.ts'
import { readOtlpProtobuf, writeOtlpProtobuf } from './otlp-protobuf.ts'
import { MalformedProtobuf } from './protobuf-reader.ts'

// An encoder of its own, field by field after opentelemetry-proto: what it writes, the reader must read.
type Fields = Readonly<Record<string, unknown>>
const objectOf = (value: unknown) => (value ?? {}) as Fields
const listOf = (value: unknown) => (value ?? []) as readonly unknown[]

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}
const field = (number: number, type: number, bytes: Uint8Array) =>
  Buffer.concat([varint(BigInt(number * 8 + type)), bytes])
const delimited = (number: number, bytes: Uint8Array) =>
  field(number, 2, Buffer.concat([varint(BigInt(bytes.length)), bytes]))
const text = (number: number, value: unknown) => delimited(number, Buffer.from((value ?? '') as string))
const hexBytes = (number: number, value: unknown) => delimited(number, Buffer.from((value ?? '') as string, 'hex'))
const number64 = (at: number, value: unknown) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt((value ?? 0) as string))
  return field(at, 1, bytes)
}
const many = (number: number, values: unknown, write: (value: Fields) => Buffer) =>
  Buffer.concat(listOf(values).map((value) => delimited(number, write(objectOf(value)))))

function writeAny(value: Fields): Buffer {
  if ('stringValue' in value) return text(1, value['stringValue'])
  if ('boolValue' in value) return field(2, 0, varint(value['boolValue'] === true ? 1n : 0n))
  if ('intValue' in value) return field(3, 0, varint(BigInt(value['intValue'] as string)))
  if ('doubleValue' in value) {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value['doubleValue'] as number)
    return field(4, 1, bytes)
  }
  if ('arrayValue' in value) return delimited(5, many(1, objectOf(value['arrayValue'])['values'], writeAny))
  if ('kvlistValue' in value) return delimited(6, many(1, objectOf(value['kvlistValue'])['values'], writeKeyValue))
  return delimited(7, Buffer.from(value['bytesValue'] as string, 'base64'))
}
const writeKeyValue = ({ key, value }: Fields) => Buffer.concat([text(1, key), delimited(2, writeAny(objectOf(value)))])
const writeEvent = (event: Fields) =>
  Buffer.concat([
    number64(1, event['timeUnixNano']),
    text(2, event['name']),
    many(3, event['attributes'], writeKeyValue),
  ])
const writeLink = (link: Fields) => Buffer.concat([hexBytes(1, link['traceId']), hexBytes(2, link['spanId'])])

function writeSpan(one: Fields): Buffer {
  const flags = Buffer.alloc(4)
  flags.writeUInt32LE((one['flags'] ?? 0) as number)
  const status = objectOf(one['status'])
  return Buffer.concat([
    hexBytes(1, one['traceId']),
    hexBytes(2, one['spanId']),
    text(3, 'vendor=1'),
    hexBytes(4, one['parentSpanId']),
    text(5, one['name']),
    field(6, 0, varint(BigInt((one['kind'] ?? 0) as number))),
    number64(7, one['startTimeUnixNano']),
    number64(8, one['endTimeUnixNano']),
    many(9, one['attributes'], writeKeyValue),
    field(10, 0, varint(3n)),
    many(11, one['events'], writeEvent),
    many(13, one['links'], writeLink),
    delimited(
      15,
      Buffer.concat([text(2, status['message']), field(3, 0, varint(BigInt((status['code'] ?? 0) as number)))]),
    ),
    field(16, 5, flags),
  ])
}
const writeScopeSpans = (group: Fields) => {
  const scope = objectOf(group['scope'])
  return Buffer.concat([
    delimited(1, Buffer.concat([text(1, scope['name']), text(2, scope['version'])])),
    many(2, group['spans'], writeSpan),
  ])
}
// The resource behind its spans: the order of fields is the sender's affair.
const writeResourceSpans = (group: Fields) =>
  Buffer.concat([
    many(2, group['scopeSpans'], writeScopeSpans),
    delimited(1, many(1, objectOf(group['resource'])['attributes'], writeKeyValue)),
    text(3, group['schemaUrl']),
  ])
const encode = (request: Fields): Uint8Array => many(1, request['resourceSpans'], writeResourceSpans)

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((drawn) => Buffer.from(drawn).toString('hex'))
const unit = fc.string({ unit: 'grapheme', maxLength: 12 })

interface AnyJson {
  readonly [kind: string]: unknown
}
const { value: anyValue } = fc.letrec<{ value: AnyJson }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    unit.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ intValue: value.toString() })),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 9 }).map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc
      .array(fc.record({ key: unit, value: tie('value') }), { maxLength: 3 })
      .map((values) => ({ kvlistValue: { values } })),
  ),
}))
const attributes = fc.array(fc.record({ key: unit, value: anyValue }), { maxLength: 4 })
const nanos = fc.bigInt({ min: 1n, max: 9_000_000_000_000_000_000n }).map(String)
const span = fc.record({
  traceId: hex(16),
  spanId: hex(8),
  parentSpanId: fc.oneof(fc.constant(''), hex(8)),
  name: unit,
  kind: fc.nat({ max: 5 }),
  flags: fc.constantFrom(0, 1, 0x100, 0x301),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  events: fc.array(fc.record({ timeUnixNano: nanos, name: unit, attributes }), { maxLength: 2 }),
  links: fc.array(fc.record({ traceId: hex(16), spanId: hex(8) }), { maxLength: 2 }),
  status: fc.record({ code: fc.nat({ max: 2 }), message: unit }),
})
const request = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource: fc.record({ attributes }),
      scopeSpans: fc.array(
        fc.record({ scope: fc.record({ name: unit, version: unit }), spans: fc.array(span, { maxLength: 3 }) }),
        { maxLength: 2 },
      ),
      schemaUrl: unit,
    }),
    { maxLength: 2 },
  ),
})

test('T11: protobuf and JSON of the same spans are read alike', () => {
  fc.assert(
    fc.property(request, (drawn) => {
      const json = JSON.parse(JSON.stringify(drawn)) as unknown
      expect(readOtlpProtobuf(encode(drawn))).toEqual(readOtlpJson(json))
    }),
    { numRuns: 300 },
  )
})

test('T11: a negative zero is zero in protobuf as in JSON', () => {
  const zero = { key: 'retries', value: { doubleValue: -0 } }
  const span = {
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    parentSpanId: '',
    name: 'x',
    kind: 0,
    flags: 0,
    startTimeUnixNano: '1',
    endTimeUnixNano: '1',
    attributes: [zero],
    events: [],
    links: [],
    status: { code: 0, message: '' },
  }
  const scopeSpans = [{ scope: { name: '', version: '' }, spans: [span] }]
  const drawn = { resourceSpans: [{ resource: { attributes: [zero] }, scopeSpans, schemaUrl: '' }] }
  expect(readOtlpProtobuf(encode(drawn))).toEqual(readOtlpJson(JSON.parse(JSON.stringify(drawn))))
})

test('T11: bytes that are no such message are refused, and never read beyond their end', () => {
  fc.assert(
    fc.property(request, fc.nat(), fc.uint8Array({ maxLength: 4 }), (drawn, cut, noise) => {
      const bytes = encode(drawn)
      const broken = Buffer.concat([bytes.subarray(0, cut % (bytes.length + 1)), noise])
      try {
        readOtlpProtobuf(broken)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedProtobuf)
      }
    }),
    { numRuns: 300 },
  )
  expect(() => readOtlpProtobuf(Buffer.from('not protobuf at all'))).toThrow(MalformedProtobuf)
})

test('T11: an attribute may be called anything, and is called nothing else', () => {
  const value = { stringValue: 'polluted' }
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '']
  const drawn = {
    resourceSpans: [
      {
        resource: { attributes: [] },
        scopeSpans: [
          {
            scope: { name: '' },
            spans: [
              {
                startTimeUnixNano: '1',
                endTimeUnixNano: '2',
                attributes: names.map((key) => ({ key, value })),
              },
            ],
          },
        ],
      },
    ],
  }
  for (const spans of [readOtlpProtobuf(encode(drawn)), readOtlpJson(drawn)]) {
    const attributes = spans?.[0]?.span?.attributes ?? {}
    expect(Object.keys(attributes).sort()).toEqual(names.slice(0, -1).sort())
    expect(attributes['valueOf']).toBeUndefined()
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  }
})

test('fields that are not known are skipped', () => {
  const bytes = Buffer.concat([
    encode({ resourceSpans: [] }),
    Buffer.from([0x98, 0x06, 0x01, 0x9a, 0x06, 0x01, 0x41, 0x9d, 0x06, 1, 2, 3, 4]),
  ])
  expect(readOtlpProtobuf(bytes)).toEqual([])
})

test('a span that was never ended is a fault of its own', () => {
  const [read] = readOtlpProtobuf(
    encode({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'open', startTimeUnixNano: '1' }] }] }] }),
  )
  expect(read?.fault).toContain('end_time_unix_nano')
})

test('T11: the reply says how many spans were refused', () => {
  expect(writeOtlpProtobuf(0, '').length).toBe(0)
  const message = Buffer.from('too late – sorry')
  const partial = Buffer.concat([field(1, 0, varint(300n)), delimited(2, message)])
  expect(Buffer.from(writeOtlpProtobuf(300, 'too late – sorry')).equals(delimited(1, partial))).toBe(true)
})
