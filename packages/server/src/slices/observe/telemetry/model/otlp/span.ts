import type { JsonValue } from '@metaagent/contract'
import { type Instant, instantFromEpochMs } from '../../../../../kernel/instant.ts'

/** Attributes as a flat record; a dotted key stays one key, since its prefix may be a key of its own. */
export type SpanAttributes = Readonly<Record<string, JsonValue>>

// Instances of a class without a prototype behind it keep the shape of a class: they are read and written as JSON in a
// fifth less time than what Object.create(null) makes, which is a hash table (measured over the whole mapping).
class Attributes {}
Object.setPrototypeOf(Attributes.prototype, null)
Reflect.deleteProperty(Attributes.prototype, 'constructor')

/** A record for attributes. Nothing stands behind it, so an attribute may be called anything, `__proto__` too. */
export function emptyAttributes(): Record<string, JsonValue> {
  return new Attributes() as Record<string, JsonValue>
}

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

/** The same of the two halves of a 64-bit number, exactly: 2³² nanoseconds are 4,294 ms and 967,296 ns. */
export function instantOfNanoHalves(low: number, high: number): Instant {
  return instantFromEpochMs(high * 4_294 + Math.floor((high * 967_296 + low) / 1_000_000))
}
