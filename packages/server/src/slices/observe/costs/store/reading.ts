import type { CostDimension } from '@metaagent/contract'
import { type RawBuilder, sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Difference } from '../model/differences.ts'
import type { CostRange } from '../model/range.ts'
import type { Counts, DayCost } from '../model/sums.ts'

/** Which costs; null means all. */
export interface CostFilter extends CostRange {
  readonly agentId: string | null
  readonly environment: string | null
  readonly releaseId: string | null
  readonly provider: string | null
  readonly model: string | null
}

export interface CostRow extends Counts {
  readonly agentId: string | null
  readonly releaseId: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly day: string | null
}

const counts = sql.raw(`sum(priced_calls)::int8 as "pricedCalls", sum(unpriced_calls)::int8 as "unpricedCalls",
  sum(input_tokens)::int8 as "inputTokens", sum(output_tokens)::int8 as "outputTokens",
  sum(unpriced_tokens)::int8 as "unpricedTokens", sum(cost_nano_usd)::int8 as "costNanoUsd",
  sum(reported_calls)::int8 as "reportedCalls", sum(reported_nano_usd)::int8 as "reportedNanoUsd",
  sum(compared_calls)::int8 as "comparedCalls", sum(compared_cost_nano_usd)::int8 as "comparedCostNanoUsd",
  sum(compared_reported_nano_usd)::int8 as "comparedReportedNanoUsd"`)

function where(tx: Tx, filter: CostFilter): RawBuilder<unknown> {
  const { from, until, agentId, environment, releaseId, provider, model } = filter
  return sql`organization_id = ${tx.organizationId}
    and start_at >= ${new Date(from)}::timestamptz and start_at < ${new Date(until)}::timestamptz
    ${agentId === null ? sql`` : sql`and agent_id = ${agentId}`}
    ${environment === null ? sql`` : sql`and environment = ${environment}`}
    ${releaseId === null ? sql`` : sql`and release_id = ${releaseId}`}
    ${provider === null ? sql`` : sql`and provider = ${provider}`}
    ${model === null ? sql`` : sql`and model = ${model}`}`
}

/** The rows with their day in a time zone. Once, since a parameter that stands twice is two expressions to `group by`. */
const rollups = (tx: Tx, filter: CostFilter, timeZone: string) => sql`
  (select *, (start_at at time zone ${timeZone}::text)::date as day from cost_rollups where ${where(tx, filter)}) r`

/** What each grouping groups by, shows and is sorted by where the costs are equal. */
const groupings: Readonly<Record<CostDimension, { by: string; shows: string; key: string }>> = {
  agent: {
    by: 'agent_id',
    shows: `agent_id::text as "agentId", null::text as "releaseId", null::text as provider, null::text as model, null::date as day`,
    key: 'agent_id::text',
  },
  release: {
    by: 'agent_id, release_id',
    shows: `agent_id::text as "agentId", release_id as "releaseId", null::text as provider, null::text as model, null::date as day`,
    key: 'agent_id::text || release_id',
  },
  model: {
    by: 'provider, model',
    shows: `null::text as "agentId", null::text as "releaseId", provider, model, null::date as day`,
    key: 'provider || chr(10) || model',
  },
  day: {
    by: 'day',
    shows: `null::text as "agentId", null::text as "releaseId", null::text as provider, null::text as model, day`,
    key: 'day::text',
  },
}

/** Where a page ends: what it is sorted by, and the group's name. */
export interface GroupPosition {
  readonly rank: number
  readonly key: string
}

export type Ranked<Row> = Row & GroupPosition

function emptyIsNull<Row extends { readonly releaseId?: string | null; provider: string | null; model: string | null }>(
  row: Row,
): Row {
  const known = {
    ...row,
    provider: row.provider === '' ? null : row.provider,
    model: row.model === '' ? null : row.model,
  }
  return row.releaseId === '' ? { ...known, releaseId: null } : known
}

const beyond = (after: GroupPosition | null) =>
  after === null
    ? sql``
    : sql`where rank < ${after.rank}::int8 or (rank = ${after.rank}::int8 and key < ${after.key}::text)`

/** Costs by one dimension from behind a position on: the costliest first, days the newest first. */
export async function listCosts(
  tx: Tx,
  filter: CostFilter,
  asked: { readonly groupBy: CostDimension; readonly timeZone: string },
  after: GroupPosition | null,
  limit: number,
): Promise<readonly Ranked<CostRow>[]> {
  const { by, shows, key } = groupings[asked.groupBy]
  const rank = asked.groupBy === 'day' ? '0::int8' : 'sum(cost_nano_usd)::int8'
  const { rows } = await sql<Ranked<CostRow>>`
    select * from (
      select ${sql.raw(`${shows}, (${key}) collate "C" as key, ${rank} as rank`)}, ${counts}
      from ${rollups(tx, filter, asked.timeZone)} group by ${sql.raw(by)}) g
    ${beyond(after)} order by rank desc, key desc limit ${limit}`.execute(tx.tables())
  return rows.map(emptyIsNull)
}

/** The sum over everything that fits. */
export async function totalCosts(tx: Tx, filter: CostFilter): Promise<Counts> {
  const { rows } = await sql<{ [Name in keyof Counts]: number | null }>`
    select ${counts} from cost_rollups where ${where(tx, filter)}`.execute(tx.tables())
  const entries = Object.entries(rows[0] ?? {}).map(([name, value]) => [name, value ?? 0])
  return Object.fromEntries(entries) as Counts
}

/** What each of these agents spent as far as sums are kept; without those of whose calls one has no price. */
export async function spentByAgents(tx: Tx, agentIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (agentIds.length === 0) return new Map()
  const { rows } = await sql<{ agent_id: string; spent: number }>`
    select agent_id, sum(cost_nano_usd)::int8 as spent from cost_rollups
    where organization_id = ${tx.organizationId}::uuid and agent_id = any(${[...agentIds]}::uuid[])
    group by agent_id having sum(priced_calls) > 0 and sum(unpriced_calls) = 0`.execute(tx.tables())
  return new Map(rows.map((row) => [row.agent_id, Number(row.spent)]))
}

const splitKeys = {
  agent: 'agent_id::text',
  model: `provider || chr(10) || model`,
  release: 'release_id',
} as const

/** Costs per day and agent, model or release; the key of a model is `provider⏎model`. */
export async function costsByDay(
  tx: Tx,
  filter: CostFilter,
  asked: { readonly splitBy: keyof typeof splitKeys; readonly timeZone: string },
): Promise<readonly DayCost[]> {
  const { rows } = await sql<DayCost>`
    select day, ${sql.raw(splitKeys[asked.splitBy])} as key, sum(priced_calls)::int8 as "pricedCalls",
      sum(unpriced_calls)::int8 as "unpricedCalls", sum(cost_nano_usd)::int8 as "costNanoUsd"
    from ${rollups(tx, filter, asked.timeZone)} group by 1, 2`.execute(tx.tables())
  return rows
}

export interface UnpricedRow {
  readonly provider: string | null
  readonly model: string | null
  readonly calls: number
  readonly tokens: number
  readonly lastAt: Instant
}

/** Models with calls that have no price, those with the most tokens first. */
export async function listUnpriced(
  tx: Tx,
  filter: CostFilter,
  after: GroupPosition | null,
  limit: number,
): Promise<readonly Ranked<UnpricedRow>[]> {
  const { rows } = await sql<Ranked<Omit<UnpricedRow, 'lastAt'>> & { readonly lastAt: Date }>`
    select * from (
      select provider, model, sum(unpriced_calls)::int8 as calls, sum(unpriced_tokens)::int8 as tokens,
        max(start_at) as "lastAt", sum(unpriced_tokens)::int8 as rank,
        (provider || chr(10) || model) collate "C" as key
      from cost_rollups where ${where(tx, filter)} and unpriced_calls > 0 group by provider, model) g
    ${beyond(after)} order by rank desc, key desc limit ${limit}`.execute(tx.tables())
  return rows.map((row) => ({ ...emptyIsNull(row), lastAt: instantFromEpochMs(row.lastAt.getTime()) }))
}

/** Calls of each agent and quarter of an hour that have both costs. */
export async function comparedCalls(
  tx: Tx,
  { from, until, environment }: CostRange & { readonly environment: string | null },
): Promise<
  readonly {
    readonly agentId: string
    readonly at: Instant
    readonly reportedNanoUsd: number
    readonly computedNanoUsd: number
  }[]
> {
  const { rows } = await sql<{ agentId: string; at: Date; reportedNanoUsd: number; computedNanoUsd: number }>`
    select agent_id::text as "agentId", start_at as at, sum(compared_reported_nano_usd)::int8 as "reportedNanoUsd",
      sum(compared_cost_nano_usd)::int8 as "computedNanoUsd"
    from cost_rollups
    where organization_id = ${tx.organizationId} and compared_calls > 0
      and start_at >= ${new Date(from)}::timestamptz and start_at < ${new Date(until)}::timestamptz
      ${environment === null ? sql`` : sql`and environment = ${environment}`}
    group by agent_id, start_at`.execute(tx.tables())
  return rows.map((row) => ({ ...row, at: instantFromEpochMs(row.at.getTime()) }))
}

/** Reported beside computed cost of calls per agent, model and day; the largest difference first. */
export async function listDifferences(
  tx: Tx,
  filter: CostFilter,
  timeZone: string,
  after: GroupPosition | null,
  limit: number,
): Promise<readonly Difference[]> {
  const { rows } = await sql<Difference>`
    select * from (
      select 'calls' as of, agent_id::text as "agentId", provider, model, day, sum(compared_calls)::int8 as "comparedCalls",
        0 as "comparedExecutions",
        sum(compared_cost_nano_usd)::int8 as "comparedCostNanoUsd",
        sum(compared_reported_nano_usd)::int8 as "comparedReportedNanoUsd",
        abs(sum(compared_reported_nano_usd) - sum(compared_cost_nano_usd))::int8 as rank,
        (day::text || agent_id::text || provider || chr(10) || model) collate "C" as key
      from ${rollups(tx, filter, timeZone)} where compared_calls > 0 group by agent_id, provider, model, day) g
    ${beyond(after)} order by rank desc, key desc limit ${limit}`.execute(tx.tables())
  return rows.map(emptyIsNull)
}
