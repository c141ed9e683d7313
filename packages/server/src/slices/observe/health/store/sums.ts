import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type Grain, noSums, type RollupSums, type WindowCover } from '../model/figures.ts'

/** Which part of the rollups a question is about; null means all. */
interface RollupFilter {
  readonly agentId: string | null
  readonly environment: string | null
  readonly releaseId: string | null
}

/** A stretch of one grain; null: without end. */
interface Stretch {
  readonly grain: Grain
  readonly from: Instant
  readonly until: Instant | null
}

const iso = (at: Instant) => new Date(at).toISOString()

/** The stretches of a window that hold anything. */
function stretchesOf({ minutes, hours, daysFrom }: WindowCover): readonly Stretch[] {
  return [
    { grain: 'minute', ...minutes } as const,
    { grain: 'hour', ...hours } as const,
    ...(daysFrom === null ? [] : [{ grain: 'day', from: daysFrom, until: null } as const]),
  ].filter(({ from, until }) => until === null || from < until)
}

/** Agents that have rollups, from one to the next through the key: with their ids a stretch of time is read by the key. */
const agentsOf = (tx: Tx) => sql`array(
  with recursive agents as (
    (select agent_id from agent_rollups
      where organization_id = ${tx.organizationId}::uuid and grain = 'day' order by agent_id limit 1)
    union all
    select (select r.agent_id from agent_rollups r where r.organization_id = ${tx.organizationId}::uuid
      and r.grain = 'day' and r.agent_id > agents.agent_id order by r.agent_id limit 1)
    from agents where agents.agent_id is not null)
  select agent_id from agents where agent_id is not null)`

/** Rows of the stretches, one after the other: `or` between them would read the whole table. */
function rowsOf(tx: Tx, table: string, columns: string, filter: RollupFilter, stretches: readonly Stretch[]) {
  // One agent's rows come in the order of time from the key, so that steps need no sorting.
  const agents = filter.agentId === null ? sql`= any(${agentsOf(tx)})` : sql`= ${filter.agentId}::uuid`
  const each = stretches.map(
    ({ grain, from, until }) => sql`
      select ${sql.raw(`agent_id, environment, start_at, ${columns}`)} from ${sql.raw(table)}
      where organization_id = ${tx.organizationId}::uuid and grain = ${grain} and agent_id ${agents}
        and start_at >= ${iso(from)}::timestamptz
        and start_at < ${until === null ? 'infinity' : iso(until)}::timestamptz
        and (${filter.environment}::text is null or environment = ${filter.environment}::text)
        and (${filter.releaseId}::text is null or release_id = ${filter.releaseId}::text)`,
  )
  return sql`(${sql.join(each, sql` union all `)}) r`
}

/** Sums of a window per agent. */
export async function sumsByAgent(
  tx: Tx,
  filter: RollupFilter,
  cover: WindowCover,
): Promise<ReadonlyMap<string, RollupSums>> {
  const grouped = await groupedSums(tx, filter, stretchesOf(cover), whole)
  return new Map(grouped.map(({ agentId, sums }) => [agentId, sums]))
}

/** Sums of a window per agent and environment. */
export async function sumsByAgentAndEnvironment(
  tx: Tx,
  filter: RollupFilter,
  cover: WindowCover,
): Promise<readonly { readonly agentId: string; readonly environment: string; readonly sums: RollupSums }[]> {
  const grouped = await groupedSums(tx, filter, stretchesOf(cover), byEnvironment)
  return grouped.map(({ agentId, slot, sums }) => ({ agentId, environment: slot, sums }))
}

/** A stretch that is cut into steps. */
interface Steps {
  readonly from: Instant
  readonly until: Instant
  readonly grain: Grain
  readonly stepSeconds: number
}

/** Sums per step of a chart; keys are the epoch milliseconds of the steps. */
export async function sumsByStep(tx: Tx, filter: RollupFilter, range: Steps): Promise<ReadonlyMap<number, RollupSums>> {
  const grouped = await groupedSums(tx, filter, [range], stepOf(range))
  return new Map(grouped.map(({ slot, sums }) => [Number(slot), sums]))
}

/** Sums per agent and step of a range: by agent, then by the step's start in epoch milliseconds. */
export async function sumsByAgentAndStep(
  tx: Tx,
  filter: RollupFilter,
  range: Steps,
): Promise<ReadonlyMap<string, ReadonlyMap<number, RollupSums>>> {
  const byAgent = new Map<string, Map<number, RollupSums>>()
  for (const { agentId, slot, sums } of await groupedSums(tx, filter, [range], stepOf(range))) {
    const ofAgent = byAgent.get(agentId) ?? new Map<number, RollupSums>()
    ofAgent.set(Number(slot), sums)
    byAgent.set(agentId, ofAgent)
  }
  return byAgent
}

/** What sums are kept apart by, how it is told, and whether many rows of a bucket fall together. */
interface Slot {
  readonly by: ReturnType<typeof sql>
  readonly told: ReturnType<typeof sql>
  readonly merges: boolean
}

const whole: Slot = { by: sql`''::text`, told: sql`slot`, merges: true }
const byEnvironment: Slot = { by: sql`environment`, told: sql`slot`, merges: true }

const secondsOf: Readonly<Record<Grain, number>> = { minute: 60, hour: 3_600, day: 86_400 }

function stepOf({ grain, stepSeconds }: Steps): Slot {
  const merges = stepSeconds !== secondsOf[grain]
  const by = merges ? sql`date_bin(${`${stepSeconds} s`}::interval, start_at, 'epoch'::timestamptz)` : sql`start_at`
  return { by, told: sql`(extract(epoch from slot) * 1000)::int8::text`, merges }
}

interface GroupedSums {
  readonly agentId: string
  readonly slot: string
  readonly sums: RollupSums
}

/** Histograms come as one row per group: a row per bucket took longer to read than to count. */
async function groupedSums(
  tx: Tx,
  filter: RollupFilter,
  stretches: readonly Stretch[],
  { by, told, merges }: Slot,
): Promise<readonly GroupedSums[]> {
  const { rows } = await sql<SumRow>`
    select agent_id, ${told} as slot, successes, failures, cancelled, actions, action_errors, input_tokens, output_tokens,
      cost_nano_usd, priced_calls, unpriced_calls from (
      select agent_id, ${by} as slot, sum(successes)::int8 as successes, sum(failures)::int8 as failures,
        sum(cancelled)::int8 as cancelled, sum(actions)::int8 as actions, sum(action_errors)::int8 as action_errors,
        sum(input_tokens)::int8 as input_tokens, sum(output_tokens)::int8 as output_tokens,
        sum(cost_nano_usd)::int8 as cost_nano_usd, sum(priced_calls)::int8 as priced_calls,
        sum(unpriced_calls)::int8 as unpriced_calls
      from ${rowsOf(tx, 'agent_rollups', sumColumns, filter, stretches)} group by 1, 2) g`.execute(tx.tables())
  const buckets = rowsOf(tx, 'agent_rollup_latencies', 'bucket, executions', filter, stretches)
  const each = merges
    ? sql`select agent_id, ${by} as slot, bucket, sum(executions)::int8 as executions from ${buckets} group by 1, 2, 3`
    : sql`select agent_id, ${by} as slot, bucket, executions from ${buckets}`
  const { rows: latencies } = await sql<HistogramRow>`
    select agent_id, ${told} as slot, buckets, executions from (
      select agent_id, slot, array_agg(bucket) as buckets, array_agg(executions) as executions
      from (${each}) h group by 1, 2) g`.execute(tx.tables())
  const keyOf = ({ agent_id, slot: of }: { agent_id: string; slot: string }) => `${agent_id} ${of}`
  const histograms = new Map(latencies.map((row) => [keyOf(row), row]))
  return rows.map((row) => ({
    agentId: row.agent_id,
    slot: row.slot,
    sums: {
      successes: row.successes,
      failures: row.failures,
      cancelled: row.cancelled,
      actions: row.actions,
      actionErrors: row.action_errors,
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      costNanoUsd: row.cost_nano_usd,
      pricedCalls: row.priced_calls,
      unpricedCalls: row.unpriced_calls,
      executionsByBucket: histogramOf(histograms.get(keyOf(row))),
    },
  }))
}

const sumColumns = `successes, failures, cancelled, actions, action_errors, input_tokens, output_tokens,
  cost_nano_usd, priced_calls, unpriced_calls`

interface SumRow {
  agent_id: string
  slot: string
  successes: number
  failures: number
  cancelled: number
  actions: number
  action_errors: number
  input_tokens: number
  output_tokens: number
  cost_nano_usd: number
  priced_calls: number
  unpriced_calls: number
}

interface HistogramRow {
  agent_id: string
  slot: string
  buckets: readonly number[]
  executions: readonly number[]
}

/** Environments and releases of one step have buckets of their own. */
function histogramOf(row: HistogramRow | undefined): RollupSums['executionsByBucket'] {
  if (row === undefined) return noSums.executionsByBucket
  const { buckets, executions } = row
  const histogram = new Map<number, number>()
  for (const [index, bucket] of buckets.entries())
    histogram.set(bucket, (histogram.get(bucket) ?? 0) + (executions[index] ?? 0))
  return histogram
}
