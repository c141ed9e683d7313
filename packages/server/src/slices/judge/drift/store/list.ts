import type { AlertSeverity } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { StoredStream } from './streams.ts'

/** A stream without what its method remembers, which may be long. */
export interface ListedStream extends Omit<StoredStream, 'state' | 'tickAt' | 'eValue'> {
  readonly runs: number
  readonly failures: number | null
  /** Of the open alarm. */
  readonly severity: AlertSeverity | null
}

/** Which streams a list shows; null means all. */
export interface StreamFilter {
  readonly kind: string | null
  readonly agentId: string | null
  /** Part of the metric, the judge or the subject. */
  readonly text: string | null
  readonly streamId?: string
}

interface Row extends Omit<ListedStream, 'name' | 'lastAt' | 'createdAt'> {
  readonly kind: StoredStream['name']['kind']
  readonly metric: string
  readonly judge: string | null
  readonly agentId: string | null
  readonly subjectKind: string | null
  readonly subjectId: string | null
  readonly lastAt: Date
  readonly createdAt: Date
}

/** Those with an open alarm first, then those that were read last; counts are of all that the filter lets through. */
export async function listStreams(
  tx: Tx,
  filter: StreamFilter,
  after: { readonly isOpen: boolean; readonly lastAt: string; readonly streamId: string } | null,
  limit: number,
): Promise<{ readonly rows: readonly ListedStream[]; readonly total: number; readonly open: number }> {
  const conditions = [sql`s.organization_id = ${tx.organizationId}::uuid`]
  if (filter.kind !== null) conditions.push(sql`s.kind = ${filter.kind}`)
  if (filter.agentId !== null) conditions.push(sql`s.agent_id = ${filter.agentId}::uuid`)
  if (filter.streamId !== undefined) conditions.push(sql`s.stream_id = ${filter.streamId}::uuid`)
  if (filter.text !== null)
    conditions.push(
      sql`strpos(lower(concat_ws(' ', s.metric, s.judge, s.subject_id)), lower(${filter.text}::text)) > 0`,
    )
  const where = sql.join(conditions, sql` and `)
  const counted = await sql<{ total: number; open: number }>`
    select count(*)::int as total, count(s.alarm_id)::int as open from drift_streams s where ${where}`.execute(
    tx.tables(),
  )
  const behind =
    after === null
      ? sql`true`
      : sql`((s.alarm_id is not null)::int, date_trunc('milliseconds', s.last_at), s.stream_id)
          < (${after.isOpen ? 1 : 0}::int, ${after.lastAt}::timestamptz, ${after.streamId}::uuid)`
  const { rows } = await sql<Row>`
    select s.stream_id as "streamId", s.kind, s.metric, s.judge, s.agent_id as "agentId", s.subject_kind as "subjectKind",
      s.subject_id as "subjectId", s.method, s.value, s.observed, s.limit_value as "limit", s.alarm_id as "alarmId",
      s.last_at as "lastAt", s.created_at as "createdAt", s.runs, s.failures, a.severity
    from drift_streams s
    left join drift_alarms a on a.organization_id = s.organization_id and a.alarm_id = s.alarm_id
    where ${where} and ${behind}
    order by (s.alarm_id is not null)::int desc, date_trunc('milliseconds', s.last_at) desc, s.stream_id desc
    limit ${limit}`.execute(tx.tables())
  return { rows: rows.map(toListed), total: counted.rows[0]?.total ?? 0, open: counted.rows[0]?.open ?? 0 }
}

function toListed({
  kind,
  metric,
  judge,
  agentId,
  subjectKind,
  subjectId,
  lastAt,
  createdAt,
  ...row
}: Row): ListedStream {
  const subject =
    subjectKind === null || subjectId === null
      ? null
      : ({ kind: subjectKind, id: subjectId } as StoredStream['name']['subject'])
  return {
    ...row,
    name: { kind, metric, judge, agentId, subject },
    lastAt: lastAt.getTime() as Instant,
    createdAt: createdAt.getTime() as Instant,
  }
}
