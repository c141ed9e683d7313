import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { mapSpan } from '../model/otlp/map-span.ts'
import { readOtlpJson } from '../model/otlp/read-json.ts'
import type { ReadSpan } from '../model/otlp/span.ts'
import type { ReadBatch } from '../model/reports.ts'
import type { ActionRow, ExecutionRow } from '../model/rows.ts'
import { MalformedProtobuf, readOtlpProtobuf, writeOtlpProtobuf } from './otlp-protobuf.ts'

export type OtlpEncoding = 'json' | 'protobuf'

/** Spans as rows, and what is wrong with those that are none. */
export interface OtlpBatch {
  readonly batch: ReadBatch
  readonly rejectedSpans: number
  /** For a person: the first few faults. Empty when there are none. */
  readonly errorMessage: string
}

const faultsTold = 5

/**
 * Reads the body of `POST /v1/traces`. A span whose ids or times cannot be used is refused alone; a body that is no
 * trace export at all is refused whole. The root of a trace becomes the report of its execution too.
 */
export function readOtlpTraces(encoding: OtlpEncoding, body: Uint8Array, now: Instant): Result<OtlpBatch> {
  const spans = encoding === 'json' ? readJson(body) : readProtobuf(body)
  if (!spans.ok) return spans
  const executions: ExecutionRow[] = []
  const actions: ActionRow[] = []
  const faults: string[] = []
  for (const read of spans.value) {
    const mapped = read.fault === null ? mapSpan(read.span, now) : read
    if (mapped.fault !== null) {
      faults.push(mapped.fault)
      continue
    }
    actions.push(mapped.action)
    if (mapped.execution !== null) executions.push(mapped.execution)
  }
  const told = [...new Set(faults)].slice(0, faultsTold).join('; ')
  return ok({ batch: { executions, actions, rejected: [] }, rejectedSpans: faults.length, errorMessage: told })
}

function readJson(body: Uint8Array): Result<readonly ReadSpan[]> {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch {
    return refuse('bad-request', 'The body is not valid JSON.')
  }
  const spans = readOtlpJson(parsed)
  return spans === null
    ? refuse('invalid-body', 'The body is no ExportTraceServiceRequest: it needs a list `resourceSpans`.')
    : ok(spans)
}

function readProtobuf(body: Uint8Array): Result<readonly ReadSpan[]> {
  try {
    return ok(readOtlpProtobuf(body))
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error
    return refuse('bad-request', `The body is not a protobuf ExportTraceServiceRequest: ${error.message}.`)
  }
}

/** The `ExportTraceServiceResponse` in the encoding of the request. */
export function otlpReply(
  encoding: OtlpEncoding,
  { rejectedSpans, errorMessage }: Omit<OtlpBatch, 'batch'>,
): Uint8Array {
  if (encoding === 'protobuf') return writeOtlpProtobuf(rejectedSpans, errorMessage)
  // 64-bit integers are texts in OTLP/JSON.
  const reply = rejectedSpans === 0 ? {} : { partialSuccess: { rejectedSpans: String(rejectedSpans), errorMessage } }
  return Buffer.from(JSON.stringify(reply))
}
