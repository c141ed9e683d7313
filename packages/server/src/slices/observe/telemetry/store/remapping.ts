import type { JsonValue } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { StoredSpanRow } from '../model/otlp/stored-span.ts'
import type { ActionCost, ActionRow } from '../model/rows.ts'
import { actionsToWalk, executionsToWalk, type WalkedAction } from './walking.ts'

/** A stored action that an older mapping read. */
export interface OldRow extends WalkedAction, Omit<StoredSpanRow, keyof WalkedAction> {
  readonly errorType: string | null
  readonly input: JsonValue
  readonly output: JsonValue
  readonly masked: number
}

const isOld = (tx: Tx, version: number) =>
  sql`l.organization_id = ${tx.organizationId} and l.source = 'otlp' and l.mapping_version < ${version}`

/** How many rows of these days an older mapping read. */
export async function countOldRows(tx: Tx, version: number, fromDay: string, toDay: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int8 as count from agent_execution_logs l
    where ${isOld(tx, version)} and l.started_on >= ${fromDay}::date and l.started_on <= ${toDay}::date`.execute(
    tx.tables(),
  )
  return Number(rows[0]?.count ?? 0)
}

/** The first and last day that hold any action; null when there is none. */
export async function daysWithActions(tx: Tx): Promise<{ readonly first: string; readonly last: string } | null> {
  const { rows } = await sql<{ first: string | null; last: string | null }>`
    select min(started_on) as first, max(started_on) as last from agent_execution_logs
    where organization_id = ${tx.organizationId}`.execute(tx.tables())
  const [row] = rows
  return row === undefined || row.first === null || row.last === null ? null : { first: row.first, last: row.last }
}

/** Executions with such rows on one day, by id, from behind one on. */
export async function executionsWithOldRows(
  tx: Tx,
  version: number,
  day: string,
  afterExecutionId: string | null,
  limit: number,
): Promise<readonly string[]> {
  return executionsToWalk(tx, isOld(tx, version), day, afterExecutionId, limit)
}

/** Such rows of these executions on one day, in the order of their key. */
export async function oldRowsOf(
  tx: Tx,
  version: number,
  day: string,
  executionIds: readonly string[],
): Promise<readonly OldRow[]> {
  return actionsToWalk<Omit<OldRow, keyof WalkedAction>>(
    tx,
    isOld(tx, version),
    day,
    executionIds,
    `encode(l.parent_action_id, 'hex') as "parentActionId", l.name, l.error_type as "errorType",
      l.error_message as "errorMessage", l.input, l.output, coalesce(l.attributes, '{}') as attributes, l.masked`,
  )
}

/** A row as the newer mapping reads it, with the ids behind its names and its price. */
export interface RemappedRow {
  readonly startedOn: string
  readonly row: ActionRow
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
  readonly cost: ActionCost | null
  readonly masked: number
}

const rewritten = `agent_id uuid, release_id uuid, environment text, own_agent boolean, own_release boolean,
  own_environment boolean, kind text, name text, status text, error_type text, error_message text, provider text,
  model text, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
  reasoning_tokens bigint, cost_nano_usd bigint, cost_provenance json, reported_cost_nano_usd bigint, input json,
  output json, attributes json, mapping_version smallint, response_id text`
const rewrittenNames = rewritten.split(',').map((column) => column.trim().split(' ')[0] ?? '')

/** Writes what the newer mapping reads. */
export async function writeRemapped(tx: Tx, rows: readonly RemappedRow[]): Promise<void> {
  const records = rows.map(({ startedOn, row, agentId, releaseId, environment, cost }) => ({
    started_on: startedOn,
    execution_id: row.executionId,
    action_id: `\\x${row.actionId}`,
    agent_id: agentId,
    release_id: releaseId,
    environment,
    own_agent: row.ownAgent,
    own_release: row.ownRelease,
    own_environment: row.ownEnvironment,
    kind: row.kind,
    name: row.name,
    status: row.status,
    error_type: row.errorType,
    error_message: row.errorMessage,
    provider: row.provider,
    model: row.model,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cache_read_tokens: row.cacheReadTokens,
    cache_write_tokens: row.cacheWriteTokens,
    reasoning_tokens: row.reasoningTokens,
    cost_nano_usd: cost?.nanoUsd ?? null,
    cost_provenance: cost === null ? null : JSON.parse(cost.provenance),
    reported_cost_nano_usd: row.reportedCostNanoUsd,
    input: parsed(row.input),
    output: parsed(row.output),
    attributes: parsed(row.attributes),
    mapping_version: row.mappingVersion,
    response_id: row.responseId ?? null,
  }))
  await sql`
    update agent_execution_logs l
    set ${sql.raw(rewrittenNames.map((name) => `${name} = r.${name}`).join(', '))}
    from json_to_recordset(${JSON.stringify(records)}::json)
      as r(started_on date, execution_id uuid, action_id bytea, ${sql.raw(rewritten)})
    where l.organization_id = ${tx.organizationId} and l.started_on = r.started_on
      and l.execution_id = r.execution_id and l.action_id = r.action_id`.execute(tx.tables())
}

const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text))
