import type { Instant } from '../../../../../kernel/instant.ts'
import { attributesOf, type Fields, fieldsOf, jsonNanos, listOf, textOf } from './json-values.ts'
import type { SpanAttributes } from './span.ts'

export type MetricKind = 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary'
/** Whether a point counts since its start or since the point before; null where it does not matter. */
export type Temporality = 'delta' | 'cumulative' | null

/** Counts per bucket: between bounds, or by powers of 2^(2^-scale) (metrics.proto). */
export type Buckets =
  | { readonly bounds: readonly number[]; readonly counts: readonly number[] }
  | {
      readonly scale: number
      readonly zeroCount: number
      readonly positive: { readonly offset: number; readonly counts: readonly number[] }
      readonly negative: { readonly offset: number; readonly counts: readonly number[] }
    }
  | { readonly quantiles: readonly { readonly quantile: number; readonly value: number }[] }

/** One point of a metric; what its kind does not have is null. */
export interface MetricPoint {
  readonly name: string
  readonly unit: string
  readonly kind: MetricKind
  readonly temporality: Temporality
  readonly monotonic: boolean | null
  readonly startedAt: Instant | null
  readonly at: Instant | null
  readonly attributes: SpanAttributes
  readonly resource: SpanAttributes
  readonly value: number | null
  readonly count: number | null
  readonly sum: number | null
  readonly min: number | null
  readonly max: number | null
  readonly buckets: Buckets | null
}

/** What all points of one metric share. */
export type MetricHead = Pick<MetricPoint, 'name' | 'unit' | 'kind' | 'temporality' | 'monotonic' | 'resource'>

export const noFigures = { value: null, count: null, sum: null, min: null, max: null, buckets: null } as const

export function temporalityOf(code: number): Temporality {
  return code === 1 ? 'delta' : code === 2 ? 'cumulative' : null
}

const kinds: readonly (readonly [field: string, kind: MetricKind])[] = [
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential_histogram'],
  ['summary', 'summary'],
]

/** Reads an `ExportMetricsServiceRequest` in OTLP's JSON encoding; null when the body is not one at all. */
export function readMetricsJson(body: unknown): readonly MetricPoint[] | null {
  const request = fieldsOf(body)
  if (request === null || (request['resourceMetrics'] !== undefined && !Array.isArray(request['resourceMetrics'])))
    return null
  return listOf(request['resourceMetrics']).flatMap((group) => {
    const resource = attributesOf(fieldsOf(fieldsOf(group)?.['resource'])?.['attributes'])
    return listOf(fieldsOf(group)?.['scopeMetrics']).flatMap((scope) =>
      listOf(fieldsOf(scope)?.['metrics']).flatMap((metric) => readMetric(fieldsOf(metric) ?? {}, resource)),
    )
  })
}

function readMetric(metric: Fields, resource: SpanAttributes): readonly MetricPoint[] {
  const found = kinds.find(([field]) => metric[field] !== undefined)
  if (found === undefined) return []
  const data = fieldsOf(metric[found[0]]) ?? {}
  const head: MetricHead = {
    name: textOf(metric['name']),
    unit: textOf(metric['unit']),
    kind: found[1],
    temporality: temporalityOfJson(data['aggregationTemporality']),
    monotonic: found[1] === 'sum' ? data['isMonotonic'] === true : null,
    resource,
  }
  return listOf(data['dataPoints']).map((point) => readPoint(head, fieldsOf(point) ?? {}))
}

/** Enumerations are numbers in OTLP/JSON; some senders write their names. */
function temporalityOfJson(code: unknown): Temporality {
  if (typeof code === 'string' && code.endsWith('_DELTA')) return 'delta'
  if (typeof code === 'string' && code.endsWith('_CUMULATIVE')) return 'cumulative'
  return temporalityOf(Number(code ?? 0))
}

function readPoint(head: MetricHead, point: Fields): MetricPoint {
  return {
    ...head,
    ...noFigures,
    startedAt: jsonNanos(point['startTimeUnixNano']),
    at: jsonNanos(point['timeUnixNano']),
    attributes: attributesOf(point['attributes']),
    value: numberOf(point['asDouble'] ?? point['asInt']),
    count: numberOf(point['count']),
    sum: numberOf(point['sum']),
    min: numberOf(point['min']),
    max: numberOf(point['max']),
    buckets: bucketsOf(head.kind, point),
  }
}

function numberOf(value: unknown): number | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null
  const number = Number(value)
  return value !== '' && Number.isFinite(number) ? number : null
}

const numbersOf = (list: unknown): readonly number[] => listOf(list).map((item) => numberOf(item) ?? 0)

function bucketsOf(kind: MetricKind, point: Fields): Buckets | null {
  if (kind === 'histogram') {
    const counts = numbersOf(point['bucketCounts'])
    return counts.length === 0 ? null : { bounds: numbersOf(point['explicitBounds']), counts }
  }
  if (kind === 'exponential_histogram')
    return {
      scale: numberOf(point['scale']) ?? 0,
      zeroCount: numberOf(point['zeroCount']) ?? 0,
      positive: halfOf(point['positive']),
      negative: halfOf(point['negative']),
    }
  if (kind !== 'summary') return null
  return {
    quantiles: listOf(point['quantileValues']).map((item) => ({
      quantile: numberOf(fieldsOf(item)?.['quantile']) ?? 0,
      value: numberOf(fieldsOf(item)?.['value']) ?? 0,
    })),
  }
}

function halfOf(value: unknown): { readonly offset: number; readonly counts: readonly number[] } {
  const half = fieldsOf(value)
  return { offset: numberOf(half?.['offset']) ?? 0, counts: numbersOf(half?.['bucketCounts']) }
}
