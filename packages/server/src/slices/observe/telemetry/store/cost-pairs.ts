import { sql } from 'kysely'
import { type Instant, instantFromEpochMs, utcDay } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** What an agent's runs of a quarter of an hour cost by a report of each as a whole, and by our prices. */
export interface WholeCosts {
  readonly agentId: string
  /** Start of the quarter in which the runs began. */
  readonly at: Instant
  readonly executions: number
  readonly reportedNanoUsd: number
  readonly computedNanoUsd: number
}

/** Which runs; null means all. */
export interface WholeCostsFilter {
  readonly from: Instant
  readonly until: Instant
  readonly agentId: string | null
  readonly environment: string | null
}

/**
 * Runs whose cost was reported as a whole, and of no call alone: those are compared call by call where costs are kept.
 * Runs with unpriced calls and synthetic ones are left out.
 */
export async function wholeCosts(
  tx: Tx,
  { from, until, agentId, environment }: WholeCostsFilter,
): Promise<readonly WholeCosts[]> {
  const { rows } = await sql<{
    agent_id: string
    at: Date
    executions: number
    reported: number
    computed: number
  }>`
    select agent_id, date_bin('15 minutes', started_at, timestamptz '2000-01-01 00:00:00Z') as at,
      count(*)::int as executions, sum(reported_cost_nano_usd)::int8 as reported, sum(cost_nano_usd)::int8 as computed
    from agent_executions
    where organization_id = ${tx.organizationId} and started_on >= ${utcDay(from)}::date
      and started_on <= ${utcDay(until)}::date
      and started_at >= ${new Date(from)}::timestamptz and started_at < ${new Date(until)}::timestamptz
      and unpriced_calls = 0 and cost_nano_usd > 0 and not synthetic
      and reported_cost_nano_usd is not null and actions_reported_cost_nano_usd is null
      ${agentId === null ? sql`` : sql`and agent_id = ${agentId}::uuid`}
      ${environment === null ? sql`` : sql`and environment = ${environment}`}
    group by 1, 2`.execute(tx.tables())
  return rows.map((row) => ({
    agentId: row.agent_id,
    at: instantFromEpochMs(row.at.getTime()),
    executions: row.executions,
    reportedNanoUsd: row.reported,
    computedNanoUsd: row.computed,
  }))
}
