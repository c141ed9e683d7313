import type { ActionKind, ActionStatus } from '@metaagent/contract'
import { type RawBuilder, sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { hexOfUuid } from '../model/rows.ts'

// What the jobs that go through all stored actions have in common: pricing again, mapping again. They walk day by day and,
// within a day, execution by execution in the order of the key, so that each step can say where the next one begins.

/** A stored action with everything that it counts in. */
export interface WalkedAction {
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
  readonly reportedCostNanoUsd: number | null
}

/** Which actions a walk is about, as a condition on `agent_execution_logs l`; it names the organization. */
export type WalkCondition = RawBuilder<unknown>

/** Executions with such actions on one day, by id, from behind one on. */
export async function executionsToWalk(
  tx: Tx,
  condition: WalkCondition,
  day: string,
  afterExecutionId: string | null,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ execution_id: string }>`
    select distinct l.execution_id from agent_execution_logs l
    where ${condition} and l.started_on = ${day}::date
      and l.execution_id > ${afterExecutionId ?? '00000000000000000000000000000000'}::uuid
    order by l.execution_id limit ${limit}`.execute(tx.tables())
  return rows.map((row) => hexOfUuid(row.execution_id))
}

const columns = `l.execution_id as "executionId", l.started_on as "startedOn", encode(l.action_id, 'hex') as "actionId",
  l.agent_id as "agentId", l.release_id as "releaseId", l.environment, l.kind, l.status, l.started_at as "startedAt",
  l.ended_at as "endedAt", l.provider, l.model, l.input_tokens as "inputTokens", l.output_tokens as "outputTokens",
  l.cache_read_tokens as "cacheReadTokens", l.cache_write_tokens as "cacheWriteTokens",
  l.reasoning_tokens as "reasoningTokens", l.counted, l.cost_nano_usd as "costNanoUsd",
  l.reported_cost_nano_usd as "reportedCostNanoUsd"`

/** Such actions of these executions on one day, in the order of their key, with more columns (`l.name, …`) as `More`. */
export async function actionsToWalk<More>(
  tx: Tx,
  condition: WalkCondition,
  day: string,
  executionIds: readonly string[],
  more: string,
): Promise<readonly (WalkedAction & More)[]> {
  type Columns = Omit<WalkedAction, 'startedAt' | 'endedAt'> &
    More & { readonly startedAt: Date; readonly endedAt: Date }
  const { rows } = await sql<Columns>`
    select ${sql.raw(columns)}, ${sql.raw(more)}
    from agent_execution_logs l
    where ${condition} and l.started_on = ${day}::date and l.execution_id = any(${executionIds}::uuid[])
    order by l.execution_id, l.action_id`.execute(tx.tables())
  return rows.map((row) => ({
    ...row,
    executionId: hexOfUuid(row.executionId),
    startedAt: instantFromEpochMs(row.startedAt.getTime()),
    endedAt: instantFromEpochMs(row.endedAt.getTime()),
  }))
}
