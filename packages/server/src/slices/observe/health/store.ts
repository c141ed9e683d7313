import { type Kysely, sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { RollupDelta } from '../../../ports/rollups.ts'
import type { Tx } from '../../../ports/store.ts'
import type { Grain } from './model/figures.ts'
import { markChanges } from './store/changes.ts'

export { lastHeard } from './store/heard.ts'
export {
  forgetGroups,
  lockJudgedGroups,
  lockJudgedStates,
  saveJudgedGroup,
  saveJudgedState,
} from './store/judged.ts'
export {
  sumsByAgent,
  sumsByAgentAndEnvironment,
  sumsByAgentAndStep,
  sumsByStep,
} from './store/sums.ts'

interface RollupKey {
  organization_id: string
  agent_id: string
  environment: string
  release_id: string
  grain: Grain
  start_at: Date
}

interface RollupRow extends RollupKey {
  successes: number
  failures: number
  cancelled: number
  actions: number
  action_errors: number
  llm_calls: number
  tool_calls: number
  tool_errors: number
  input_tokens: number
  output_tokens: number
  cost_nano_usd: number
  priced_calls: number
  unpriced_calls: number
}

interface HealthTables {
  agent_rollups: RollupRow
  agent_rollup_latencies: RollupKey & { bucket: number; executions: number }
}

const tables = (tx: Tx): Kysely<HealthTables> => tx.tables<HealthTables>()

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

type Keyed = Pick<RollupDelta, 'agentId' | 'environment'> & {
  readonly releaseId: string
  readonly grain: Grain
  readonly startAt: number
}

/** One key order for every writer: two transactions that touch the same rows cannot deadlock. */
const byKey = (a: Keyed, b: Keyed) =>
  compare(a.grain, b.grain) ||
  compare(a.agentId, b.agentId) ||
  a.startAt - b.startAt ||
  compare(a.environment, b.environment) ||
  compare(a.releaseId, b.releaseId)

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const counters = [
  'successes',
  'failures',
  'cancelled',
  'actions',
  'actionErrors',
  'llmCalls',
  'toolCalls',
  'toolErrors',
  'inputTokens',
  'outputTokens',
  'costNanoUsd',
  'pricedCalls',
  'unpricedCalls',
] as const

interface MergedDelta extends Keyed {
  readonly counts: Record<(typeof counters)[number], number>
  readonly latency: Map<number, number>
}

/**
 * Adds the deltas to the minutes, hours and UTC days that they fall in: two upserts, however many rows a batch had. They run with
 * the commit, since every batch of an agent adds to the same rows.
 */
export function addToRollups(tx: Tx, deltas: readonly RollupDelta[]): void {
  const merged = mergeByKey(deltas)
  if (merged.length === 0) return
  const key = (of: readonly Keyed[]) => [
    of.map((row) => row.agentId),
    of.map((row) => row.environment),
    of.map((row) => row.releaseId),
    of.map((row) => row.grain),
    of.map((row) => new Date(row.startAt).toISOString()),
  ]
  const [agents, environments, releases, grains, starts] = key(merged)
  const column = (name: (typeof counters)[number]) => merged.map((row) => row.counts[name])
  const sums = sql`
    insert into agent_rollups as kept (organization_id, agent_id, environment, release_id, grain, start_at,
      successes, failures, cancelled, actions, action_errors, llm_calls, tool_calls, tool_errors,
      input_tokens, output_tokens, cost_nano_usd, priced_calls, unpriced_calls)
    select ${tx.organizationId}::uuid, * from unnest(
      ${agents}::uuid[], ${environments}::text[], ${releases}::text[], ${grains}::text[], ${starts}::timestamptz[],
      ${column('successes')}::int8[], ${column('failures')}::int8[], ${column('cancelled')}::int8[],
      ${column('actions')}::int8[], ${column('actionErrors')}::int8[], ${column('llmCalls')}::int8[],
      ${column('toolCalls')}::int8[], ${column('toolErrors')}::int8[], ${column('inputTokens')}::int8[], ${column('outputTokens')}::int8[],
      ${column('costNanoUsd')}::int8[], ${column('pricedCalls')}::int8[], ${column('unpricedCalls')}::int8[])
    on conflict (organization_id, grain, agent_id, start_at, environment, release_id) do update set
      successes = kept.successes + excluded.successes,
      failures = kept.failures + excluded.failures,
      cancelled = kept.cancelled + excluded.cancelled,
      actions = kept.actions + excluded.actions,
      action_errors = kept.action_errors + excluded.action_errors,
      llm_calls = kept.llm_calls + excluded.llm_calls,
      tool_calls = kept.tool_calls + excluded.tool_calls,
      tool_errors = kept.tool_errors + excluded.tool_errors,
      input_tokens = kept.input_tokens + excluded.input_tokens,
      output_tokens = kept.output_tokens + excluded.output_tokens,
      cost_nano_usd = kept.cost_nano_usd + excluded.cost_nano_usd,
      priced_calls = kept.priced_calls + excluded.priced_calls,
      unpriced_calls = kept.unpriced_calls + excluded.unpriced_calls`
  tx.atCommit(sums.compile(tables(tx)))
  markChanges(tx, merged)
  const latencies = merged.flatMap((row) =>
    [...row.latency]
      .filter(([, executions]) => executions !== 0)
      .sort(([a], [b]) => a - b)
      .map(([bucket, executions]) => ({ ...row, bucket, executions })),
  )
  if (latencies.length === 0) return
  const [agents2, environments2, releases2, grains2, starts2] = key(latencies)
  const histograms = sql`
    insert into agent_rollup_latencies as kept
      (organization_id, agent_id, environment, release_id, grain, start_at, bucket, executions)
    select ${tx.organizationId}::uuid, * from unnest(
      ${agents2}::uuid[], ${environments2}::text[], ${releases2}::text[], ${grains2}::text[], ${starts2}::timestamptz[],
      ${latencies.map((row) => row.bucket)}::int2[], ${latencies.map((row) => row.executions)}::int8[])
    on conflict (organization_id, grain, agent_id, start_at, environment, release_id, bucket)
    do update set executions = kept.executions + excluded.executions`
  tx.atCommit(histograms.compile(tables(tx)))
}

function mergeByKey(deltas: readonly RollupDelta[]): readonly MergedDelta[] {
  const merged = new Map<string, MergedDelta>()
  for (const delta of deltas)
    for (const [grain, stepMs] of [
      ['minute', minuteMs],
      ['hour', hourMs],
      ['day', dayMs],
    ] as const) {
      const startAt = Math.floor(delta.minute / stepMs) * stepMs
      const releaseId = delta.releaseId ?? ''
      const key = `${grain}|${delta.agentId}|${startAt}|${delta.environment}|${releaseId}`
      let row = merged.get(key)
      if (row === undefined) {
        const counts = Object.fromEntries(counters.map((name) => [name, 0])) as MergedDelta['counts']
        row = {
          agentId: delta.agentId,
          environment: delta.environment,
          releaseId,
          grain,
          startAt,
          counts,
          latency: new Map(),
        }
        merged.set(key, row)
      }
      for (const name of counters) row.counts[name] += delta[name]
      for (const [bucket, count] of delta.executionLatency)
        row.latency.set(bucket, (row.latency.get(bucket) ?? 0) + count)
    }
  return [...merged.values()].sort(byKey)
}

/** First and last minute that an agent has rollups of; null when it has none. */
export async function rollupRange(
  tx: Tx,
  agentId: string,
): Promise<{ readonly from: Instant; readonly until: Instant } | null> {
  const row = await tables(tx)
    .selectFrom('agent_rollups')
    .select(({ fn }) => [fn.min('start_at').as('from'), fn.max('start_at').as('until')])
    .where('organization_id', '=', tx.organizationId)
    .where('grain', '=', 'minute')
    .where('agent_id', '=', agentId)
    .executeTakeFirst()
  return row?.from == null || row.until == null
    ? null
    : { from: instantFromEpochMs(row.from.getTime()), until: instantFromEpochMs(row.until.getTime() + minuteMs) }
}
