import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { relativeError } from '../../../../kernel/latency-histogram.ts'
import type { Tx } from '../../../../ports/store.ts'

/** What one agent, environment and release did in a range; a release '' named none. */
export interface CountedRows {
  readonly agentId: string
  readonly environment: string
  readonly releaseId: string
  readonly successes: number
  readonly failures: number
  readonly cancelled: number
  readonly actions: number
  readonly actionErrors: number
  readonly llmCalls: number
  readonly toolCalls: number
  readonly toolErrors: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNanoUsd: number
  readonly pricedCalls: number
  readonly unpricedCalls: number
  readonly latency: Readonly<Record<string, number>>
}

/** Runs that began up to so many days before the range are looked for, since runs wait for people. */
const runReachDays = 31
/** Steps do not wait, and there are many more of them. One that lasts longer is missed. */
const stepReachDays = 1
const day = (at: number) => new Date(at).toISOString().slice(0, 10)
const dayMs = 86_400_000
const logGamma = Math.log((1 + relativeError) / (1 - relativeError))

/**
 * Counts the stored runs and steps that ended in a range, by the definitions of the rollups (`model/rollup-sums.ts`,
 * `model/totals.ts`). Reads raw rows: for checks and repairs, never for a page.
 */
export async function countRowsOfRange(
  tx: Tx,
  range: { readonly from: Instant; readonly until: Instant },
): Promise<readonly CountedRows[]> {
  const from = new Date(range.from).toISOString()
  const until = new Date(range.until).toISOString()
  const own = sql`organization_id = ${tx.organizationId}::uuid`
  const stepDays = sql`${own} and started_on
    between ${day(range.from - stepReachDays * dayMs)}::date and ${day(range.until - 1)}::date`
  const runDays = sql`${own} and started_on
    between ${day(range.from - runReachDays * dayMs)}::date and ${day(range.until + dayMs)}::date`
  const { rows } = await sql<CountedRows>`
    with steps as (
      select agent_id, environment, release_id, count(*) as actions,
        count(*) filter (where status = 'failure') as action_errors,
        count(*) filter (where kind = 'llm' and counted) as llm_calls, count(*) filter (where kind = 'tool') as tool_calls,
        count(*) filter (where kind = 'tool' and status = 'failure') as tool_errors,
        sum(input_tokens) filter (where counted) as input_tokens,
        sum(output_tokens) filter (where counted) as output_tokens,
        sum(cost_nano_usd) filter (where counted and (input_tokens is not null or output_tokens is not null)) as cost,
        count(cost_nano_usd) filter (where counted and (input_tokens is not null or output_tokens is not null)) as priced,
        count(*) filter (where counted and cost_nano_usd is null
          and coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0) as unpriced
      from agent_execution_logs
      where ${stepDays} and ended_at >= ${from}::timestamptz and ended_at < ${until}::timestamptz
      group by 1, 2, 3),
    ended as (
      select agent_id, environment, release_id, coalesce(outcome, status) as counts_as,
        case when ended_at is null then null
          when ended_at - started_at <= interval '1 ms' then 0
          else ceil(ln(extract(epoch from ended_at - started_at)::float8 * 1000) / ${logGamma}::float8 - 1e-9)::int
        end as bucket
      from agent_executions
      where ${runDays} and status in ('success', 'failure', 'cancelled') and not synthetic
        and coalesce(ended_at, started_at) >= ${from}::timestamptz and coalesce(ended_at, started_at) < ${until}::timestamptz),
    buckets as (
      select agent_id, environment, release_id, bucket, count(*) filter (where counts_as = 'success') as successes,
        count(*) filter (where counts_as = 'failure') as failures,
        count(*) filter (where counts_as = 'cancelled') as cancelled, count(*) as executions
      from ended group by 1, 2, 3, 4),
    runs as (
      select agent_id, environment, release_id, sum(successes) as successes, sum(failures) as failures,
        sum(cancelled) as cancelled,
        coalesce(jsonb_object_agg(bucket::text, executions) filter (where bucket is not null), '{}') as latency
      from buckets group by 1, 2, 3),
    each_side as (
      select agent_id, environment, release_id, actions, action_errors, llm_calls, tool_calls, tool_errors, input_tokens,
        output_tokens, cost, priced, unpriced, 0 as successes, 0 as failures, 0 as cancelled, null::jsonb as latency
      from steps
      union all
      select agent_id, environment, release_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, successes, failures, cancelled, latency from runs)
    select agent_id as "agentId", environment, coalesce(release_id::text, '') as "releaseId",
      sum(successes)::int8 as successes, sum(failures)::int8 as failures, sum(cancelled)::int8 as cancelled,
      sum(actions)::int8 as actions, sum(action_errors)::int8 as "actionErrors", sum(llm_calls)::int8 as "llmCalls",
      sum(tool_calls)::int8 as "toolCalls", sum(tool_errors)::int8 as "toolErrors",
      coalesce(sum(input_tokens), 0)::int8 as "inputTokens", coalesce(sum(output_tokens), 0)::int8 as "outputTokens",
      coalesce(sum(cost), 0)::int8 as "costNanoUsd", sum(priced)::int8 as "pricedCalls",
      sum(unpriced)::int8 as "unpricedCalls",
      coalesce((array_agg(latency) filter (where latency is not null))[1], '{}') as latency
    from each_side group by agent_id, environment, release_id order by 1, 2, 3`.execute(tx.tables())
  return rows
}
