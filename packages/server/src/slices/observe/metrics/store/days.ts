import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type DaySums, figuresOfDay } from '../model/day.ts'

/** Sums of one agent, environment and release on one day; a release '' named none. */
export type DayRow = DaySums & { readonly agentId: string; readonly environment: string; readonly releaseId: string }

/** A day with its bounds and how it was counted. */
export interface DayOf {
  readonly day: string
  readonly timeZone: string
  readonly from: Instant
  readonly until: Instant
  readonly basis: 'rollups' | 'rows'
  readonly computedAt: Instant
}

/** Puts what a day came to in the place of what stood there for these agents (null: for all). */
export async function replaceDay(
  tx: Tx,
  of: DayOf,
  agentIds: readonly string[] | null,
  rows: readonly DayRow[],
): Promise<void> {
  await sql`
    delete from agent_performance_metrics where organization_id = ${tx.organizationId}::uuid and day = ${of.day}::date
      and (${agentIds}::uuid[] is null or agent_id = any(${agentIds}::uuid[]))`.execute(tx.tables())
  if (rows.length === 0) return
  const records = rows.map((row) => {
    const figures = figuresOfDay(row)
    return {
      ...row,
      success_rate: figures.successRate,
      cost_per_success_nano_usd: figures.costPerSuccessNanoUsd,
      latency_p50_ms: figures.latencyP50Ms,
      latency_p95_ms: figures.latencyP95Ms,
      latency_p99_ms: figures.latencyP99Ms,
    }
  })
  await sql`
    insert into agent_performance_metrics (organization_id, day, agent_id, environment, release_id, time_zone, starts_at,
      ends_at, successes, failures, cancelled, actions, action_errors, llm_calls, tool_calls, tool_errors, input_tokens,
      output_tokens, cost_nano_usd, priced_calls, unpriced_calls, latency, success_rate, cost_per_success_nano_usd,
      latency_p50_ms, latency_p95_ms, latency_p99_ms, basis, computed_at)
    select ${tx.organizationId}::uuid, ${of.day}::date, r."agentId", r.environment, r."releaseId", ${of.timeZone},
      ${iso(of.from)}::timestamptz, ${iso(of.until)}::timestamptz, r.successes, r.failures, r.cancelled, r.actions,
      r."actionErrors", r."llmCalls", r."toolCalls", r."toolErrors", r."inputTokens", r."outputTokens", r."costNanoUsd",
      r."pricedCalls", r."unpricedCalls", r.latency, r.success_rate, r.cost_per_success_nano_usd, r.latency_p50_ms,
      r.latency_p95_ms, r.latency_p99_ms, ${of.basis}, ${iso(of.computedAt)}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r("agentId" uuid, environment text, "releaseId" text,
      successes int8, failures int8, cancelled int8, actions int8, "actionErrors" int8, "llmCalls" int8, "toolCalls" int8,
      "toolErrors" int8, "inputTokens" int8, "outputTokens" int8, "costNanoUsd" int8, "pricedCalls" int8,
      "unpricedCalls" int8, latency jsonb, success_rate float8, cost_per_success_nano_usd int8, latency_p50_ms float8,
      latency_p95_ms float8, latency_p99_ms float8)`.execute(tx.tables())
}

const iso = (at: number) => new Date(at).toISOString()

/** Days of the zones before, once every day of the new one is computed. */
export async function dropOtherZones(tx: Tx, timeZone: string): Promise<void> {
  await sql`delete from agent_performance_metrics
    where organization_id = ${tx.organizationId}::uuid and time_zone <> ${timeZone}`.execute(tx.tables())
}

/** Which rows a question is about; null means all. */
export interface DayFilter {
  readonly agentId: string | null
  readonly environment: string | null
  readonly releaseIds: readonly string[] | null
  readonly from: string | null
  readonly to: string | null
}

/** A stored row of a day. */
export interface StoredDay extends DayRow {
  readonly day: string
  readonly timeZone: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly basis: 'rollups' | 'rows'
  readonly computedAt: Date
}

/** Where a page of days ended: its last row's key. */
export interface DayPosition {
  readonly day: string
  readonly agentId: string
  readonly environment: string
  readonly releaseId: string
}

/** The newest day first, within a day by agent, environment and release, from behind `after` on. */
export async function selectDays(
  tx: Tx,
  filter: DayFilter,
  after: DayPosition | null,
  limit: number,
): Promise<readonly StoredDay[]> {
  const conditions = [sql`organization_id = ${tx.organizationId}::uuid`]
  if (filter.agentId !== null) conditions.push(sql`agent_id = ${filter.agentId}::uuid`)
  if (filter.environment !== null) conditions.push(sql`environment = ${filter.environment}`)
  if (filter.releaseIds !== null) conditions.push(sql`release_id = any(${filter.releaseIds}::text[])`)
  if (filter.from !== null) conditions.push(sql`day >= ${filter.from}::date`)
  if (filter.to !== null) conditions.push(sql`day <= ${filter.to}::date`)
  if (after !== null)
    conditions.push(sql`(day < ${after.day}::date or (day = ${after.day}::date and (agent_id, environment, release_id)
      > (${after.agentId}::uuid, ${after.environment}::text, ${after.releaseId}::text)))`)
  const { rows } = await sql<StoredDay>`
    select to_char(day, 'YYYY-MM-DD') as day, agent_id as "agentId", environment, release_id as "releaseId",
      time_zone as "timeZone", starts_at as "startsAt", ends_at as "endsAt", successes, failures, cancelled, actions,
      action_errors as "actionErrors", llm_calls as "llmCalls", tool_calls as "toolCalls", tool_errors as "toolErrors",
      input_tokens as "inputTokens", output_tokens as "outputTokens", cost_nano_usd as "costNanoUsd",
      priced_calls as "pricedCalls", unpriced_calls as "unpricedCalls", latency, basis, computed_at as "computedAt"
    from agent_performance_metrics where ${sql.join(conditions, sql` and `)}
    order by agent_performance_metrics.day desc, agent_id, environment, release_id limit ${limit}`.execute(tx.tables())
  return rows
}

interface CursorTable {
  metric_cursors: { organization_id: string; rollup_cursor: string; time_zone: string }
}
const cursors = (tx: Tx): Kysely<CursorTable> => tx.tables<CursorTable>()

/** Up to where the changes of the rollups are in the days; null before the first time. */
export async function readCursor(tx: Tx): Promise<{ readonly cursor: string; readonly timeZone: string } | null> {
  const row = await cursors(tx)
    .selectFrom('metric_cursors')
    .select(['rollup_cursor as cursor', 'time_zone as timeZone'])
    .where('organization_id', '=', tx.organizationId)
    .executeTakeFirst()
  return row ?? null
}

export async function saveCursor(tx: Tx, at: { readonly cursor: string; readonly timeZone: string }): Promise<void> {
  const values = { rollup_cursor: at.cursor, time_zone: at.timeZone }
  await cursors(tx)
    .insertInto('metric_cursors')
    .values({ organization_id: tx.organizationId, ...values })
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(values))
    .execute()
}
