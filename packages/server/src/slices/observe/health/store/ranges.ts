import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const iso = (at: number) => new Date(at).toISOString()

/** Sums of one agent, environment and release; a release '' named none. */
export interface RangeSums {
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
  /** Finished executions per bucket of `kernel/latency-histogram.ts`; the keys are numbers written as text. */
  readonly latency: Readonly<Record<string, number>>
}

/**
 * Rows of a range whose ends lie on whole minutes: hours where a whole UTC hour lies inside, minutes at the ends, since
 * days of some time zones begin at half past.
 */
function coverSql(from: Instant, until: Instant) {
  const firstHour = Math.ceil(from / hourMs) * hourMs
  const lastHour = Math.max(firstHour, Math.floor(until / hourMs) * hourMs)
  const head = Math.min(firstHour, until)
  return sql`(
    (grain = 'hour' and start_at >= ${iso(firstHour)}::timestamptz and start_at < ${iso(lastHour)}::timestamptz)
    or (grain = 'minute' and start_at >= ${iso(from)}::timestamptz and start_at < ${iso(head)}::timestamptz)
    or (grain = 'minute' and start_at >= ${iso(Math.max(head, lastHour))}::timestamptz
      and start_at < ${iso(until)}::timestamptz))`
}

/** Sums of a range per agent, environment and release; those without any are missing. Null means every agent. */
export async function sumsOfRange(
  tx: Tx,
  range: { readonly from: Instant; readonly until: Instant; readonly agentIds: readonly string[] | null },
): Promise<readonly RangeSums[]> {
  const where = sql`organization_id = ${tx.organizationId}::uuid and ${coverSql(range.from, range.until)}
    and (${range.agentIds}::uuid[] is null or agent_id = any(${range.agentIds}::uuid[]))`
  const { rows } = await sql<RangeSums>`
    with sums as (
      select agent_id, environment, release_id, sum(successes)::int8 as successes, sum(failures)::int8 as failures,
        sum(cancelled)::int8 as cancelled, sum(actions)::int8 as actions, sum(action_errors)::int8 as action_errors,
        sum(llm_calls)::int8 as llm_calls, sum(tool_calls)::int8 as tool_calls, sum(tool_errors)::int8 as tool_errors,
        sum(input_tokens)::int8 as input_tokens, sum(output_tokens)::int8 as output_tokens,
        sum(cost_nano_usd)::int8 as cost_nano_usd, sum(priced_calls)::int8 as priced_calls,
        sum(unpriced_calls)::int8 as unpriced_calls
      from agent_rollups where ${where} group by 1, 2, 3),
    histograms as (
      select agent_id, environment, release_id, jsonb_object_agg(bucket, executions) as latency from (
        select agent_id, environment, release_id, bucket, sum(executions)::int8 as executions
        from agent_rollup_latencies where ${where} group by 1, 2, 3, 4 having sum(executions) <> 0) each_bucket
      group by 1, 2, 3)
    select agent_id as "agentId", environment, release_id as "releaseId", successes, failures, cancelled, actions,
      action_errors as "actionErrors", llm_calls as "llmCalls", tool_calls as "toolCalls", tool_errors as "toolErrors",
      input_tokens as "inputTokens", output_tokens as "outputTokens", cost_nano_usd as "costNanoUsd",
      priced_calls as "pricedCalls", unpriced_calls as "unpricedCalls", coalesce(latency, '{}') as latency
    from sums left join histograms using (agent_id, environment, release_id)
    order by 1, 2, 3`.execute(tx.tables())
  return rows
}

/** What a slot of some minutes holds, all agents of the question together. */
export interface SlotSums {
  readonly slotAt: number
  readonly successes: number
  readonly failures: number
  readonly costNanoUsd: number
  readonly pricedCalls: number
  readonly unpricedCalls: number
  /** Finished executions whose duration is known, up to the asked bucket and in all. */
  readonly within: number
  readonly timed: number
}

/** Sums per slot of a range, for agents in one environment or in all (null). Slots without anything are missing. */
export async function sumsBySlot(
  tx: Tx,
  question: {
    readonly agentIds: readonly string[]
    readonly environment: string | null
    readonly from: Instant
    readonly until: Instant
    readonly slotMinutes: number
    /** Counts durations up to this bucket as within. */
    readonly bucketMax: number
  },
): Promise<readonly SlotSums[]> {
  const slotSeconds = (question.slotMinutes * minuteMs) / 1000
  const slot = sql`(floor(extract(epoch from start_at) / ${slotSeconds}::int) * ${slotSeconds * 1000}::int8)::int8`
  const where = sql`organization_id = ${tx.organizationId}::uuid and grain = 'minute'
    and agent_id = any(${question.agentIds}::uuid[])
    and start_at >= ${iso(question.from)}::timestamptz and start_at < ${iso(question.until)}::timestamptz
    and (${question.environment}::text is null or environment = ${question.environment}::text)`
  const { rows } = await sql<SlotSums>`
    with sums as (
      select ${slot} as slot_at, sum(successes)::int8 as successes, sum(failures)::int8 as failures,
        sum(cost_nano_usd)::int8 as cost_nano_usd, sum(priced_calls)::int8 as priced_calls,
        sum(unpriced_calls)::int8 as unpriced_calls
      from agent_rollups where ${where} group by 1),
    latencies as (
      select ${slot} as slot_at, coalesce(sum(executions) filter (where bucket <= ${question.bucketMax}::int), 0)::int8
        as within, sum(executions)::int8 as timed
      from agent_rollup_latencies where ${where} group by 1)
    select slot_at as "slotAt", successes, failures, cost_nano_usd as "costNanoUsd", priced_calls as "pricedCalls",
      unpriced_calls as "unpricedCalls", coalesce(within, 0)::int8 as within, coalesce(timed, 0)::int8 as timed
    from sums left join latencies using (slot_at) order by 1`.execute(tx.tables())
  return rows
}
