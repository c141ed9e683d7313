import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { ExecutionRef } from '../../../../ports/word-search.ts'
import { textGap } from '../../../../ports/word-search.ts'
import { hexOfUuid } from '../model/rows.ts'

/** Notes executions whose texts are to be read, with the commit: no round trip of ingest waits for it. */
export function queueForSearch(tx: Tx, executionIds: readonly string[]): void {
  if (executionIds.length === 0) return
  tx.atCommit(
    sql`insert into execution_search_queue as q (organization_id, execution_id)
      select ${tx.organizationId}::uuid, unnest(${[...executionIds].sort()}::uuid[])
      on conflict (organization_id, execution_id) do update set noted_by = excluded.noted_by`.compile(tx.tables()),
  )
}

/** An execution that waits, and the transaction that noted it last. */
export interface QueuedExecution extends ExecutionRef {
  readonly notedBy: string
  readonly agentId: string
  readonly startedAt: Date
}

/** Executions that wait, with their day; those that are not there any more are left out. */
export async function nextForSearch(tx: Tx, limit: number): Promise<readonly QueuedExecution[]> {
  const { rows } = await sql<QueuedExecution>`
    select q.execution_id as "executionId", q.noted_by as "notedBy", e.started_on as "startedOn",
      e.agent_id as "agentId", e.started_at as "startedAt"
    from (select execution_id, noted_by from execution_search_queue where organization_id = ${tx.organizationId}
      order by execution_id limit ${limit}) q
    cross join lateral (
      select started_on, agent_id, started_at from agent_executions e
      where e.organization_id = ${tx.organizationId} and e.execution_id = q.execution_id
      order by e.started_on limit 1) e`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** Takes executions off the queue, unless more of them arrived since they were read. */
export async function leaveQueue(
  tx: Tx,
  read: readonly Pick<QueuedExecution, 'executionId' | 'notedBy'>[],
): Promise<void> {
  await sql`
    delete from execution_search_queue q
    using unnest(${read.map(({ executionId }) => executionId)}::uuid[], ${read.map(({ notedBy }) => notedBy)}::xid8[])
      as r(execution_id, noted_by)
    where q.organization_id = ${tx.organizationId} and q.execution_id = r.execution_id
      and q.noted_by = r.noted_by`.execute(tx.tables())
}

/** Characters of one text that are read, and steps of one day. */
const textMax = 20_000
const stepsMax = 500

export interface ExecutionTexts extends ExecutionRef {
  /** Texts of the execution and its steps, apart by `textGap`. */
  readonly texts: string
}

// One look-up by key per day: with a range of days the whole of each would be read.
/** What executions and their steps say, as it is stored, which is masked; the beginnings of long texts. */
export async function textsOf(tx: Tx, executions: readonly ExecutionRef[]): Promise<readonly ExecutionTexts[]> {
  if (executions.length === 0) return []
  const { rows } = await sql<ExecutionTexts>`
    select e.started_on as "startedOn", e.execution_id as "executionId",
      concat_ws(${textGap}::text, e.environment, e.unit, e.conversation_id, e.end_reason, e.error_type,
        left(e.error_message, ${textMax}), left(e.input::text, ${textMax}), left(e.output::text, ${textMax}),
        left(e.attributes::text, ${textMax}), s.texts) as texts
    from unnest(${executions.map(({ executionId }) => executionId)}::uuid[],
      ${executions.map(({ startedOn }) => startedOn)}::date[]) as k(execution_id, started_on)
    cross join lateral (
      select * from agent_executions e where e.organization_id = ${tx.organizationId}
        and e.started_on = k.started_on and e.execution_id = k.execution_id) e
    cross join lateral (
      select string_agg(concat_ws(${textGap}::text, l.name, l.model, l.error_type, left(l.error_message, ${textMax}),
        left(l.input::text, ${textMax}), left(l.output::text, ${textMax})), ${textGap}::text) as texts
      from generate_series(e.first_action_on::timestamp, e.last_action_on::timestamp, '1 day') as day
      cross join lateral (
        select * from agent_execution_logs l where l.organization_id = ${tx.organizationId}
          and l.started_on = day::date and l.execution_id = e.execution_id
        order by l.started_at limit ${stepsMax}) l) s`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** Takes off the queue what retention has let go of meanwhile. */
export async function forgetMissing(tx: Tx): Promise<void> {
  await sql`
    delete from execution_search_queue q where q.organization_id = ${tx.organizationId} and not exists (
      select from agent_executions e
      where e.organization_id = ${tx.organizationId} and e.execution_id = q.execution_id)`.execute(tx.tables())
}
