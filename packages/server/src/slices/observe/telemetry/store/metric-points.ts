import type { JsonValue } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import { dayOf } from '../model/days.ts'
import type { KeptPoint } from '../model/otlp/map-metric.ts'

/** A point with the digest of its series, 64 hex digits. */
export interface WrittenPoint {
  readonly point: KeptPoint
  readonly series: string
}

/** Makes the partitions of these days where they are missing. */
export async function ensureMetricDays(tx: Tx, days: readonly string[]): Promise<void> {
  await sql`select metaagent_ensure_day_partitions('agent_metric_points', ${days}::date[])`.execute(tx.tables())
}

/** Stores points; those that are there already are left as they are. Answers how many were new. */
export async function insertPoints(tx: Tx, points: readonly WrittenPoint[]): Promise<number> {
  const records = points.map(({ point, series }) => ({
    started_on: dayOf(point.at),
    name: point.name,
    series: `\\x${series}`,
    observed_at: new Date(point.at),
    kind: point.kind,
    unit: point.unit,
    temporality: point.temporality,
    monotonic: point.monotonic,
    started_at: point.startedAt === null ? null : new Date(point.startedAt),
    attributes: point.attributes,
    resource: point.resource,
    value: point.value,
    count: point.count,
    sum: point.sum,
    min: point.min,
    max: point.max,
    buckets: point.buckets,
  }))
  const { rows } = await sql`
    insert into agent_metric_points (organization_id, started_on, name, series, observed_at, kind, unit, temporality,
      monotonic, started_at, attributes, resource, value, count, sum, min, max, buckets)
    select ${tx.organizationId}::uuid, r.* from json_to_recordset(${JSON.stringify(records)}::json) as r(started_on date,
      name text, series bytea, observed_at timestamptz, kind text, unit text, temporality text, monotonic boolean,
      started_at timestamptz, attributes json, resource json, value double precision, count double precision,
      sum double precision, min double precision, max double precision, buckets json)
    order by r.started_on, r.name, r.series, r.observed_at
    on conflict (organization_id, started_on, name, series, observed_at) do nothing
    returning name`.execute(tx.tables())
  return rows.length
}

/** A point as it is stored. */
export interface StoredPoint {
  readonly name: string
  readonly series: string
  readonly observedAt: Date
  readonly kind: KeptPoint['kind']
  readonly unit: string
  readonly temporality: KeptPoint['temporality']
  readonly monotonic: boolean | null
  readonly startedAt: Date | null
  readonly attributes: Record<string, JsonValue>
  readonly resource: Record<string, JsonValue>
  readonly value: number | null
  readonly count: number | null
  readonly sum: number | null
  readonly min: number | null
  readonly max: number | null
  readonly buckets: JsonValue
}

export interface PointFilter {
  readonly name: string | null
  readonly from: Date | null
  readonly to: Date | null
  readonly fromDay: string | null
  readonly toDay: string | null
}

export interface PointPosition {
  readonly observedAt: string
  readonly name: string
  readonly series: string
}

/** Points, the newest first, from behind a position on. */
export async function selectPoints(
  tx: Tx,
  filter: PointFilter,
  before: PointPosition | null,
  limit: number,
): Promise<readonly StoredPoint[]> {
  const { rows } = await sql<StoredPoint>`
    select p.name, encode(p.series, 'hex') as series, p.observed_at as "observedAt", p.kind, p.unit, p.temporality,
      p.monotonic, p.started_at as "startedAt", p.attributes, p.resource, p.value, p.count, p.sum, p.min, p.max, p.buckets
    from agent_metric_points p
    where p.organization_id = ${tx.organizationId}
      ${filter.name === null ? sql`` : sql`and p.name = ${filter.name}`}
      ${filter.from === null ? sql`` : sql`and p.observed_at >= ${filter.from} and p.started_on >= ${filter.fromDay}::date`}
      ${filter.to === null ? sql`` : sql`and p.observed_at < ${filter.to} and p.started_on <= ${filter.toDay}::date`}
      ${
        before === null
          ? sql``
          : sql`and (p.observed_at, p.name, p.series) <
              (${before.observedAt}::timestamptz, ${before.name}, ${`\\x${before.series}`}::bytea)`
      }
    order by p.observed_at desc, p.name desc, p.series desc limit ${limit}`.execute(tx.tables())
  return rows
}
