import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Grain } from '../model/figures.ts'

/** An hour of an agent whose rollups are not as they were. */
export interface ChangedHour {
  readonly agentId: string
  readonly hourAt: Instant
}

/**
 * Notes whose hours a batch changes, with the commit. The rows have the hour of their rollups as key and one order for
 * every writer, so two transactions cannot deadlock.
 */
export function markChanges(
  tx: Tx,
  rows: readonly { readonly agentId: string; readonly grain: Grain; readonly startAt: number }[],
): void {
  const hours = new Map<string, { readonly agentId: string; readonly startAt: number }>()
  for (const { agentId, grain, startAt } of rows)
    if (grain === 'hour') hours.set(`${agentId}|${String(startAt).padStart(15)}`, { agentId, startAt })
  const sorted = [...hours].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, hour]) => hour)
  const marks = sql`
    insert into agent_rollup_changes as kept (organization_id, agent_id, hour_at, changed_xid)
    select ${tx.organizationId}::uuid, *, pg_current_xact_id() from unnest(
      ${sorted.map(({ agentId }) => agentId)}::uuid[],
      ${sorted.map(({ startAt }) => new Date(startAt).toISOString())}::timestamptz[])
    on conflict (organization_id, agent_id, hour_at) do update set changed_xid = excluded.changed_xid`
  tx.atCommit(marks.compile(tx.tables()))
}

/**
 * The hours that changed since a cursor, and the cursor for the next time; null asks for all that there is. Everything
 * up to the cursor is committed and visible, everything after it comes with the next question, so nothing is missed
 * whatever the order of commits. A cursor from before the database was copied elsewhere lies ahead: then all is told.
 */
export async function changedHours(
  tx: Tx,
  since: string | null,
): Promise<{ readonly hours: readonly ChangedHour[]; readonly cursor: string }> {
  const { rows } = await sql<{ cursor: string; agent_id: string | null; hour_at: Date | null }>`
    with now as (select metaagent_settled_before() as xmin)
    select now.xmin::text as cursor, changes.agent_id, changes.hour_at
    from now left join agent_rollup_changes changes
      on changes.organization_id = ${tx.organizationId}::uuid
      and (case when ${since}::xid8 is null or ${since}::xid8 > now.xmin then true
        else changes.changed_xid >= ${since}::xid8 and changes.changed_xid < now.xmin end)
    order by changes.hour_at, changes.agent_id`.execute(tx.tables())
  const [first] = rows
  if (first === undefined) throw new Error('a snapshot has an oldest transaction')
  return {
    cursor: first.cursor,
    hours: rows.flatMap(({ agent_id, hour_at }) =>
      agent_id === null || hour_at === null
        ? []
        : [{ agentId: agent_id, hourAt: instantFromEpochMs(hour_at.getTime()) }],
    ),
  }
}
