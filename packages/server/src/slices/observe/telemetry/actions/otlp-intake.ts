import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { type KeptPoint, mapPoint } from '../model/otlp/map-metric.ts'
import { evaluationsOf, mapRecord, type SpanContent, type SpanEvaluation } from '../model/otlp/map-record.ts'
import { mapSpan } from '../model/otlp/map-span.ts'
import { readMetricsJson } from '../model/otlp/metrics.ts'
import { readOtlpJson } from '../model/otlp/read-json.ts'
import { readLogsJson } from '../model/otlp/records.ts'
import type { ReadBatch } from '../model/reports.ts'
import type { ActionRow, ExecutionRow } from '../model/rows.ts'
import { readLogsProtobuf } from './otlp-logs-protobuf.ts'
import { readMetricsProtobuf } from './otlp-metrics-protobuf.ts'
import { readOtlpProtobuf, writeOtlpProtobuf } from './otlp-protobuf.ts'
import { MalformedProtobuf } from './protobuf-reader.ts'

export type OtlpEncoding = 'json' | 'protobuf'

/** What could not be taken of a request. */
export interface OtlpRejects {
  readonly rejected: number
  /** For a person: the first few faults. Empty when there are none. */
  readonly errorMessage: string
}

/** Spans as rows, and what is wrong with those that are none. */
export interface OtlpBatch extends OtlpRejects {
  readonly batch: ReadBatch
  /** Verdicts among the spans' events. */
  readonly evaluations: readonly SpanEvaluation[]
}

const faultsTold = 5

function rejects(faults: readonly string[]): OtlpRejects {
  const different = [...new Set(faults)]
  const more = different.length > faultsTold ? `; and ${different.length - faultsTold} more` : ''
  return { rejected: faults.length, errorMessage: different.slice(0, faultsTold).join('; ') + more }
}

/**
 * Reads the body of `POST /v1/traces`. A span whose ids or times cannot be used is refused alone; a body that is no
 * trace export at all is refused whole. The root of a trace becomes the report of its execution too.
 */
export function readOtlpTraces(encoding: OtlpEncoding, body: Uint8Array, now: Instant): Result<OtlpBatch> {
  const spans = readBody(encoding, body, traces)
  if (!spans.ok) return spans
  const executions: ExecutionRow[] = []
  const actions: ActionRow[] = []
  const evaluations: SpanEvaluation[] = []
  const faults: string[] = []
  for (const read of spans.value) {
    const mapped = read.fault === null ? mapSpan(read.span, now) : read
    if (mapped.fault !== null) {
      faults.push(mapped.fault)
      continue
    }
    actions.push(mapped.action)
    if (mapped.execution !== null) executions.push(mapped.execution)
    if (read.span !== null && read.span.events.length > 0) evaluations.push(...evaluationsOf(read.span))
  }
  return ok({ batch: { executions, actions, rejected: [] }, evaluations, ...rejects(faults) })
}

/** Log records as contents and verdicts of spans. */
export interface OtlpLogs extends OtlpRejects {
  readonly contents: readonly SpanContent[]
  readonly evaluations: readonly SpanEvaluation[]
}

/** Reads the body of `POST /v1/logs`. A record that tells nothing of an agent's span is refused alone, and named. */
export function readOtlpLogs(encoding: OtlpEncoding, body: Uint8Array, now: Instant): Result<OtlpLogs> {
  const records = readBody(encoding, body, logs)
  if (!records.ok) return records
  const mapped = records.value.map((record) => mapRecord(record, now))
  const faults = mapped.flatMap((one) => (one.kind === 'refused' ? [one.fault] : []))
  return ok({
    contents: mapped.flatMap((one) => (one.kind === 'content' ? [one.content] : [])),
    evaluations: mapped.flatMap((one) => (one.kind === 'evaluation' ? [one.evaluation] : [])),
    ...rejects(faults),
  })
}

/** Points of metrics that are kept. */
export interface OtlpMetrics extends OtlpRejects {
  readonly points: readonly KeptPoint[]
}

/** Reads the body of `POST /v1/metrics`. A point of a metric that is no agent's is refused alone, and named. */
export function readOtlpMetrics(encoding: OtlpEncoding, body: Uint8Array, now: Instant): Result<OtlpMetrics> {
  const points = readBody(encoding, body, metrics)
  if (!points.ok) return points
  const mapped = points.value.map((point) => mapPoint(point, now))
  const faults = mapped.flatMap(({ fault }) => (fault === null ? [] : [fault]))
  return ok({ points: mapped.flatMap(({ point }) => (point === null ? [] : [point])), ...rejects(faults) })
}

interface Signal<Item> {
  readonly message: string
  readonly list: string
  readonly json: (body: unknown) => readonly Item[] | null
  readonly protobuf: (body: Uint8Array) => readonly Item[]
}

const traces = {
  message: 'ExportTraceServiceRequest',
  list: 'resourceSpans',
  json: readOtlpJson,
  protobuf: readOtlpProtobuf,
}
const logs = {
  message: 'ExportLogsServiceRequest',
  list: 'resourceLogs',
  json: readLogsJson,
  protobuf: readLogsProtobuf,
}
const metrics = {
  message: 'ExportMetricsServiceRequest',
  list: 'resourceMetrics',
  json: readMetricsJson,
  protobuf: readMetricsProtobuf,
}

function readBody<Item>(encoding: OtlpEncoding, body: Uint8Array, signal: Signal<Item>): Result<readonly Item[]> {
  if (encoding === 'protobuf') return readProtobuf(body, signal)
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch {
    return refuse('bad-request', 'The body is not valid JSON.')
  }
  const items = signal.json(parsed)
  return items === null
    ? refuse('invalid-body', `The body is no ${signal.message}: it needs a list \`${signal.list}\`.`)
    : ok(items)
}

function readProtobuf<Item>(body: Uint8Array, signal: Signal<Item>): Result<readonly Item[]> {
  try {
    return ok(signal.protobuf(body))
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error
    return refuse('bad-request', `The body is not a protobuf ${signal.message}: ${error.message}.`)
  }
}

/** How the reply of a signal counts what was refused. */
export type RejectedCount = 'rejectedSpans' | 'rejectedLogRecords' | 'rejectedDataPoints'

/** The export response of a signal in the encoding of the request. */
export function otlpReply(
  encoding: OtlpEncoding,
  counted: RejectedCount,
  { rejected, errorMessage }: OtlpRejects,
): Uint8Array {
  if (encoding === 'protobuf') return writeOtlpProtobuf(rejected, errorMessage)
  // 64-bit integers are texts in OTLP/JSON.
  const reply = rejected === 0 ? {} : { partialSuccess: { [counted]: String(rejected), errorMessage } }
  return Buffer.from(JSON.stringify(reply))
}
