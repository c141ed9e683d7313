import type { DriftMethodChoice, DriftStreamName } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { StreamState } from '../model/stream.ts'

/** A stream as it is kept. */
export interface StoredStream {
  readonly streamId: string
  readonly name: DriftStreamName
  readonly method: DriftMethodChoice
  readonly state: StreamState
  readonly value: number | null
  readonly observed: number | null
  readonly limit: number | null
  readonly eValue: number | null
  /** Start of the open tick, where ticks are read. */
  readonly tickAt: Instant | null
  readonly alarmId: string | null
  readonly lastAt: Instant
  readonly createdAt: Instant
}

interface Row {
  readonly stream_id: string
  readonly kind: DriftStreamName['kind']
  readonly metric: string
  readonly judge: string | null
  readonly agent_id: string | null
  readonly subject_kind: string | null
  readonly subject_id: string | null
  readonly method: DriftMethodChoice
  readonly state: StreamState
  readonly value: number | null
  readonly observed: number | null
  readonly limit_value: number | null
  readonly e_value: number | null
  readonly tick_at: Date | null
  readonly alarm_id: string | null
  readonly last_at: Date
  readonly created_at: Date
}

const columns =
  sql.raw(`stream_id, kind, metric, judge, agent_id, subject_kind, subject_id, method, state, value, observed,
  limit_value, e_value, tick_at, alarm_id, last_at, created_at`)

/** These streams, and those whose open tick began before a time, held to the end of the transaction. */
export async function lockStreams(
  tx: Tx,
  streamIds: readonly string[],
  ticksBefore: Instant | null,
): Promise<readonly StoredStream[]> {
  const { rows } = await sql<Row>`
    select ${columns} from drift_streams
    where organization_id = ${tx.organizationId}::uuid and (stream_id = any(${streamIds}::uuid[])
      or tick_at < ${ticksBefore === null ? null : iso(ticksBefore)}::timestamptz)
    order by stream_id for update`.execute(tx.tables())
  return rows.map(toStream)
}

/** Writes streams as they are now, new ones too. */
export async function saveStreams(tx: Tx, streams: readonly StoredStream[]): Promise<void> {
  if (streams.length === 0) return
  const records = streams
    .toSorted((a, b) => (a.streamId < b.streamId ? -1 : 1))
    .map(({ streamId, name, method, state, value, observed, limit, eValue, tickAt, alarmId, lastAt, createdAt }) => ({
      stream_id: streamId,
      kind: name.kind,
      metric: name.metric,
      judge: name.judge,
      agent_id: name.agentId,
      subject_kind: name.subject?.kind ?? null,
      subject_id: name.subject?.id ?? null,
      method,
      state,
      runs: state.runs,
      failures: state.failures,
      value,
      observed,
      limit_value: limit,
      e_value: eValue,
      tick_at: tickAt === null ? null : iso(tickAt),
      alarm_id: alarmId,
      last_at: iso(lastAt),
      created_at: iso(createdAt),
    }))
  await sql`
    insert into drift_streams (organization_id, ${columns}, runs, failures)
    select ${tx.organizationId}::uuid, ${columns}, runs, failures
    from json_to_recordset(${JSON.stringify(records)}::json) as r(stream_id uuid, kind text, metric text, judge text,
      agent_id uuid, subject_kind text, subject_id text, method json, state json, value float8, observed float8,
      limit_value float8, e_value float8, tick_at timestamptz, alarm_id uuid, last_at timestamptz, created_at timestamptz,
      runs int8, failures int8)
    on conflict (organization_id, stream_id) do update set method = excluded.method, state = excluded.state,
      runs = excluded.runs, failures = excluded.failures, value = excluded.value, observed = excluded.observed,
      limit_value = excluded.limit_value, e_value = excluded.e_value, tick_at = excluded.tick_at,
      alarm_id = excluded.alarm_id, last_at = excluded.last_at`.execute(tx.tables())
}

export async function countStreams(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from drift_streams where organization_id = ${tx.organizationId}::uuid`.execute(
    tx.tables(),
  )
  return rows[0]?.count ?? 0
}

/** Ends so many streams with their readings: those that were idle longest and have no open alarm. Answers their ids. */
export async function retireIdle(
  tx: Tx,
  {
    count,
    except,
    idleBefore,
  }: { readonly count: number; readonly except: readonly string[]; readonly idleBefore: Instant },
): Promise<readonly string[]> {
  const { rows } = await sql<{ stream_id: string }>`
    with idle as (
      select stream_id from drift_streams
      where organization_id = ${tx.organizationId}::uuid and alarm_id is null
        and last_at < ${iso(idleBefore)}::timestamptz and not stream_id = any(${except}::uuid[])
      order by last_at, stream_id limit ${count}),
    readings as (
      delete from drift_readings
      where organization_id = ${tx.organizationId}::uuid and stream_id in (select stream_id from idle))
    delete from drift_streams
    where organization_id = ${tx.organizationId}::uuid and stream_id in (select stream_id from idle)
    returning stream_id`.execute(tx.tables())
  return rows.map(({ stream_id }) => stream_id)
}

/** Streams that were read since a time. */
export async function countReadSince(tx: Tx, since: Instant): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from drift_streams
    where organization_id = ${tx.organizationId}::uuid and last_at >= ${iso(since)}::timestamptz`.execute(tx.tables())
  return rows[0]?.count ?? 0
}

/** One stream; null when there is none, or no longer. */
export async function selectStream(tx: Tx, streamId: string): Promise<StoredStream | null> {
  const { rows } = await sql<Row>`
    select ${columns} from drift_streams
    where organization_id = ${tx.organizationId}::uuid and stream_id = ${streamId}::uuid`.execute(tx.tables())
  return rows[0] === undefined ? null : toStream(rows[0])
}

export function toStream(row: Row): StoredStream {
  const { kind, metric, judge, agent_id, subject_kind, subject_id } = row
  const subject =
    subject_kind === null || subject_id === null
      ? null
      : ({ kind: subject_kind, id: subject_id } as DriftStreamName['subject'])
  return {
    streamId: row.stream_id,
    name: { kind, metric, judge, agentId: agent_id, subject },
    method: row.method,
    state: row.state,
    value: row.value,
    observed: row.observed,
    limit: row.limit_value,
    eValue: row.e_value,
    tickAt: row.tick_at === null ? null : (row.tick_at.getTime() as Instant),
    alarmId: row.alarm_id,
    lastAt: row.last_at.getTime() as Instant,
    createdAt: row.created_at.getTime() as Instant,
  }
}

const iso = (at: number) => new Date(at).toISOString()
