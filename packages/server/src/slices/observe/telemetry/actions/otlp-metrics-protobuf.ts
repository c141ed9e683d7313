import {
  type Buckets,
  type MetricHead,
  type MetricKind,
  type MetricPoint,
  noFigures,
  temporalityOf,
} from '../model/otlp/metrics.ts'
import { emptyAttributes, type SpanAttributes } from '../model/otlp/span.ts'
import { readExport, readKeyValue } from './otlp-protobuf-values.ts'
import { delimited, type FieldReader, fixed64, varint } from './protobuf-reader.ts'

/** Reads an `ExportMetricsServiceRequest` (metrics/v1/metrics.proto). Throws MalformedProtobuf. */
export function readMetricsProtobuf(body: Uint8Array): readonly MetricPoint[] {
  return readExport(body, readMetric)
}

const kindOfField: Readonly<Record<number, MetricKind>> = {
  5: 'gauge',
  7: 'sum',
  9: 'histogram',
  10: 'exponential_histogram',
  11: 'summary',
}

function readMetric(message: FieldReader, resource: SpanAttributes, _scope: string, points: MetricPoint[]): void {
  let [name, unit] = ['', '']
  let data: { readonly kind: MetricKind; readonly reader: FieldReader } | null = null
  while (message.next()) {
    const { field, type } = message
    const kind = kindOfField[field]
    if (field === 1 && type === delimited) name = message.name()
    else if (field === 3 && type === delimited) unit = message.name()
    else if (kind !== undefined && type === delimited) data = { kind, reader: message.message() }
    else message.skip()
  }
  if (data === null) return
  const { kind, reader } = data
  const found: FieldReader[] = []
  let [temporality, monotonic] = [0, false]
  while (reader.next()) {
    if (reader.field === 1 && reader.type === delimited) found.push(reader.message())
    else if (reader.field === 2 && reader.type === varint) temporality = reader.uint()
    else if (reader.field === 3 && reader.type === varint) monotonic = reader.uint() !== 0
    else reader.skip()
  }
  const head: MetricHead = {
    name,
    unit,
    kind,
    temporality: temporalityOf(temporality),
    monotonic: kind === 'sum' ? monotonic : null,
    resource,
  }
  for (const point of found) points.push(readPoint(head, point))
}

/** The figures of a point while it is read; each kind of point has its own field numbers. */
class Figures {
  startedAt: MetricPoint['startedAt'] = null
  at: MetricPoint['at'] = null
  value: number | null = null
  count: number | null = null
  sum: number | null = null
  min: number | null = null
  max: number | null = null
  readonly attributes = emptyAttributes()
  readonly counts: number[] = []
  readonly bounds: number[] = []
  readonly quantiles: { quantile: number; value: number }[] = []
  scale = 0
  zeroCount = 0
  positive: Half = { offset: 0, counts: [] }
  negative: Half = { offset: 0, counts: [] }
}

interface Half {
  readonly offset: number
  readonly counts: readonly number[]
}

function readPoint(head: MetricHead, message: FieldReader): MetricPoint {
  const figures = new Figures()
  while (message.next()) if (!readField(head.kind, message, figures)) message.skip()
  const { startedAt, at, attributes, value, count, sum, min, max } = figures
  return {
    ...head,
    ...noFigures,
    startedAt,
    at,
    attributes,
    value,
    count,
    sum,
    min,
    max,
    buckets: bucketsOf(head.kind, figures),
  }
}

/** Whether the field was one of this kind of point; what is not is for the caller to skip. */
function readField(kind: MetricKind, message: FieldReader, figures: Figures): boolean {
  const { field, type } = message
  if (field === 2 && type === fixed64) figures.startedAt = message.time()
  else if (field === 3 && type === fixed64) figures.at = message.time()
  else if (field === attributesField[kind] && type === delimited) readKeyValue(message, figures.attributes)
  else if (kind === 'gauge' || kind === 'sum') {
    if (field === 4 && type === fixed64) figures.value = finite(message.double())
    else if (field === 6 && type === fixed64) figures.value = Number(message.signedFixed64())
    else return false
  } else if (field === 4 && type === fixed64) figures.count = Number(message.fixed64())
  else if (field === 5 && type === fixed64) figures.sum = finite(message.double())
  else return kind === 'exponential_histogram' ? readExponential(message, figures) : readClassic(kind, message, figures)
  return true
}

const attributesField: Readonly<Record<MetricKind, number>> = {
  gauge: 7,
  sum: 7,
  histogram: 9,
  exponential_histogram: 1,
  summary: 7,
}

function readClassic(kind: MetricKind, message: FieldReader, figures: Figures): boolean {
  const { field, type } = message
  if (kind === 'summary') {
    if (field !== 6 || type !== delimited) return false
    figures.quantiles.push(readQuantile(message.message()))
    return true
  }
  if (field === 6) message.packed((reader) => figures.counts.push(Number(reader.fixed64())))
  else if (field === 7) message.packed((reader) => figures.bounds.push(reader.double()))
  else if (field === 11 && type === fixed64) figures.min = finite(message.double())
  else if (field === 12 && type === fixed64) figures.max = finite(message.double())
  else return false
  return true
}

function readExponential(message: FieldReader, figures: Figures): boolean {
  const { field, type } = message
  if (field === 6 && type === varint) figures.scale = message.zigzag()
  else if (field === 7 && type === fixed64) figures.zeroCount = Number(message.fixed64())
  else if (field === 8 && type === delimited) figures.positive = readHalf(message.message())
  else if (field === 9 && type === delimited) figures.negative = readHalf(message.message())
  else if (field === 12 && type === fixed64) figures.min = finite(message.double())
  else if (field === 13 && type === fixed64) figures.max = finite(message.double())
  else return false
  return true
}

function readHalf(message: FieldReader): Half {
  let offset = 0
  const counts: number[] = []
  while (message.next()) {
    if (message.field === 1 && message.type === varint) offset = message.zigzag()
    else if (message.field === 2) message.packed((reader) => counts.push(reader.uint()))
    else message.skip()
  }
  return { offset, counts }
}

function readQuantile(message: FieldReader): { quantile: number; value: number } {
  let [quantile, value] = [0, 0]
  while (message.next()) {
    if (message.field === 1 && message.type === fixed64) quantile = message.double()
    else if (message.field === 2 && message.type === fixed64) value = message.double()
    else message.skip()
  }
  return { quantile, value }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

function bucketsOf(kind: MetricKind, figures: Figures): Buckets | null {
  const { bounds, counts, quantiles, scale, zeroCount, positive, negative } = figures
  if (kind === 'histogram') return counts.length === 0 ? null : { bounds, counts }
  if (kind === 'exponential_histogram') return { scale, zeroCount, positive, negative }
  return kind === 'summary' ? { quantiles } : null
}
