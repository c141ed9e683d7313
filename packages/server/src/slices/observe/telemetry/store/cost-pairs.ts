import { sql } from 'kysely'
import { type Instant, instantFromEpochMs, utcDay } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** What an agent's runs of one hour cost by their own report and by our prices, over runs where both are known. */
export interface CostPair {
  readonly agentId: string
  readonly hour: Instant
  readonly reportedNanoUsd: number
  readonly computedNanoUsd: number
}

/** Pairs per agent and UTC hour in which the runs began, from `since` on. Runs with unpriced calls are left out. */
export async function costPairsByHour(
  tx: Tx,
  since: Instant,
  environment: string | null,
): Promise<readonly CostPair[]> {
  const { rows } = await sql<{ agent_id: string; hour: Date; reported: number; computed: number }>`
    select agent_id, date_trunc('hour', started_at) as hour,
      sum(coalesce(reported_cost_nano_usd, actions_reported_cost_nano_usd))::int8 as reported,
      sum(cost_nano_usd)::int8 as computed
    from agent_executions
    where organization_id = ${tx.organizationId} and started_on >= ${utcDay(since)}::date
      and started_at >= ${new Date(since)}::timestamptz and unpriced_calls = 0 and cost_nano_usd > 0 and not synthetic
      and coalesce(reported_cost_nano_usd, actions_reported_cost_nano_usd) is not null
      ${environment === null ? sql`` : sql`and environment = ${environment}`}
    group by 1, 2`.execute(tx.tables())
  return rows.map((row) => ({
    agentId: row.agent_id,
    hour: instantFromEpochMs(row.hour.getTime()),
    reportedNanoUsd: row.reported,
    computedNanoUsd: row.computed,
  }))
}
