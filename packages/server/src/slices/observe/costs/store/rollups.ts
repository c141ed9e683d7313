import { sql } from 'kysely'
import type { CostDelta } from '../../../../ports/costs.ts'
import type { Tx } from '../../../../ports/store.ts'

type Counter = Exclude<keyof CostDelta, 'agentId' | 'releaseId' | 'environment' | 'provider' | 'model' | 'quarter'>

const keyOf = ({ quarter, agentId, environment, releaseId, provider, model }: CostDelta) =>
  JSON.stringify([quarter, agentId, environment, releaseId ?? '', provider ?? '', model ?? ''])

/**
 * Adds to the costs in one statement that runs with the commit, in the order of the key, so that two writers of the same
 * rows cannot deadlock.
 */
export function addToCosts(tx: Tx, deltas: readonly CostDelta[]): void {
  if (deltas.length === 0) return
  const sorted = deltas
    .map((delta) => ({ delta, key: keyOf(delta) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ delta }) => delta)
  const counts = (name: Counter) => sorted.map((delta) => delta[name])
  const add = sql`
    insert into cost_rollups as kept (organization_id, start_at, agent_id, environment, release_id, provider, model,
      priced_calls, unpriced_calls, input_tokens, output_tokens, unpriced_tokens, cost_nano_usd, reported_calls,
      reported_nano_usd, compared_calls, compared_cost_nano_usd, compared_reported_nano_usd)
    select ${tx.organizationId}::uuid, * from unnest(
      ${sorted.map(({ quarter }) => new Date(quarter).toISOString())}::timestamptz[],
      ${sorted.map(({ agentId }) => agentId)}::uuid[], ${sorted.map(({ environment }) => environment)}::text[],
      ${sorted.map(({ releaseId }) => releaseId ?? '')}::text[], ${sorted.map(({ provider }) => provider ?? '')}::text[],
      ${sorted.map(({ model }) => model ?? '')}::text[],
      ${counts('pricedCalls')}::int8[], ${counts('unpricedCalls')}::int8[], ${counts('inputTokens')}::int8[],
      ${counts('outputTokens')}::int8[], ${counts('unpricedTokens')}::int8[], ${counts('costNanoUsd')}::int8[],
      ${counts('reportedCalls')}::int8[], ${counts('reportedNanoUsd')}::int8[], ${counts('comparedCalls')}::int8[],
      ${counts('comparedCostNanoUsd')}::int8[], ${counts('comparedReportedNanoUsd')}::int8[])
    on conflict (organization_id, start_at, agent_id, environment, release_id, provider, model) do update set
      priced_calls = kept.priced_calls + excluded.priced_calls,
      unpriced_calls = kept.unpriced_calls + excluded.unpriced_calls,
      input_tokens = kept.input_tokens + excluded.input_tokens,
      output_tokens = kept.output_tokens + excluded.output_tokens,
      unpriced_tokens = kept.unpriced_tokens + excluded.unpriced_tokens,
      cost_nano_usd = kept.cost_nano_usd + excluded.cost_nano_usd,
      reported_calls = kept.reported_calls + excluded.reported_calls,
      reported_nano_usd = kept.reported_nano_usd + excluded.reported_nano_usd,
      compared_calls = kept.compared_calls + excluded.compared_calls,
      compared_cost_nano_usd = kept.compared_cost_nano_usd + excluded.compared_cost_nano_usd,
      compared_reported_nano_usd = kept.compared_reported_nano_usd + excluded.compared_reported_nano_usd`
  tx.atCommit(add.compile(tx.tables()))
}
