import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actionsToWalk, executionsToWalk, type WalkedAction } from './walking.ts'

/** Which calls: those that began in [from, until), of one provider or model where named. */
export interface CallScope {
  readonly from: Instant
  readonly until: Instant
  readonly provider: string | null
  readonly model: string | null
}

/** A stored call with everything that its price depends on. */
export interface StoredCall extends WalkedAction {
  readonly costProvenance: unknown
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
  return executionsToWalk(tx, inScope(tx, scope), day, afterExecutionId, limit)
}

/** The calls in the scope of these executions on one day, in the order of their key. */
export async function callsOf(
  tx: Tx,
  scope: CallScope,
  day: string,
  executionIds: readonly string[],
): Promise<readonly StoredCall[]> {
  const more = 'l.cost_provenance as "costProvenance"'
  return actionsToWalk<Pick<StoredCall, 'costProvenance'>>(tx, inScope(tx, scope), day, executionIds, more)
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
