import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ArbitrationRow } from './arbitrations.ts'

/** A place in the order in which decisions were committed. */
export interface LogPosition {
  readonly xid: string
  readonly arbitrationId: string
}

export interface LogCursor extends LogPosition {
  readonly failingSince: Date | null
  readonly error: string | null
  readonly largeSince: Date | null
}

const start: LogCursor = {
  xid: '0',
  arbitrationId: '00000000-0000-0000-0000-000000000000',
  failingSince: null,
  error: null,
  largeSince: null,
}

/** Up to where the file is written, and since when it cannot be. */
export async function logCursor(tx: Tx): Promise<LogCursor> {
  const { rows } = await sql<LogCursor>`
    select xid::text as xid, arbitration_id as "arbitrationId", failing_since as "failingSince", error,
      large_since as "largeSince"
    from arbitration_log_cursors where organization_id = ${tx.organizationId}::uuid`.execute(tx.tables())
  return rows[0] ?? start
}

export async function saveLogCursor(
  tx: Tx,
  { xid, arbitrationId }: LogPosition,
  failure: { readonly since: Instant; readonly error: string } | null,
): Promise<void> {
  await sql`insert into arbitration_log_cursors (organization_id, xid, arbitration_id, failing_since, error)
    values (${tx.organizationId}::uuid, ${xid}::xid8, ${arbitrationId}::uuid,
      ${failure === null ? null : new Date(failure.since)}, ${failure?.error ?? null})
    on conflict (organization_id) do update set xid = excluded.xid, arbitration_id = excluded.arbitration_id,
      failing_since = excluded.failing_since, error = excluded.error`.execute(tx.tables())
}

/** Notes since when the files are too large; null: they no longer are. */
export async function saveLargeSince(tx: Tx, since: Instant | null): Promise<void> {
  await sql`update arbitration_log_cursors set large_since = ${since === null ? null : new Date(since)}
    where organization_id = ${tx.organizationId}::uuid`.execute(tx.tables())
}

export type LogRow = Omit<ArbitrationRow, 'gapMin' | 'eventId'> & {
  readonly xid: string
  readonly gapMin: number
  readonly eventId: string
  readonly decidedAt: Date
}

// Behind the oldest transaction that still runs another decision may yet appear before these: they wait for it.
const readable = sql.raw('a.xid < (select metaagent_settled_before())')

/** The next decisions behind a place, in the order of their commits. */
export async function nextForLog(tx: Tx, after: LogPosition, limit: number): Promise<readonly LogRow[]> {
  const { rows } = await sql<LogRow>`
    select a.xid::text as xid, a.arbitration_id as "arbitrationId", a.metric, a.subject_kind as "subjectKind",
      a.subject_id as "subjectId", a.outcome, a.winner, a.probability, a.gap, a.gap_min as "gapMin", a.policy,
      a.fit_version as "fitVersion", a.rules_version as "rulesVersion", a.dissent, a.votes, a.because,
      a.policy_because as "policyBecause", a.supersedes, a.correlation_id as "correlationId",
      a.causation_id as "causationId", a.event_id as "eventId", a.decided_at as "decidedAt"
    from arbitrations a where a.organization_id = ${tx.organizationId}::uuid
      and (a.xid, a.arbitration_id) > (${after.xid}::xid8, ${after.arbitrationId}::uuid) and ${readable}
    order by a.xid, a.arbitration_id limit ${limit}`.execute(tx.tables())
  return rows
}

/** Decisions that are not in the file, counted up to a limit. */
export async function countBehind(tx: Tx, after: LogPosition, limit: number): Promise<number> {
  const { rows } = await sql<{ behind: number }>`
    select count(*)::integer as behind from (select from arbitrations a
      where a.organization_id = ${tx.organizationId}::uuid
        and (a.xid, a.arbitration_id) > (${after.xid}::xid8, ${after.arbitrationId}::uuid) limit ${limit}) b`.execute(
    tx.tables(),
  )
  return rows[0]?.behind ?? 0
}
