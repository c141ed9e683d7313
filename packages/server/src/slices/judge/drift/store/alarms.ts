import type { AlertSeverity, DriftAlarm, DriftStreamName, DriftVerdict } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { AlarmFacts } from '../model/alarm.ts'

/** An alarm as it is kept. */
export interface StoredAlarm {
  readonly alarmId: string
  readonly streamId: string
  readonly stream: DriftStreamName
  readonly method: string
  readonly severity: AlertSeverity
  readonly facts: AlarmFacts
  readonly alarms: number
  readonly alarmHours: number
  readonly evidence: number | null
  readonly correlationId: string
  readonly causationId: string | null
  readonly openedAt: Instant
  readonly lastAt: Instant
  readonly toldAt: Instant | null
  readonly closedAt: Instant | null
  readonly closedBecause: DriftAlarm['closedBecause']
  readonly verdict: DriftVerdict | null
  readonly judgedBy: string | null
  readonly judgedAt: Instant | null
}

const columns = sql.raw(`alarm_id, stream_id, kind, stream, method, severity, facts, alarms, alarm_hours, evidence,
  correlation_id, causation_id, opened_at, last_at, told_at, closed_at, closed_because, verdict, judged_by, judged_at`)

/** Writes alarms as they are now, new ones too. */
export async function saveAlarms(tx: Tx, alarms: readonly StoredAlarm[]): Promise<void> {
  if (alarms.length === 0) return
  const records = alarms.map((alarm) => ({
    alarm_id: alarm.alarmId,
    stream_id: alarm.streamId,
    kind: alarm.stream.kind,
    stream: alarm.stream,
    method: alarm.method,
    severity: alarm.severity,
    facts: alarm.facts,
    alarms: alarm.alarms,
    alarm_hours: alarm.alarmHours,
    evidence: alarm.evidence,
    correlation_id: alarm.correlationId,
    causation_id: alarm.causationId,
    opened_at: iso(alarm.openedAt),
    last_at: iso(alarm.lastAt),
    told_at: iso(alarm.toldAt),
    closed_at: iso(alarm.closedAt),
    closed_because: alarm.closedBecause,
    verdict: alarm.verdict,
    judged_by: alarm.judgedBy,
    judged_at: iso(alarm.judgedAt),
  }))
  await sql`
    insert into drift_alarms (organization_id, ${columns})
    select ${tx.organizationId}::uuid, ${columns} from json_to_recordset(${JSON.stringify(records)}::json) as r(
      alarm_id uuid, stream_id uuid, kind text, stream jsonb, method text, severity text, facts jsonb, alarms int,
      alarm_hours int, evidence float8, correlation_id text, causation_id uuid, opened_at timestamptz,
      last_at timestamptz, told_at timestamptz, closed_at timestamptz, closed_because text, verdict text,
      judged_by text, judged_at timestamptz)
    on conflict (organization_id, alarm_id) do update set severity = excluded.severity, facts = excluded.facts,
      alarms = excluded.alarms, alarm_hours = excluded.alarm_hours, evidence = excluded.evidence,
      last_at = excluded.last_at, told_at = excluded.told_at, closed_at = excluded.closed_at,
      closed_because = excluded.closed_because, verdict = excluded.verdict, judged_by = excluded.judged_by,
      judged_at = excluded.judged_at`.execute(tx.tables())
}

/** Alarms by id, held to the end of the transaction. */
export async function lockAlarms(tx: Tx, alarmIds: readonly string[]): Promise<readonly StoredAlarm[]> {
  if (alarmIds.length === 0) return []
  const { rows } = await sql<Row>`
    select ${columns} from drift_alarms
    where organization_id = ${tx.organizationId}::uuid and alarm_id = any(${alarmIds}::uuid[])
    order by alarm_id for update`.execute(tx.tables())
  return rows.map(toAlarm)
}

/** Alarms by id. */
export async function alarmsById(tx: Tx, alarmIds: readonly string[]): Promise<readonly StoredAlarm[]> {
  const { rows } = await sql<Row>`
    select ${columns} from drift_alarms
    where organization_id = ${tx.organizationId}::uuid and alarm_id = any(${alarmIds}::uuid[])`.execute(tx.tables())
  return rows.map(toAlarm)
}

/** Which alarms a list shows; null means all. */
export interface AlarmFilter {
  readonly open: boolean | null
  readonly kind: string | null
  readonly streamId: string | null
  readonly severity: string | null
  readonly judged: boolean | null
}

/** The newest first, from behind `before` on; ids are made in the order of time. */
export async function selectAlarms(
  tx: Tx,
  filter: AlarmFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredAlarm[]> {
  const conditions = [sql`organization_id = ${tx.organizationId}::uuid`]
  if (before !== null) conditions.push(sql`alarm_id < ${before}::uuid`)
  if (filter.open !== null) conditions.push(filter.open ? sql`closed_at is null` : sql`closed_at is not null`)
  if (filter.kind !== null) conditions.push(sql`kind = ${filter.kind}`)
  if (filter.streamId !== null) conditions.push(sql`stream_id = ${filter.streamId}::uuid`)
  if (filter.severity !== null) conditions.push(sql`severity = ${filter.severity}`)
  if (filter.judged !== null) conditions.push(filter.judged ? sql`verdict is not null` : sql`verdict is null`)
  const { rows } = await sql<Row>`
    select ${columns} from drift_alarms where ${sql.join(conditions, sql` and `)}
    order by alarm_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(toAlarm)
}

/** Open alarms that were not broadcast, with the e-value of their stream now; held to the end of the transaction. */
export async function lockUntold(tx: Tx): Promise<readonly (StoredAlarm & { readonly eValue: number | null })[]> {
  const { rows } = await sql<Row & { e_value: number | null }>`
    select a.*, s.e_value from drift_alarms a
    left join drift_streams s on s.organization_id = a.organization_id and s.stream_id = a.stream_id
    where a.organization_id = ${tx.organizationId}::uuid and a.closed_at is null and a.told_at is null
    order by a.alarm_id for update of a`.execute(tx.tables())
  return rows.map((row) => ({ ...toAlarm(row), eValue: row.e_value }))
}

/** Ids of alarms that have been open since before a time. */
export async function openedBefore(tx: Tx, before: Instant): Promise<readonly string[]> {
  const { rows } = await sql<{ alarm_id: string }>`
    select alarm_id from drift_alarms where organization_id = ${tx.organizationId}::uuid and closed_at is null
      and opened_at < ${iso(before)}::timestamptz order by alarm_id`.execute(tx.tables())
  return rows.map(({ alarm_id }) => alarm_id)
}

/** Counts of alarms, of judged ones and of those judged true, by method. */
export async function countVerdicts(tx: Tx): Promise<readonly MethodCounts[]> {
  const { rows } = await sql<MethodCounts>`
    select method, count(*)::int as alarms, count(verdict)::int as judged,
      (count(*) filter (where verdict = 'true'))::int as "right"
    from drift_alarms where organization_id = ${tx.organizationId}::uuid group by 1 order by 1`.execute(tx.tables())
  return rows
}

export interface MethodCounts {
  readonly method: string
  readonly alarms: number
  readonly judged: number
  readonly right: number
}

interface Row {
  readonly alarm_id: string
  readonly stream_id: string
  readonly stream: DriftStreamName
  readonly method: string
  readonly severity: AlertSeverity
  readonly facts: AlarmFacts
  readonly alarms: number
  readonly alarm_hours: number
  readonly evidence: number | null
  readonly correlation_id: string
  readonly causation_id: string | null
  readonly opened_at: Date
  readonly last_at: Date
  readonly told_at: Date | null
  readonly closed_at: Date | null
  readonly closed_because: StoredAlarm['closedBecause']
  readonly verdict: DriftVerdict | null
  readonly judged_by: string | null
  readonly judged_at: Date | null
}

function toAlarm(row: Row): StoredAlarm {
  return {
    alarmId: row.alarm_id,
    streamId: row.stream_id,
    stream: row.stream,
    method: row.method,
    severity: row.severity,
    facts: row.facts,
    alarms: row.alarms,
    alarmHours: row.alarm_hours,
    evidence: row.evidence,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    openedAt: row.opened_at.getTime() as Instant,
    lastAt: row.last_at.getTime() as Instant,
    toldAt: instantOf(row.told_at),
    closedAt: instantOf(row.closed_at),
    closedBecause: row.closed_because,
    verdict: row.verdict,
    judgedBy: row.judged_by,
    judgedAt: instantOf(row.judged_at),
  }
}

const instantOf = (at: Date | null) => (at === null ? null : (at.getTime() as Instant))

function iso(at: number): string
function iso(at: number | null): string | null
function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
