import type { EmbeddingUsage } from '@metaagent/contract'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Tx } from '../../../../ports/store.ts'

export interface EmbeddingCall {
  readonly day: string
  readonly name: string
  readonly model: string
  readonly executions: number
  readonly inputTokens: number | null
  readonly costNanoUsd: number | null
}

/** Adds one call to its day. */
export async function addUsage(tx: Tx, call: EmbeddingCall): Promise<void> {
  await sql`
    insert into embedding_usage as u (organization_id, day, name, model, calls, executions, input_tokens, cost_nano_usd,
      unpriced_calls)
    values (${tx.organizationId}::uuid, ${call.day}::date, ${call.name}, ${call.model}, 1, ${call.executions},
      ${call.inputTokens}, ${call.costNanoUsd}, ${call.costNanoUsd === null ? 1 : 0})
    on conflict (organization_id, day, name, model) do update set calls = u.calls + 1,
      executions = u.executions + excluded.executions,
      input_tokens = coalesce(u.input_tokens + excluded.input_tokens, u.input_tokens, excluded.input_tokens),
      cost_nano_usd = coalesce(u.cost_nano_usd + excluded.cost_nano_usd, u.cost_nano_usd, excluded.cost_nano_usd),
      unpriced_calls = u.unpriced_calls + excluded.unpriced_calls`.execute(tx.tables())
}

/** The newest days on which an endpoint was asked. */
export async function newestUsage(tx: Tx, limit: number): Promise<readonly z.output<typeof EmbeddingUsage>[]> {
  const { rows } = await sql<z.output<typeof EmbeddingUsage>>`
    select day, name, model, calls, executions, input_tokens as "inputTokens", cost_nano_usd as "costNanoUsd",
      unpriced_calls as "unpricedCalls"
    from embedding_usage where organization_id = ${tx.organizationId}
    order by day desc, name, model limit ${limit}`.execute(tx.tables())
  return rows
}
