import { createHash } from 'node:crypto'
import { instantFromEpochMs } from '../../packages/server/src/kernel/instant.ts'
import { readOtlpTraces } from '../../packages/server/src/slices/observe/telemetry/actions/otlp-intake.ts'
import { type MappedSpan, mapSpan } from '../../packages/server/src/slices/observe/telemetry/model/otlp/map-span.ts'
import { readOtlpJson } from '../../packages/server/src/slices/observe/telemetry/model/otlp/read-json.ts'
import type { OtlpSpan } from '../../packages/server/src/slices/observe/telemetry/model/otlp/span.ts'
import { type OtlpRequest, otlpBytes } from '../../packages/server/src/testkit/otlp-bytes.ts'

/** The recordings are older than any clock that reads them. */
export const now = instantFromEpochMs(Date.UTC(2027, 0, 1))

export type Fields = Readonly<Record<string, unknown>>
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** A span as it was read, and what the mapper made of it. */
export interface MappedInput {
  readonly span: OtlpSpan | null
  readonly fault: string | null
  readonly mapped: Extract<MappedSpan, { readonly fault: null }> | null
}

/**
 * Maps one recorded input: through the JSON reader, and once more from end to end in both encodings, which must agree.
 * Throws what the mapper throws.
 */
export function mapInput(input: unknown): readonly MappedInput[] {
  const resourceSpans = Array.isArray(input) ? input : listOf(fieldsOf(input)['resourceSpans'])
  const recorded = { resourceSpans: resourceSpans.map(plain) }
  readOtlpTraces('json', Buffer.from(JSON.stringify(recorded)), now)
  const request = withUsableIds(recorded)
  checkBothEncodings(request)
  return (readOtlpJson(request) ?? []).map((read) => {
    if (read.fault !== null) return { span: null, fault: read.fault, mapped: null }
    const mapped = mapSpan(read.span, now)
    return mapped.fault === null
      ? { span: read.span, fault: null, mapped }
      : { span: read.span, fault: mapped.fault, mapped: null }
  })
}

function checkBothEncodings(request: OtlpRequest): void {
  const json = readOtlpTraces('json', Buffer.from(JSON.stringify(request)), now)
  if (!json.ok) throw new Error(`refused whole: ${json.refusal.detail}`)
  const binary = readOtlpTraces('protobuf', otlpBytes(request), now)
  if (!binary.ok) throw new Error(`refused whole in protobuf: ${binary.refusal.detail}`)
  const [a, b] = [json.value, binary.value].map(({ batch, rejected }) => JSON.stringify([batch, rejected]))
  if (a !== b) throw new Error('JSON and protobuf were read differently')
}

/** From what a protobuf library decodes (byte buffers, split 64-bit numbers) to OTLP/JSON. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const fields = value as Fields
  if (Array.isArray(fields['data']) && fields['data'].every((byte) => typeof byte === 'number'))
    return Buffer.from(fields['data']).toString('hex')
  if (typeof fields['low'] === 'number' && typeof fields['high'] === 'number') return longText(fields)
  const entries = Object.entries(fields).flatMap(([key, item]) => {
    // What was not set was recorded as null.
    if (item === null || item === undefined) return []
    const known = plain(item)
    return [[key, key === 'intValue' ? String(known) : key === 'doubleValue' ? Number(known) : known]] as const
  })
  return Object.fromEntries(entries)
}

type Loose = Record<string, unknown>

/**
 * Some recordings have made-up ids (`trace-1`), which a receiver refuses; their attributes are worth reading all the same,
 * so those spans get ids made from what they had. Lists that were left out become empty.
 */
function withUsableIds(request: { readonly resourceSpans: readonly unknown[] }): OtlpRequest {
  const resourceSpans = request.resourceSpans.map((group) => {
    const { resource, scopeSpans, ...rest } = fieldsOf(group)
    return {
      ...rest,
      resource: { attributes: listOf(fieldsOf(resource)['attributes']) },
      scopeSpans: listOf(scopeSpans).map((scoped) => {
        const { scope, spans } = fieldsOf(scoped)
        return { scope: { name: String(fieldsOf(scope)['name'] ?? '') }, spans: listOf(spans).map(usableSpan) }
      }),
    }
  })
  return { resourceSpans } as unknown as OtlpRequest
}

function usableSpan(value: unknown): Loose {
  const { parentSpanId, status, ...span } = fieldsOf(value)
  const { code, message } = fieldsOf(status)
  const parent = parentSpanId === undefined || parentSpanId === '' ? null : usableId(parentSpanId, 16)
  return {
    ...span,
    traceId: usableId(span['traceId'], 32),
    spanId: usableId(span['spanId'], 16),
    ...(parent === null ? {} : { parentSpanId: parent }),
    ...usableTimes(span),
    name: String(span['name'] ?? ''),
    events: listOf(span['events']).map((event) => ({ name: '', ...fieldsOf(event) })),
    status: { ...(typeof code === 'number' ? { code } : {}), ...(typeof message === 'string' ? { message } : {}) },
  }
}

// Where a recording has no time or one from 1970, its span begins here.
export const madeUpStart = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n
const earliest = BigInt(Date.UTC(2020, 0, 1)) * 1_000_000n

function usableTimes(span: Fields): Loose {
  const [start, end] = [nanosOf(span['startTimeUnixNano']), nanosOf(span['endTimeUnixNano'])]
  if (start !== null && end !== null && start >= earliest && end >= start) return {}
  const lasted = start !== null && end !== null && end >= start ? end - start : 1_000_000_000n
  return { startTimeUnixNano: String(madeUpStart), endTimeUnixNano: String(madeUpStart + lasted) }
}

function nanosOf(value: unknown): bigint | null {
  return /^\d+$/.test(String(value)) ? BigInt(String(value)) : null
}

function usableId(id: unknown, digits: 16 | 32): string {
  const text = String(id ?? '').toLowerCase()
  const usable = new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`).test(text)
  return usable ? text : createHash('sha256').update(text).digest('hex').slice(0, digits)
}

function longText({ low, high, unsigned }: Fields): string {
  const bits = (BigInt(Number(high) >>> 0) << 32n) | BigInt(Number(low) >>> 0)
  return String(unsigned === true ? bits : BigInt.asIntN(64, bits))
}
