import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { KeptReading } from '../model/stream.ts'

export interface StreamReading extends KeptReading {
  readonly streamId: string
}

const iso = (at: number) => new Date(at).toISOString()

/** Keeps readings; one of the same tick is written over, since more of it has come. */
export async function saveReadings(tx: Tx, readings: readonly StreamReading[]): Promise<void> {
  if (readings.length === 0) return
  const records = readings.map(({ streamId, atMs, runs, value, observed, limit, alarm }) => ({
    stream_id: streamId,
    at: iso(atMs),
    runs,
    value,
    observed,
    limit_value: limit,
    alarm,
  }))
  await sql`
    insert into drift_readings (organization_id, stream_id, at, runs, value, observed, limit_value, alarm)
    select ${tx.organizationId}::uuid, * from json_to_recordset(${JSON.stringify(records)}::json)
      as r(stream_id uuid, at timestamptz, runs int8, value float8, observed float8, limit_value float8, alarm boolean)
    on conflict (organization_id, stream_id, at) do update set runs = excluded.runs, value = excluded.value,
      observed = excluded.observed, limit_value = excluded.limit_value,
      alarm = drift_readings.alarm or excluded.alarm`.execute(tx.tables())
}

/** The latest readings of each stream, oldest first. */
export async function latestReadings(
  tx: Tx,
  streamIds: readonly string[],
  eachMax: number,
): Promise<ReadonlyMap<string, readonly KeptReading[]>> {
  if (streamIds.length === 0) return new Map()
  const { rows } = await sql<Omit<StreamReading, 'atMs'> & { at: Date }>`
    select r.stream_id as "streamId", r.at, r.runs, r.value, r.observed, r.limit_value as "limit", r.alarm
    from unnest(${[...streamIds]}::uuid[]) as wanted(stream_id) cross join lateral (
      select * from drift_readings d
      where d.organization_id = ${tx.organizationId}::uuid and d.stream_id = wanted.stream_id
      order by d.at desc limit ${eachMax}) r
    order by r.at`.execute(tx.tables())
  return Map.groupBy(
    rows.map(({ at, ...rest }) => ({ ...rest, atMs: at.getTime() })),
    ({ streamId }) => streamId,
  )
}
