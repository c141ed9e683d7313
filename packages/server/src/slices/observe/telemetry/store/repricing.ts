import type { ActionKind, ActionStatus } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { hexOfUuid } from '../model/rows.ts'

/** Which calls: those that began in [from, until), of one provider or model where named. */
export interface CallScope {
  readonly from: Instant
  readonly until: Instant
  readonly provider: string | null
  readonly model: string | null
}

/** A stored call with everything that its price depends on and everything that it counts in. */
export interface StoredCall {
  readonly executionId: string
  readonly startedOn: string
  readonly actionId: string
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
  readonly kind: ActionKind
  readonly status: ActionStatus
  readonly startedAt: Instant
  readonly endedAt: Instant
  readonly provider: string | null
  readonly model: string | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cacheReadTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
  readonly counted: boolean
  readonly costNanoUsd: number | null
  readonly costProvenance: unknown
  readonly reportedCostNanoUsd: number | null
}

const inScope = (tx: Tx, { from, until, provider, model }: CallScope) => sql`l.organization_id = ${tx.organizationId}
  and l.model is not null and (l.input_tokens is not null or l.output_tokens is not null)
  and l.started_at >= ${new Date(from)}::timestamptz and l.started_at < ${new Date(until)}::timestamptz
  ${provider === null ? sql`` : sql`and l.provider = ${provider}`}
  ${model === null ? sql`` : sql`and l.model = ${model}`}`

/** The first day from `day` to `lastDay` that holds any action; null when none does. */
export async function firstDayFrom(tx: Tx, day: string, lastDay: string): Promise<string | null> {
  const { rows } = await sql<{ day: string | null }>`
    select min(started_on) as day from agent_execution_logs
    where organization_id = ${tx.organizationId} and started_on >= ${day}::date and started_on <= ${lastDay}::date`.execute(
    tx.tables(),
  )
  return rows[0]?.day ?? null
}

/** Executions with calls in the scope on one day, by id, from behind one on. */
export async function executionsWithCalls(
  tx: Tx,
  scope: CallScope,
  day: string,
  afterExecutionId: string | null,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ execution_id: string }>`
    select distinct l.execution_id from agent_execution_logs l
    where ${inScope(tx, scope)} and l.started_on = ${day}::date
      and l.execution_id > ${afterExecutionId ?? '00000000000000000000000000000000'}::uuid
    order by l.execution_id limit ${limit}`.execute(tx.tables())
  return rows.map((row) => hexOfUuid(row.execution_id))
}

/** The calls in the scope of these executions on one day, in the order of their key. */
export async function callsOf(
  tx: Tx,
  scope: CallScope,
  day: string,
  executionIds: readonly string[],
): Promise<readonly StoredCall[]> {
  const { rows } = await sql<
    Omit<StoredCall, 'startedAt' | 'endedAt'> & { readonly startedAt: Date; readonly endedAt: Date }
  >`
    select l.execution_id as "executionId", l.started_on as "startedOn", encode(l.action_id, 'hex') as "actionId",
      l.agent_id as "agentId", l.release_id as "releaseId", l.environment, l.kind, l.status,
      l.started_at as "startedAt", l.ended_at as "endedAt", l.provider, l.model, l.input_tokens as "inputTokens",
      l.output_tokens as "outputTokens", l.cache_read_tokens as "cacheReadTokens",
      l.cache_write_tokens as "cacheWriteTokens", l.reasoning_tokens as "reasoningTokens", l.counted,
      l.cost_nano_usd as "costNanoUsd", l.cost_provenance as "costProvenance",
      l.reported_cost_nano_usd as "reportedCostNanoUsd"
    from agent_execution_logs l
    where ${inScope(tx, scope)} and l.started_on = ${day}::date and l.execution_id = any(${executionIds}::uuid[])
    order by l.execution_id, l.action_id`.execute(tx.tables())
  return rows.map((row) => ({
    ...row,
    executionId: hexOfUuid(row.executionId),
    startedAt: instantFromEpochMs(row.startedAt.getTime()),
    endedAt: instantFromEpochMs(row.endedAt.getTime()),
  }))
}

export interface RepricedCall {
  readonly call: StoredCall
  readonly nanoUsd: number | null
  readonly provenance: string | null
}

/** Writes what calls cost now and by which price. */
export async function writeCallCosts(tx: Tx, changes: readonly RepricedCall[]): Promise<void> {
  await sql`
    update agent_execution_logs l set cost_nano_usd = c.cost_nano_usd, cost_provenance = c.cost_provenance::json
    from unnest(
      ${changes.map(({ call }) => call.startedOn)}::date[], ${changes.map(({ call }) => call.executionId)}::uuid[],
      ${changes.map(({ call }) => `\\x${call.actionId}`)}::bytea[], ${changes.map(({ nanoUsd }) => nanoUsd)}::int8[],
      ${changes.map(({ provenance }) => provenance)}::text[]
    ) as c(started_on, execution_id, action_id, cost_nano_usd, cost_provenance)
    where l.organization_id = ${tx.organizationId} and l.started_on = c.started_on
      and l.execution_id = c.execution_id and l.action_id = c.action_id`.execute(tx.tables())
}

/** What the sums of one execution change by. */
export interface ExecutionCostChange {
  readonly executionId: string
  readonly startedOn: string
  readonly costNanoUsd: number
  readonly pricedCalls: number
}

/** Moves the cost totals of locked executions; one without any priced call left has no known cost. */
export async function moveExecutionCosts(tx: Tx, changes: readonly ExecutionCostChange[]): Promise<void> {
  await sql`
    update agent_executions e set
      priced_calls = e.priced_calls + c.priced_calls,
      unpriced_calls = e.unpriced_calls - c.priced_calls,
      cost_nano_usd = case when e.priced_calls + c.priced_calls > 0
        then coalesce(e.cost_nano_usd, 0) + c.cost_nano_usd end
    from unnest(
      ${changes.map(({ startedOn }) => startedOn)}::date[], ${changes.map(({ executionId }) => executionId)}::uuid[],
      ${changes.map(({ costNanoUsd }) => costNanoUsd)}::int8[], ${changes.map(({ pricedCalls }) => pricedCalls)}::int4[]
    ) as c(started_on, execution_id, cost_nano_usd, priced_calls)
    where e.organization_id = ${tx.organizationId} and e.started_on = c.started_on
      and e.execution_id = c.execution_id`.execute(tx.tables())
}
