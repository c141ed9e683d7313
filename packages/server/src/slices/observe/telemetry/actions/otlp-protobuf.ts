import {
  emptyAttributes,
  type OtlpSpan,
  parentIsRemoteOf,
  type ReadSpan,
  type SpanAttributes,
  statusOf,
} from '../model/otlp/span.ts'
import { readExport, readKeyValue } from './otlp-protobuf-values.ts'
import { delimited, type FieldReader, fixed32, fixed64, varint } from './protobuf-reader.ts'

/**
 * Reads an `ExportTraceServiceRequest` (opentelemetry-proto, collector/trace/v1). By hand: it is a dozen messages that
 * change only by addition, and reading them straight into our shape is faster than a general decoder and a second pass.
 * Throws MalformedProtobuf.
 */
export function readOtlpProtobuf(body: Uint8Array): readonly ReadSpan[] {
  return readExport(body, readSpan)
}

function readSpan(message: FieldReader, resource: SpanAttributes, scope: string, spans: ReadSpan[]): void {
  let [traceId, spanId, parentSpanId, name, statusMessage] = ['', '', '', '', '']
  let startedAt: OtlpSpan['startedAt'] | null = null
  let endedAt: OtlpSpan['endedAt'] | null = null
  let flags = 0
  let status: OtlpSpan['status'] = 'unset'
  const attributes = emptyAttributes()
  const events: OtlpSpan['events'][number][] = []
  while (message.next()) {
    const { field, type } = message
    if (field === 9 && type === delimited) readKeyValue(message, attributes)
    else if (field === 1 && type === delimited) traceId = message.hex()
    else if (field === 2 && type === delimited) spanId = message.hex()
    else if (field === 4 && type === delimited) parentSpanId = message.hex()
    else if (field === 5 && type === delimited) name = message.name()
    else if (field === 7 && type === fixed64) startedAt = message.time()
    else if (field === 8 && type === fixed64) endedAt = message.time()
    else if (field === 11 && type === delimited) events.push(readEvent(message))
    else if (field === 15 && type === delimited) {
      const read = readStatus(message)
      status = statusOf(read.code)
      statusMessage = read.message
    } else if (field === 16 && type === fixed32) flags = message.fixed32()
    else message.skip()
  }
  if (startedAt === null) spans.push({ span: null, fault: 'start_time_unix_nano is not set' })
  else if (endedAt === null) spans.push({ span: null, fault: 'end_time_unix_nano is not set' })
  else {
    const ids = { traceId, spanId, parentSpanId, parentIsRemote: parentIsRemoteOf(flags) }
    const span = { ...ids, name, startedAt, endedAt, attributes, events, status, statusMessage, resource, scope }
    spans.push({ fault: null, span })
  }
}

function readStatus(reader: FieldReader): { readonly code: number; readonly message: string } {
  let code = 0
  let text = ''
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.field === 2 && reader.type === delimited) text = reader.text()
    else if (reader.field === 3 && reader.type === varint) code = reader.uint()
    else reader.skip()
  }
  reader.leave(outer)
  return { code, message: text }
}

function readEvent(reader: FieldReader): OtlpSpan['events'][number] {
  let name = ''
  const attributes = emptyAttributes()
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.field === 2 && reader.type === delimited) name = reader.name()
    else if (reader.field === 3 && reader.type === delimited) readKeyValue(reader, attributes)
    else reader.skip()
  }
  reader.leave(outer)
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
