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

/** Runs and steps that began up to so many days before the range are looked for, since runs wait for people. */
const reachDays = 31
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
      from ${endedIn(tx, range, steps)} l
      group by 1, 2, 3),
    ended as (
      select agent_id, environment, release_id, coalesce(outcome, status) as counts_as,
        case when ended_at is null then null
          when ended_at - started_at <= interval '1 ms' then 0
          else ceil(ln(extract(epoch from ended_at - started_at)::float8 * 1000) / ${logGamma}::float8 - 1e-9)::int
        end as bucket
      from ${endedIn(tx, range, runs)} e
      where status in ('success', 'failure', 'cancelled') and not synthetic),
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

interface Counted {
  readonly table: string
  readonly columns: string
  /** When a row ends. The index TABLE_overnight holds those that end on a later day than their own. */
  readonly end: string
  /** A run's day is that of the first row that came for it, which may be the one after. */
  readonly daysAfter: number
}

const steps: Counted = {
  table: 'agent_execution_logs',
  columns: 'agent_id, environment, release_id, kind, status, input_tokens, output_tokens, cost_nano_usd, counted',
  end: 'ended_at',
  daysAfter: 0,
}
const runs: Counted = {
  table: 'agent_executions',
  columns: 'agent_id, environment, release_id, status, outcome, synthetic, started_at, ended_at',
  end: 'coalesce(ended_at, started_at)',
  daysAfter: 1,
}

/** The days of the range are read whole. Of those before only what went on over midnight can end in it: few, by index. */
function endedIn(tx: Tx, range: { readonly from: Instant; readonly until: Instant }, counted: Counted) {
  const [table, columns, end] = [counted.table, counted.columns, counted.end].map((text) => sql.raw(text))
  const which = sql`organization_id = ${tx.organizationId}::uuid
    and ${end} >= ${new Date(range.from).toISOString()}::timestamptz
    and ${end} < ${new Date(range.until).toISOString()}::timestamptz`
  const lastDay = day(range.until - 1 + counted.daysAfter * dayMs)
  return sql`(
    select ${columns} from ${table} where ${which}
      and started_on between ${day(range.from)}::date and ${lastDay}::date
    union all
    select ${columns} from ${table} where ${which} and (${end} at time zone 'UTC')::date > started_on
      and started_on between ${day(range.from - reachDays * dayMs)}::date and ${day(range.from - dayMs)}::date)`
}
