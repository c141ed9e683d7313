import type { JsonValue } from '@metaagent/contract'
import type { OtlpLogRecord } from '../model/otlp/records.ts'
import { instantOfNanos, type SpanAttributes } from '../model/otlp/span.ts'
import {
  delimited,
  emptyAttributes,
  FieldReader,
  fixed64,
  readAnyValue,
  readAttributes,
  readKeyValue,
} from './protobuf-reader.ts'

/** Reads an `ExportLogsServiceRequest` (logs/v1/logs.proto). Throws MalformedProtobuf. */
export function readLogsProtobuf(body: Uint8Array): readonly OtlpLogRecord[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const request = new FieldReader(bytes, 0, bytes.length)
  const records: OtlpLogRecord[] = []
  while (request.next()) {
    if (request.field === 1 && request.type === delimited) readResourceLogs(request.message(), records)
    else request.skip()
  }
  return records
}

function readResourceLogs(message: FieldReader, records: OtlpLogRecord[]): void {
  const resource = emptyAttributes()
  const scopes: FieldReader[] = []
  while (message.next()) {
    if (message.field === 1 && message.type === delimited) readAttributes(message.message(), 1, resource)
    else if (message.field === 2 && message.type === delimited) scopes.push(message.message())
    else message.skip()
  }
  for (const scope of scopes)
    while (scope.next()) {
      if (scope.field === 2 && scope.type === delimited) records.push(readRecord(scope.message(), resource))
      else scope.skip()
    }
}

function readRecord(message: FieldReader, resource: SpanAttributes): OtlpLogRecord {
  const texts = { traceId: '', spanId: '', eventName: '' }
  let [at, observedAt] = [0n, 0n]
  let body: JsonValue = null
  const attributes = emptyAttributes()
  while (message.next()) {
    const { field, type } = message
    if (field === 1 && type === fixed64) at = message.fixed64()
    else if (field === 5 && type === delimited) body = readAnyValue(message.message(), 0)
    else if (field === 6 && type === delimited) readKeyValue(message.message(), attributes, 0)
    else if (field === 9 && type === delimited) texts.traceId = message.hex()
    else if (field === 10 && type === delimited) texts.spanId = message.hex()
    else if (field === 11 && type === fixed64) observedAt = message.fixed64()
    else if (field === 12 && type === delimited) texts.eventName = message.text()
    else message.skip()
  }
  const time = at === 0n ? observedAt : at
  return { ...texts, at: time === 0n ? null : instantOfNanos(time), body, attributes, resource }
}
