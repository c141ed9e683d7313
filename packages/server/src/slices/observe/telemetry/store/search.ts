import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { ExecutionRef } from '../../../../ports/word-search.ts'
import { hexOfUuid } from '../model/rows.ts'
import { type ListedExecution, listedColumns } from './reading.ts'

/** Notes executions whose texts are to be read, with the commit: no round trip of ingest waits for it. */
export function queueForSearch(tx: Tx, executionIds: readonly string[]): void {
  if (executionIds.length === 0) return
  tx.atCommit(
    sql`insert into execution_search_queue as q (organization_id, execution_id)
      select ${tx.organizationId}::uuid, unnest(${[...executionIds].sort()}::uuid[])
      on conflict (organization_id, execution_id) do update set noted_by = excluded.noted_by`.compile(tx.tables()),
  )
}

/** Characters of one text that are read, and steps of one day. */
const textMax = 20_000
const stepsMax = 500

/** Counting characters takes as long as all the rest: it is left out where there are not that many bytes. */
const cut = (column: string) =>
  `case when octet_length(${column}) > ${textMax} then left(${column}, ${textMax}) else ${column} end`

/** Each followed by `textGap`. Column by column and not by concat_ws, which looks each type up anew: this and the cut halved the time of reading. */
const joined = (texts: readonly string[]) => texts.map((text) => `coalesce(${text} || U&'\\001e', '')`).join(' || ')

// One look-up by key per day: with a range of days the whole of each would be read.
/** What an execution `e` and its steps say. */
const textOf = (tx: Tx) => sql`${sql.raw(
  joined([
    'e.environment',
    'e.unit',
    'e.conversation_id',
    'e.end_reason',
    'e.error_type',
    ...['e.error_message', 'e.input::text', 'e.output::text', 'e.attributes::text'].map(cut),
  ]),
)} || coalesce((
  select string_agg(${sql.raw(
    joined(['l.name', 'l.model', 'l.error_type', ...['l.error_message', 'l.input::text', 'l.output::text'].map(cut)]),
  )}, '')
  from generate_series(e.first_action_on::timestamp, e.last_action_on::timestamp, '1 day') as day
  cross join lateral (
    select name, model, error_type, error_message, input, output from agent_execution_logs l
    where l.organization_id = ${tx.organizationId} and l.started_on = day::date
      and l.execution_id = e.execution_id limit ${stepsMax}) l), '')`

export interface ExecutionTexts extends ExecutionRef {
  /** Texts of the execution and its steps, each followed by `textGap`. */
  readonly texts: string
}

/** An execution that waits, and the transaction that noted it last. */
export interface QueuedExecution extends ExecutionTexts {
  readonly notedBy: string
  readonly agentId: string
  readonly startedAt: Date
}

/** Executions that wait, with what they say as it is stored, which is masked; without those that are not there any more. */
export async function nextForSearch(tx: Tx, limit: number): Promise<readonly QueuedExecution[]> {
  const { rows } = await sql<QueuedExecution>`
    select q.execution_id as "executionId", q.noted_by as "notedBy", e.started_on as "startedOn",
      e.agent_id as "agentId", e.started_at as "startedAt", ${textOf(tx)} as texts
    from (select execution_id, noted_by from execution_search_queue where organization_id = ${tx.organizationId}
      order by execution_id limit ${limit}) q
    cross join lateral (
      select * from agent_executions e
      where e.organization_id = ${tx.organizationId} and e.execution_id = q.execution_id
      order by e.started_on limit 1) e`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** What executions and their steps say, as it is stored, which is masked; the beginnings of long texts. */
export async function textsOf(tx: Tx, executions: readonly ExecutionRef[]): Promise<readonly ExecutionTexts[]> {
  if (executions.length === 0) return []
  const { rows } = await sql<ExecutionTexts>`
    select e.started_on as "startedOn", e.execution_id as "executionId", ${textOf(tx)} as texts
    from unnest(${executions.map(({ executionId }) => executionId)}::uuid[],
      ${executions.map(({ startedOn }) => startedOn)}::date[]) as k(execution_id, started_on)
    cross join lateral (
      select * from agent_executions e where e.organization_id = ${tx.organizationId}
        and e.started_on = k.started_on and e.execution_id = k.execution_id) e`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** Executions by their keys, as lists show them; without those that are gone. */
export async function listByKey(tx: Tx, executions: readonly ExecutionRef[]): Promise<readonly ListedExecution[]> {
  const { rows } = await sql<ListedExecution>`
    select ${listedColumns}
    from unnest(${executions.map(({ executionId }) => executionId)}::uuid[],
      ${executions.map(({ startedOn }) => startedOn)}::date[]) as k(execution_id, started_on)
    cross join lateral (
      select * from agent_executions e where e.organization_id = ${tx.organizationId}
        and e.started_on = k.started_on and e.execution_id = k.execution_id) e`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** Takes executions off the queue, unless more of them arrived since they were read. */
export async function leaveQueue(
  tx: Tx,
  read: readonly Pick<QueuedExecution, 'executionId' | 'notedBy'>[],
): Promise<void> {
  const ids = read.map(({ executionId }) => executionId)
  // By key: joined with the list, the whole queue would be read.
  await sql`
    delete from execution_search_queue q
    where q.organization_id = ${tx.organizationId} and q.execution_id = any(${ids}::uuid[])
      and (q.execution_id, q.noted_by) in (
        select * from unnest(${ids}::uuid[], ${read.map(({ notedBy }) => notedBy)}::xid8[]))`.execute(tx.tables())
}

/** How many executions wait to be read. */
export async function countQueue(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from execution_search_queue where organization_id = ${tx.organizationId}`.execute(
    tx.tables(),
  )
  return rows[0]?.count ?? 0
}

/** Takes off the queue what retention has let go of meanwhile. */
export async function forgetMissing(tx: Tx): Promise<void> {
  await sql`
    delete from execution_search_queue q where q.organization_id = ${tx.organizationId} and not exists (
      select from agent_executions e
      where e.organization_id = ${tx.organizationId} and e.execution_id = q.execution_id)`.execute(tx.tables())
}
