import type { JsonValue } from '@metaagent/contract'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'

/** Attributes as a flat record; a dotted key stays one key, since its prefix may be a key of its own. */
export type SpanAttributes = Readonly<Record<string, JsonValue>>

/** One span of OTLP, from JSON or protobuf alike. */
export interface OtlpSpan {
  /** As sent: 32 and 16 hex digits when they are right. */
  readonly traceId: string
  readonly spanId: string
  /** Empty for the root of a trace. */
  readonly parentSpanId: string
  /** Whether the parent is in another process; null when the sender does not say. */
  readonly parentIsRemote: boolean | null
  readonly name: string
  readonly startedAt: Instant
  readonly endedAt: Instant
  readonly attributes: SpanAttributes
  readonly events: readonly { readonly name: string; readonly attributes: SpanAttributes }[]
  readonly status: 'unset' | 'ok' | 'error'
  readonly statusMessage: string
  /** Attributes of the resource that the span belongs to; the same object for all spans of it. */
  readonly resource: SpanAttributes
  readonly scope: string
}

/** A span as read, or why it cannot be. Its place in the request is its place in the list. */
export type ReadSpan =
  | { readonly span: OtlpSpan; readonly fault: null }
  | { readonly span: null; readonly fault: string }

/** Bits 8 and 9 of a span's flags: whether it is known that the parent is remote, and whether it is (trace.proto). */
export function parentIsRemoteOf(flags: number): boolean | null {
  return (flags & 0x100) === 0 ? null : (flags & 0x200) !== 0
}

/** The span kinds' statuses by number (trace.proto, `Status.StatusCode`). */
export function statusOf(code: number): OtlpSpan['status'] {
  return code === 2 ? 'error' : code === 1 ? 'ok' : 'unset'
}

const nanosPerMs = 1_000_000n

/** Nanoseconds since the epoch as an instant, cut to milliseconds; null when it is no time. */
export function instantOfNanos(nanos: bigint): Instant | null {
  const ms = Number(nanos / nanosPerMs)
  return Number.isSafeInteger(ms) && ms >= 0 ? instantFromEpochMs(ms) : null
}

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

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

function jsonNanos(value: unknown): Instant | null {
  if (typeof value === 'number')
    return Number.isFinite(value) && value > 0 ? instantOfNanos(BigInt(Math.trunc(value))) : null
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return null
  const nanos = BigInt(value)
  return nanos === 0n ? null : instantOfNanos(nanos)
}

function attributesOf(list: unknown): SpanAttributes {
  // Without a prototype, so that an attribute may be called anything.
  const attributes: Record<string, JsonValue> = Object.create(null)
  for (const entry of listOf(list)) {
    const fields = fieldsOf(entry)
    const key = textOf(fields?.['key'])
    if (key !== '') attributes[key] = anyValue(fields?.['value'], 0)
  }
  return attributes
}

const deepestValue = 64

/** An OTLP `AnyValue` as plain JSON; bytes stay base64. Deeper than 64 levels becomes null. */
function anyValue(value: unknown, level: number): JsonValue {
  const fields = fieldsOf(value)
  if (fields === null || level > deepestValue) return null
  if (fields['stringValue'] !== undefined) return String(fields['stringValue'])
  if (fields['boolValue'] !== undefined) return fields['boolValue'] === true
  if (fields['intValue'] !== undefined) return integerOf(fields['intValue'])
  if (fields['doubleValue'] !== undefined) return doubleOf(fields['doubleValue'])
  if (fields['arrayValue'] !== undefined)
    return listOf(fieldsOf(fields['arrayValue'])?.['values']).map((item) => anyValue(item, level + 1))
  if (fields['kvlistValue'] !== undefined) return keyValues(fieldsOf(fields['kvlistValue'])?.['values'], level + 1)
  return typeof fields['bytesValue'] === 'string' ? fields['bytesValue'] : null
}

function keyValues(list: unknown, level: number): JsonValue {
  const entries = listOf(list).map((entry): [string, JsonValue] => {
    const fields = fieldsOf(entry)
    return [textOf(fields?.['key']), anyValue(fields?.['value'], level)]
  })
  return Object.fromEntries(entries)
}

/** 64-bit integers come as text; beyond what a number holds exactly they stay text. */
function integerOf(value: unknown): JsonValue {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** JSON has no NaN and no infinity: those become their names. */
function doubleOf(value: unknown): JsonValue {
  const number = Number(value)
  return Number.isFinite(number) ? number : String(value)
}
