/** An OTLP `AnyValue` in the JSON encoding; `bytesValue` is base64. */
export interface OtlpValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: readonly OtlpValue[] }
  readonly kvlistValue?: { readonly values: readonly OtlpAttribute[] }
  readonly bytesValue?: string
}

export interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

/** A span in the JSON encoding of opentelemetry-proto: hex ids, nanoseconds as text. */
export interface OtlpJsonSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly flags?: number
  readonly name: string
  readonly kind?: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly OtlpAttribute[]
  readonly events?: readonly {
    readonly timeUnixNano?: string
    readonly name: string
    readonly attributes?: readonly OtlpAttribute[]
  }[]
  readonly status?: { readonly code?: number; readonly message?: string }
}

export interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly {
      readonly scope?: { readonly name: string }
      readonly spans: readonly OtlpJsonSpan[]
    }[]
  }[]
}

/**
 * An `ExportTraceServiceRequest` in protobuf, written from the field numbers in opentelemetry-proto (trace.proto,
 * common.proto, resource.proto) alone, so that it tests the server's reader as another sender would.
 */
export function otlpBytes(request: OtlpRequest): Uint8Array<ArrayBuffer> {
  const groups = request.resourceSpans.map(({ resource, scopeSpans }) =>
    nested(1, [
      ...(resource === undefined ? [] : [nested(1, attributes(1, resource.attributes))]),
      ...scopeSpans.map(({ scope, spans }) =>
        nested(2, [
          ...(scope === undefined ? [] : [nested(1, [text(1, scope.name)])]),
          ...spans.map((span) => nested(2, spanFields(span))),
        ]),
      ),
    ]),
  )
  return new Uint8Array(Buffer.concat(groups))
}

function spanFields(span: OtlpJsonSpan): readonly Buffer[] {
  return [
    delimited(1, Buffer.from(span.traceId, 'hex')),
    delimited(2, Buffer.from(span.spanId, 'hex')),
    ...(span.parentSpanId === undefined ? [] : [delimited(4, Buffer.from(span.parentSpanId, 'hex'))]),
    text(5, span.name),
    ...(span.kind === undefined ? [] : [Buffer.concat([tag(6, 0), varint(BigInt(span.kind))])]),
    fixed64(7, BigInt(span.startTimeUnixNano)),
    fixed64(8, BigInt(span.endTimeUnixNano)),
    ...attributes(9, span.attributes ?? []),
    ...(span.events ?? []).map((event) =>
      nested(11, [
        fixed64(1, BigInt(event.timeUnixNano ?? '0')),
        text(2, event.name),
        ...attributes(3, event.attributes ?? []),
      ]),
    ),
    ...(span.status === undefined
      ? []
      : [
          nested(15, [
            text(2, span.status.message ?? ''),
            Buffer.concat([tag(3, 0), varint(BigInt(span.status.code ?? 0))]),
          ]),
        ]),
    ...(span.flags === undefined ? [] : [fixed32(16, span.flags)]),
  ]
}

function attributes(field: number, list: readonly OtlpAttribute[]): readonly Buffer[] {
  return list.map(({ key, value }) => nested(field, [text(1, key), nested(2, valueFields(value))]))
}

function valueFields(value: OtlpValue): readonly Buffer[] {
  if (value.stringValue !== undefined) return [text(1, value.stringValue)]
  if (value.boolValue !== undefined) return [Buffer.concat([tag(2, 0), varint(value.boolValue ? 1n : 0n)])]
  if (value.intValue !== undefined)
    return [Buffer.concat([tag(3, 0), varint(BigInt.asUintN(64, BigInt(value.intValue)))])]
  if (value.doubleValue !== undefined) {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value.doubleValue)
    return [Buffer.concat([tag(4, 1), bytes])]
  }
  if (value.arrayValue !== undefined)
    return [
      nested(
        5,
        value.arrayValue.values.map((item) => nested(1, valueFields(item))),
      ),
    ]
  if (value.kvlistValue !== undefined) return [nested(6, attributes(1, value.kvlistValue.values))]
  return value.bytesValue === undefined ? [] : [delimited(7, Buffer.from(value.bytesValue, 'base64'))]
}

function tag(field: number, wireType: number): Buffer {
  return varint(BigInt(field * 8 + wireType))
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

function delimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(field, 2), varint(BigInt(bytes.length)), bytes])
}

function nested(field: number, fields: readonly Buffer[]): Buffer {
  return delimited(field, Buffer.concat(fields))
}

function text(field: number, value: string): Buffer {
  return delimited(field, Buffer.from(value, 'utf8'))
}

function fixed64(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return Buffer.concat([tag(field, 1), bytes])
}

function fixed32(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return Buffer.concat([tag(field, 5), bytes])
}
