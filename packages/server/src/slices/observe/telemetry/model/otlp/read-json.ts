import { attributesOf, fieldsOf, jsonNanos, listOf, textOf } from './json-values.ts'
import { type OtlpSpan, parentIsRemoteOf, type ReadSpan, type SpanAttributes, statusOf } from './span.ts'

/**
 * Reads an `ExportTraceServiceRequest` in OTLP's JSON encoding (hex ids, 64-bit integers as text or number, unknown
 * fields ignored). Null when the body is not one at all; a span that cannot be read is a fault of its own.
 */
export function readOtlpJson(body: unknown): readonly ReadSpan[] | null {
  const request = fieldsOf(body)
  if (request === null || (request['resourceSpans'] !== undefined && !Array.isArray(request['resourceSpans'])))
    return null
  const spans: ReadSpan[] = []
  for (const resourceSpans of listOf(request['resourceSpans'])) {
    const group = fieldsOf(resourceSpans)
    if (group === null) return null
    const resource = attributesOf(fieldsOf(group['resource'])?.['attributes'])
    for (const scopeSpans of listOf(group['scopeSpans'])) {
      const inScope = fieldsOf(scopeSpans)
      if (inScope === null) return null
      const scope = textOf(fieldsOf(inScope['scope'])?.['name'])
      for (const span of listOf(inScope['spans'])) spans.push(readJsonSpan(span, resource, scope))
    }
  }
  return spans
}

function readJsonSpan(value: unknown, resource: SpanAttributes, scope: string): ReadSpan {
  const span = fieldsOf(value)
  if (span === null) return { span: null, fault: 'a span is not an object' }
  const startedAt = jsonNanos(span['startTimeUnixNano'])
  const endedAt = jsonNanos(span['endTimeUnixNano'])
  if (startedAt === null) return { span: null, fault: 'startTimeUnixNano is not a time in nanoseconds' }
  if (endedAt === null) return { span: null, fault: 'endTimeUnixNano is not a time in nanoseconds' }
  const status = fieldsOf(span['status'])
  return {
    fault: null,
    span: {
      traceId: textOf(span['traceId']).toLowerCase(),
      spanId: textOf(span['spanId']).toLowerCase(),
      parentSpanId: textOf(span['parentSpanId']).toLowerCase(),
      parentIsRemote: parentIsRemoteOf(Number(span['flags'] ?? 0)),
      name: textOf(span['name']),
      startedAt,
      endedAt,
      attributes: attributesOf(span['attributes']),
      events: listOf(span['events']).map((event) => ({
        name: textOf(fieldsOf(event)?.['name']),
        attributes: attributesOf(fieldsOf(event)?.['attributes']),
      })),
      status: statusOfJson(status?.['code']),
      statusMessage: textOf(status?.['message']),
      resource,
      scope,
    },
  }
}

/** Enumerations are numbers in OTLP/JSON; some senders write their names. */
function statusOfJson(code: unknown): OtlpSpan['status'] {
  if (code === 'STATUS_CODE_ERROR') return 'error'
  if (code === 'STATUS_CODE_OK') return 'ok'
  return statusOf(Number(code ?? 0))
}
