import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { DaySums } from '../model/day.ts'

/** What was told of a day when it was over. */
export interface ToldCounts {
  readonly executions: number
  readonly successes: number
  readonly failures: number
  readonly costNanoUsd: number
}

/** A day of an agent that is over, all its environments and releases, with what was told of it (null: nothing yet). */
export interface ClosedDay {
  readonly day: string
  readonly agentId: string
  readonly startsAt: Date
  readonly rows: readonly DaySums[]
  readonly told: ToldCounts | null
}

/** Finished days whose counts are not what was told of them; the oldest first. */
export async function daysToTell(tx: Tx, now: Instant, limit: number): Promise<readonly ClosedDay[]> {
  const { rows } = await sql<ClosedDay>`
    with days as (
      select day, agent_id, min(starts_at) as starts_at, sum(successes + failures + cancelled)::int8 as executions,
        sum(successes)::int8 as successes, sum(failures)::int8 as failures, sum(cost_nano_usd)::int8 as cost_nano_usd
      from agent_performance_metrics
      where organization_id = ${tx.organizationId}::uuid and ends_at <= ${new Date(now)}
      group by 1, 2),
    due as (
      select days.*, case when told.agent_id is null then null else jsonb_build_object('executions', told.executions,
        'successes', told.successes, 'failures', told.failures, 'costNanoUsd', told.cost_nano_usd) end as told
      from days left join agent_metric_days told
        on told.organization_id = ${tx.organizationId}::uuid and told.day = days.day and told.agent_id = days.agent_id
      where told.agent_id is null or (told.executions, told.successes, told.failures, told.cost_nano_usd)
        is distinct from (days.executions, days.successes, days.failures, days.cost_nano_usd)
      order by days.day, days.agent_id limit ${limit})
    select to_char(due.day, 'YYYY-MM-DD') as day, due.agent_id as "agentId", due.starts_at as "startsAt", due.told,
      (select jsonb_agg(jsonb_build_object('successes', m.successes, 'failures', m.failures, 'cancelled', m.cancelled,
          'actions', m.actions, 'actionErrors', m.action_errors, 'llmCalls', m.llm_calls, 'toolCalls', m.tool_calls,
          'toolErrors', m.tool_errors, 'inputTokens', m.input_tokens, 'outputTokens', m.output_tokens,
          'costNanoUsd', m.cost_nano_usd, 'pricedCalls', m.priced_calls, 'unpricedCalls', m.unpriced_calls,
          'latency', m.latency))
        from agent_performance_metrics m where m.organization_id = ${tx.organizationId}::uuid and m.day = due.day
          and m.agent_id = due.agent_id) as rows
    from due order by due.day, due.agent_id`.execute(tx.tables())
  return rows
}

export async function saveTold(
  tx: Tx,
  day: string,
  agentId: string,
  counts: ToldCounts,
  toldAt: Instant,
): Promise<void> {
  await sql`
    insert into agent_metric_days (organization_id, day, agent_id, executions, successes, failures, cost_nano_usd, told_at)
    values (${tx.organizationId}::uuid, ${day}::date, ${agentId}::uuid, ${counts.executions}, ${counts.successes},
      ${counts.failures}, ${counts.costNanoUsd}, ${new Date(toldAt)})
    on conflict (organization_id, day, agent_id) do update set executions = excluded.executions,
      successes = excluded.successes, failures = excluded.failures, cost_nano_usd = excluded.cost_nano_usd,
      told_at = excluded.told_at`.execute(tx.tables())
}
