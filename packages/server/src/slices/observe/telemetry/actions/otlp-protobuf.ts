import {
  instantOfNanos,
  type OtlpSpan,
  parentIsRemoteOf,
  type ReadSpan,
  type SpanAttributes,
  statusOf,
} from '../model/otlp/span.ts'
import {
  delimited,
  emptyAttributes,
  FieldReader,
  fixed32,
  fixed64,
  readAttributes,
  readKeyValue,
  scopeName,
  varint,
} from './protobuf-reader.ts'

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

/**
 * An `ExportTraceServiceResponse`, or that of logs and metrics, which have the same fields: empty when everything was
 * taken, else how many spans, records or points were refused and why.
 */
export function writeOtlpProtobuf(rejected: number, errorMessage: string): Uint8Array {
  if (rejected === 0 && errorMessage === '') return new Uint8Array(0)
  const message = Buffer.from(errorMessage, 'utf8')
  const partial = Buffer.concat([
    Buffer.from([0x08]),
    varintBytes(rejected),
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
