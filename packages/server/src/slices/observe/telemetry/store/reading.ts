import type { Action, ActionKind, ActionStatus, ExecutionStatus, JsonValue, OutcomeResult } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { WordFilter } from '../../../../ports/word-search.ts'
import { hexOfUuid } from '../model/rows.ts'

/** An execution as it is shown, with ids in place of names. */
export interface ListedExecution {
  readonly startedOn: string
  readonly executionId: string
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
  readonly status: ExecutionStatus
  readonly outcome: OutcomeResult | null
  readonly endReason: string | null
  readonly errorType: string | null
  readonly errorMessage: string | null
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly conversationId: string | null
  readonly unit: string | null
  readonly score: number | null
  readonly synthetic: boolean
  readonly actions: number
  readonly llmCalls: number
  readonly toolCalls: number
  readonly actionErrors: number
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly costNanoUsd: number | null
  readonly unpricedCalls: number
  readonly reportedCostNanoUsd: number | null
  readonly actionsReportedCostNanoUsd: number | null
}

/** The columns of a `ListedExecution`, of the table as `e`. */
export const listedColumns =
  sql.raw(`e.started_on as "startedOn", e.execution_id as "executionId", e.agent_id as "agentId", e.release_id as "releaseId",
  e.environment, e.status, e.outcome, e.end_reason as "endReason", e.error_type as "errorType", e.error_message as "errorMessage",
  e.started_at as "startedAt", e.ended_at as "endedAt", e.conversation_id as "conversationId", e.unit, e.score,
  e.synthetic, e.actions, e.llm_calls as "llmCalls", e.tool_calls as "toolCalls", e.action_errors as "actionErrors",
  e.input_tokens as "inputTokens", e.output_tokens as "outputTokens", e.cost_nano_usd as "costNanoUsd",
  e.unpriced_calls as "unpricedCalls", e.reported_cost_nano_usd as "reportedCostNanoUsd",
  e.actions_reported_cost_nano_usd as "actionsReportedCostNanoUsd"`)

/** Which executions a list shows; null means all. */
export interface ExecutionFilter {
  readonly agentId: string | null
  readonly environment: string | null
  readonly releaseIds: readonly string[] | null
  readonly status: ExecutionStatus | null
  readonly outcome: OutcomeResult | null
  readonly endReasons: readonly string[] | null
  /** True: only those whose end reason is not one of `endReasons`. */
  readonly otherEndReasons: boolean
  /** Null: both. */
  readonly synthetic: boolean | null
  readonly unit: string | null
  readonly conversationId: string | null
  readonly words: WordFilter | null
  readonly attributes: readonly { readonly key: string; readonly value: string }[]
  readonly from: Date | null
  readonly to: Date | null
  /** Days of the partitions that can hold executions between `from` and `to`. */
  readonly fromDay: string | null
  readonly toDay: string | null
}

export interface ListPosition {
  readonly startedAt: string
  readonly executionId: string
}

/** Executions in the order of their start, from behind a position on. */
export async function listExecutions(
  tx: Tx,
  filter: ExecutionFilter,
  order: 'newest' | 'oldest',
  after: ListPosition | null,
  limit: number,
): Promise<readonly ListedExecution[]> {
  const conditions = [sql`e.organization_id = ${tx.organizationId}`]
  if (filter.agentId !== null) conditions.push(sql`e.agent_id = ${filter.agentId}`)
  if (filter.environment !== null) conditions.push(sql`e.environment = ${filter.environment}`)
  if (filter.releaseIds !== null) conditions.push(sql`e.release_id = any(${filter.releaseIds}::uuid[])`)
  if (filter.status !== null) conditions.push(sql`e.status = ${filter.status}`)
  if (filter.outcome !== null) conditions.push(sql`e.outcome = ${filter.outcome}`)
  if (filter.endReasons !== null)
    conditions.push(
      filter.otherEndReasons
        ? sql`(e.end_reason is null or e.end_reason <> all(${filter.endReasons}::text[]))`
        : filter.endReasons.length === 1
          ? sql`e.end_reason = ${filter.endReasons[0]}`
          : sql`e.end_reason = any(${filter.endReasons}::text[])`,
    )
  if (filter.synthetic !== null) conditions.push(filter.synthetic ? sql`e.synthetic` : sql`not e.synthetic`)
  if (filter.unit !== null) conditions.push(sql`e.unit = ${filter.unit}`)
  if (filter.conversationId !== null) conditions.push(sql`e.conversation_id = ${filter.conversationId}`)
  if (filter.words !== null) conditions.push(filter.words.condition)
  for (const { key, value } of filter.attributes) {
    const own = sql`e.attributes ->> ${key}::text = ${value}`
    // Spans name their user, which has a column.
    conditions.push(key === 'user.id' ? sql`(${own} or e.user_id = ${value})` : own)
  }
  if (filter.from !== null) conditions.push(sql`e.started_at >= ${filter.from}`)
  if (filter.to !== null) conditions.push(sql`e.started_at < ${filter.to}`)
  if (filter.fromDay !== null) conditions.push(sql`e.started_on >= ${filter.fromDay}::date`)
  if (filter.toDay !== null) conditions.push(sql`e.started_on <= ${filter.toDay}::date`)
  const [beyond, direction] = order === 'newest' ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`]
  if (after !== null)
    conditions.push(
      sql`(e.started_at, e.execution_id) ${beyond} (${after.startedAt}::timestamptz, ${after.executionId}::uuid)`,
    )
  const { rows } = await sql<ListedExecution>`
    select ${listedColumns} from ${listedRows(tx, filter.words)}
    where ${sql.join(conditions, sql` and `)}
    order by e.started_at ${direction}, e.execution_id ${direction} limit ${limit}`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** All executions, or only candidates: each is then one look-up by key, whatever order the list has. */
function listedRows(tx: Tx, words: WordFilter | null) {
  const candidates = words?.candidates ?? null
  if (candidates === null) return sql`agent_executions e`
  return sql`unnest(${candidates.map(({ startedOn }) => startedOn)}::date[],
      ${candidates.map(({ executionId }) => executionId)}::uuid[]) as k(started_on, execution_id)
    cross join lateral (
      select * from agent_executions x where x.organization_id = ${tx.organizationId}
        and x.started_on = k.started_on and x.execution_id = k.execution_id) e`
}

export interface DetailedExecution extends ListedExecution {
  readonly firstActionOn: string | null
  readonly lastActionOn: string | null
  readonly input: JsonValue
  readonly output: JsonValue
  readonly attributes: Record<string, JsonValue> | null
  /** As spans of it say. */
  readonly userId: string | null
  readonly masked: number
}

/** One execution with everything; the earliest, should rows that came too late have begun a second one. */
export async function selectExecution(tx: Tx, executionId: string): Promise<DetailedExecution | null> {
  const { rows } = await sql<DetailedExecution>`
    select ${listedColumns}, e.first_action_on as "firstActionOn", e.last_action_on as "lastActionOn",
      e.input, e.output, e.attributes, e.user_id as "userId", e.masked
    from agent_executions e
    where e.organization_id = ${tx.organizationId} and e.execution_id = ${executionId}
    order by e.started_on limit 1`.execute(tx.tables())
  const row = rows[0]
  return row === undefined ? null : { ...row, executionId: hexOfUuid(row.executionId) }
}

/** An action as it is shown, with the agent's id in place of its name. */
export interface ListedAction {
  readonly actionId: string
  readonly parentActionId: string | null
  readonly agentId: string
  readonly kind: ActionKind
  readonly name: string
  readonly status: ActionStatus
  readonly errorType: string | null
  readonly errorMessage: string | null
  readonly startedAt: Date
  readonly endedAt: Date
  readonly provider: string | null
  readonly model: string | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cacheReadTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
  readonly counted: boolean
  readonly costNanoUsd: number | null
  readonly costProvenance: Action['costProvenance']
  readonly reportedCostNanoUsd: number | null
}

const actionColumns =
  sql.raw(`encode(l.action_id, 'hex') as "actionId", encode(l.parent_action_id, 'hex') as "parentActionId",
  l.agent_id as "agentId", l.kind, l.name, l.status, l.error_type as "errorType", l.error_message as "errorMessage",
  l.started_at as "startedAt", l.ended_at as "endedAt", l.provider, l.model, l.input_tokens as "inputTokens",
  l.output_tokens as "outputTokens", l.cache_read_tokens as "cacheReadTokens", l.cache_write_tokens as "cacheWriteTokens",
  l.reasoning_tokens as "reasoningTokens", l.counted, l.cost_nano_usd as "costNanoUsd",
  l.cost_provenance as "costProvenance", l.reported_cost_nano_usd as "reportedCostNanoUsd"`)

/** Actions of an execution in the order of their start; `days` are those on which they can lie. */
export async function listActions(
  tx: Tx,
  executionId: string,
  days: readonly string[],
  limit: number,
): Promise<readonly ListedAction[]> {
  const { rows } = await sql<ListedAction>`
    select ${actionColumns} from agent_execution_logs l
    where l.organization_id = ${tx.organizationId} and l.started_on = any(${days}::date[])
      and l.execution_id = ${executionId}
    order by l.started_at, l.ended_at desc, l.action_id limit ${limit}`.execute(tx.tables())
  return rows
}

export interface DetailedAction extends ListedAction {
  readonly input: JsonValue
  readonly output: JsonValue
  readonly attributes: Record<string, JsonValue> | null
  readonly masked: number
}

/** One action with everything. */
export async function selectAction(
  tx: Tx,
  executionId: string,
  actionId: string,
  days: readonly string[],
): Promise<DetailedAction | null> {
  const { rows } = await sql<DetailedAction>`
    select ${actionColumns}, l.input, l.output, l.attributes, l.masked from agent_execution_logs l
    where l.organization_id = ${tx.organizationId} and l.started_on = any(${days}::date[])
      and l.execution_id = ${executionId} and l.action_id = ${`\\x${actionId}`}::bytea
    limit 1`.execute(tx.tables())
  return rows[0] ?? null
}

export interface ComparedExecution {
  readonly executionId: string
  readonly unit: string | null
  readonly status: 'success' | 'failure'
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly costNanoUsd: number | null
  readonly unpricedCalls: number
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly reportedCostNanoUsd: number | null
  readonly actionsReportedCostNanoUsd: number | null
}

/** Executions of a release that count as succeeded or failed and are not synthetic, oldest first. */
export async function endedExecutions(
  tx: Tx,
  question: { readonly agentId: string; readonly releaseId: string; readonly environment: string | null },
): Promise<readonly ComparedExecution[]> {
  const { rows } = await sql<ComparedExecution>`
    select e.execution_id as "executionId", e.unit, coalesce(e.outcome, e.status) as status, e.started_at as "startedAt",
      e.ended_at as "endedAt", e.cost_nano_usd as "costNanoUsd", e.unpriced_calls as "unpricedCalls", e.input_tokens as "inputTokens",
      e.output_tokens as "outputTokens", e.reported_cost_nano_usd as "reportedCostNanoUsd",
      e.actions_reported_cost_nano_usd as "actionsReportedCostNanoUsd"
    from agent_executions e
    where e.organization_id = ${tx.organizationId} and e.agent_id = ${question.agentId}
      and e.release_id = ${question.releaseId} and e.status in ('success', 'failure', 'cancelled')
      and coalesce(e.outcome, e.status) <> 'cancelled' and not e.synthetic
      ${question.environment === null ? sql`` : sql`and e.environment = ${question.environment}`}
    order by e.started_at, e.execution_id`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}
