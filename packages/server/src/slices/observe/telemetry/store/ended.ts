import type { ActionKind, ActionStatus } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import { hexOfUuid } from '../model/rows.ts'

/** Notes executions that ended, with the commit: whoever reads ended traces finds them, in whatever process. */
export function queueEnded(tx: Tx, executionIds: readonly string[]): void {
  if (executionIds.length === 0) return
  tx.atCommit(
    sql`insert into ended_executions (organization_id, execution_id)
      select ${tx.organizationId}::uuid, unnest(${[...executionIds].sort()}::uuid[])
      on conflict do nothing`.compile(tx.tables()),
  )
}

/** An ended execution that was taken off the queue. */
export interface EndedExecutionRow {
  readonly executionId: string
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
  readonly unit: string | null
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly synthetic: boolean
  readonly firstActionOn: string | null
  readonly lastActionOn: string | null
}

/** Takes some off the queue; what another transaction is taking is passed over. */
export async function takeEnded(tx: Tx, limit: number): Promise<readonly EndedExecutionRow[]> {
  const { rows } = await sql<EndedExecutionRow>`
    with taken as (
      delete from ended_executions q
      where q.organization_id = ${tx.organizationId}::uuid and q.execution_id in (
        select d.execution_id from ended_executions d where d.organization_id = ${tx.organizationId}::uuid
        limit ${limit} for update skip locked
      )
      returning q.execution_id
    )
    select e.execution_id as "executionId", e.agent_id as "agentId", e.release_id as "releaseId",
      e.environment, e.unit, e.started_at as "startedAt",
      e.ended_at as "endedAt", e.synthetic, e.first_action_on as "firstActionOn", e.last_action_on as "lastActionOn"
    from taken t
    cross join lateral (
      select * from agent_executions e
      where e.organization_id = ${tx.organizationId}::uuid and e.execution_id = t.execution_id
      order by e.started_on limit 1
    ) e
    where e.status in ('success', 'failure', 'cancelled')`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** A step with the beginnings of its texts. */
export interface EndedStepRow {
  readonly executionId: string
  readonly actionId: string
  readonly parentActionId: string | null
  readonly agentId: string
  readonly kind: ActionKind
  readonly name: string
  readonly status: ActionStatus
  readonly startedAt: Date
  readonly endedAt: Date
  readonly provider: string | null
  readonly model: string | null
  readonly input: string | null
  readonly output: string | null
  readonly outputChars: number
  /** Null: unknown, or counted at its descendants. */
  readonly costNanoUsd: number | null
  readonly hasTokens: boolean
}

/** Steps of executions in the order of their start; texts are cut after `textMax` characters. */
export async function stepsOfEnded(
  tx: Tx,
  executionIds: readonly string[],
  days: readonly string[],
  { textMax, stepsMax }: { readonly textMax: number; readonly stepsMax: number },
): Promise<readonly EndedStepRow[]> {
  const { rows } = await sql<EndedStepRow>`
    select s.* from unnest(${executionIds}::uuid[]) as k(execution_id)
    cross join lateral (
      select l.execution_id as "executionId", encode(l.action_id, 'hex') as "actionId",
        encode(l.parent_action_id, 'hex') as "parentActionId", l.agent_id as "agentId", l.kind, l.name, l.status,
        l.started_at as "startedAt", l.ended_at as "endedAt", l.provider, l.model,
        left(l.input::text, ${textMax}) as input, left(l.output::text, ${textMax}) as output,
        coalesce(length(l.output::text), 0) as "outputChars",
        case when l.counted then l.cost_nano_usd end as "costNanoUsd",
        l.counted and (l.input_tokens is not null or l.output_tokens is not null) as "hasTokens"
      from agent_execution_logs l
      where l.organization_id = ${tx.organizationId}::uuid and l.started_on = any(${days}::date[])
        and l.execution_id = k.execution_id
      order by l.started_at, l.ended_at, l.action_id limit ${stepsMax}
    ) s`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}

/** An ended execution with its outcome, for judging those who report. */
export interface OutcomeRow {
  readonly executionId: string
  readonly unit: string | null
  readonly status: 'success' | 'failure'
  readonly endReason: string | null
  readonly reportedCostNanoUsd: number | null
  readonly endedAt: Date
}

/** The latest judged executions of an agent in one release (null: in none), newest first. */
export async function latestOutcomes(
  tx: Tx,
  doer: { readonly agentId: string; readonly releaseId: string | null },
  limit: number,
): Promise<readonly OutcomeRow[]> {
  const { rows } = await sql<OutcomeRow>`
    select e.execution_id as "executionId", e.unit, coalesce(e.outcome, e.status) as status,
      e.end_reason as "endReason",
      e.reported_cost_nano_usd as "reportedCostNanoUsd", coalesce(e.ended_at, e.started_at) as "endedAt"
    from agent_executions e
    where e.organization_id = ${tx.organizationId}::uuid and e.agent_id = ${doer.agentId}::uuid
      and e.release_id is not distinct from ${doer.releaseId}::uuid
      and coalesce(e.outcome, e.status) in ('success', 'failure')
      and not e.synthetic
    order by e.started_at desc limit ${limit}`.execute(tx.tables())
  return rows.map((row) => ({ ...row, executionId: hexOfUuid(row.executionId) }))
}
