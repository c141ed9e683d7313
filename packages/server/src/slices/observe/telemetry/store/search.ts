import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** Notes executions whose words are to be read, with the commit: no round trip of ingest waits for it. */
export function queueForSearch(tx: Tx, executionIds: readonly string[]): void {
  if (executionIds.length === 0) return
  tx.atCommit(
    sql`insert into execution_search_queue (organization_id, execution_id)
      select ${tx.organizationId}::uuid, unnest(${[...executionIds].sort()}::uuid[])
      on conflict do nothing`.compile(tx.tables()),
  )
}

export interface QueuedExecution {
  readonly executionId: string
  readonly startedOn: string
}

/** Executions that wait, with their day; those that are not there any more are taken off. */
export async function nextForSearch(tx: Tx, limit: number): Promise<readonly QueuedExecution[]> {
  const { rows } = await sql<QueuedExecution>`
    select q.execution_id::text as "executionId", e.started_on as "startedOn"
    from (select execution_id from execution_search_queue where organization_id = ${tx.organizationId}
      order by execution_id limit ${limit}) q
    cross join lateral (
      select started_on from agent_executions e
      where e.organization_id = ${tx.organizationId} and e.execution_id = q.execution_id
      order by e.started_on limit 1) e`.execute(tx.tables())
  return rows
}

export async function ensureSearchDays(tx: Tx, days: readonly string[]): Promise<void> {
  await sql`select metaagent_ensure_day_partitions('execution_search', ${days}::date[])`.execute(tx.tables())
}

/** Characters of one text, and of one execution, that are read; a vector of words may hold a megabyte. */
const textMax = 20_000
const wholeMax = 200_000
/** Steps of one day that are read. */
const stepsMax = 500

// One look-up by key per day: with a range of days the whole of each would be read.
/**
 * Reads the words of executions and their steps and takes them off the queue; returns how many it took. Rows that another
 * transaction is taking are passed over, and what is queued again meanwhile is read again.
 */
export async function indexQueued(tx: Tx, queued: readonly QueuedExecution[]): Promise<number> {
  const ids = queued.map(({ executionId }) => executionId)
  const { rows } = await sql<{ execution_id: string }>`
    delete from execution_search_queue where organization_id = ${tx.organizationId} and execution_id in (
      select execution_id from execution_search_queue
      where organization_id = ${tx.organizationId} and execution_id = any(${ids}::uuid[]) for update skip locked)
    returning execution_id`.execute(tx.tables())
  const taken = new Set(rows.map((row) => row.execution_id))
  const days = queued.filter(({ executionId }) => taken.has(executionId))
  await sql`
    insert into execution_search (organization_id, started_on, execution_id, words)
    select ${tx.organizationId}::uuid, e.started_on, e.execution_id,
      to_tsvector('simple', left(concat_ws(' ', e.environment, e.unit, e.conversation_id, e.end_reason, e.error_type,
        left(e.error_message, ${textMax}), left(e.input::text, ${textMax}), left(e.output::text, ${textMax}),
        left(e.attributes::text, ${textMax}), s.texts), ${wholeMax}))
    from unnest(${days.map(({ executionId }) => executionId)}::uuid[], ${days.map(({ startedOn }) => startedOn)}::date[])
      as k(execution_id, started_on)
    cross join lateral (
      select * from agent_executions e where e.organization_id = ${tx.organizationId}
        and e.started_on = k.started_on and e.execution_id = k.execution_id) e
    cross join lateral (
      select string_agg(concat_ws(' ', l.name, l.model, l.error_type, left(l.error_message, ${textMax}),
        left(l.input::text, ${textMax}), left(l.output::text, ${textMax})), ' ') as texts
      from generate_series(e.first_action_on::timestamp, e.last_action_on::timestamp, '1 day') as day
      cross join lateral (
        select * from agent_execution_logs l where l.organization_id = ${tx.organizationId}
          and l.started_on = day::date and l.execution_id = e.execution_id limit ${stepsMax}) l) s
    on conflict (organization_id, started_on, execution_id) do update set words = excluded.words`.execute(tx.tables())
  return rows.length
}

/** Takes off the queue what retention has let go of meanwhile. */
export async function forgetMissing(tx: Tx): Promise<void> {
  await sql`
    delete from execution_search_queue q where q.organization_id = ${tx.organizationId} and not exists (
      select from agent_executions e
      where e.organization_id = ${tx.organizationId} and e.execution_id = q.execution_id)`.execute(tx.tables())
}
