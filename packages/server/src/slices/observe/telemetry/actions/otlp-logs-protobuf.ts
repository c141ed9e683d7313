import type { JsonValue } from '@metaagent/contract'
import type { OtlpLogRecord } from '../model/otlp/records.ts'
import { emptyAttributes, type SpanAttributes } from '../model/otlp/span.ts'
import { readAnyValue, readExport, readKeyValue } from './otlp-protobuf-values.ts'
import { delimited, type FieldReader, fixed64 } from './protobuf-reader.ts'

/** Reads an `ExportLogsServiceRequest` (logs/v1/logs.proto). Throws MalformedProtobuf. */
export function readLogsProtobuf(body: Uint8Array): readonly OtlpLogRecord[] {
  return readExport(body, readRecord)
}

function readRecord(message: FieldReader, resource: SpanAttributes, _scope: string, records: OtlpLogRecord[]): void {
  const texts = { traceId: '', spanId: '', eventName: '' }
  let at: OtlpLogRecord['at'] = null
  let observedAt: OtlpLogRecord['at'] = null
  let body: JsonValue = null
  const attributes = emptyAttributes()
  while (message.next()) {
    const { field, type } = message
    if (field === 1 && type === fixed64) at = message.time()
    else if (field === 5 && type === delimited) body = readAnyValue(message)
    else if (field === 6 && type === delimited) readKeyValue(message, attributes)
    else if (field === 9 && type === delimited) texts.traceId = message.hex()
    else if (field === 10 && type === delimited) texts.spanId = message.hex()
    else if (field === 11 && type === fixed64) observedAt = message.time()
    else if (field === 12 && type === delimited) texts.eventName = message.name()
    else message.skip()
  }
  records.push({ ...texts, at: at ?? observedAt, body, attributes, resource })
}
