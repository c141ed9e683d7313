import type { JsonValue } from '@metaagent/contract'
import type { Instant } from '../../../../../kernel/instant.ts'
import { anyValue, attributesOf, fieldsOf, jsonNanos, listOf, textOf } from './json-values.ts'
import type { SpanAttributes } from './span.ts'

/** One log record of OTLP, from JSON or protobuf alike. */
export interface OtlpLogRecord {
  readonly traceId: string
  readonly spanId: string
  /** When it happened, else when it was observed; null when the sender says neither. */
  readonly at: Instant | null
  readonly eventName: string
  readonly body: JsonValue
  readonly attributes: SpanAttributes
  readonly resource: SpanAttributes
}

/**
 * Reads an `ExportLogsServiceRequest` in OTLP's JSON encoding; null when the body is not one at all. What is no record
 * is left out.
 */
export function readLogsJson(body: unknown): readonly OtlpLogRecord[] | null {
  const request = fieldsOf(body)
  if (request === null || (request['resourceLogs'] !== undefined && !Array.isArray(request['resourceLogs'])))
    return null
  return listOf(request['resourceLogs']).flatMap((group) => {
    const resource = attributesOf(fieldsOf(fieldsOf(group)?.['resource'])?.['attributes'])
    return listOf(fieldsOf(group)?.['scopeLogs']).flatMap((scope) =>
      listOf(fieldsOf(scope)?.['logRecords']).flatMap((record) => readRecord(record, resource)),
    )
  })
}

function readRecord(value: unknown, resource: SpanAttributes): readonly OtlpLogRecord[] {
  const record = fieldsOf(value)
  if (record === null) return []
  return [
    {
      traceId: textOf(record['traceId']).toLowerCase(),
      spanId: textOf(record['spanId']).toLowerCase(),
      at: jsonNanos(record['timeUnixNano']) ?? jsonNanos(record['observedTimeUnixNano']),
      eventName: textOf(record['eventName']),
      body: record['body'] === undefined ? null : anyValue(record['body'], 0),
      attributes: attributesOf(record['attributes']),
      resource,
    },
  ]
}
