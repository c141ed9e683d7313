import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** SQLSTATE of the base schema for a table that has as many day partitions as it may. */
export const tooManyPartitionsCode = 'MA001'

/** SQLSTATE of a row for whose day there is no partition (a check violation; these tables have no other checks). */
export const noPartitionCode = '23514'

/** Makes the partitions of these days (`YYYY-MM-DD`) where they are missing. */
export async function ensureDays(tx: Tx, days: readonly string[]): Promise<void> {
  await sql`
    select metaagent_ensure_day_partitions('agent_executions', ${days}::date[]),
      metaagent_ensure_day_partitions('agent_execution_logs', ${days}::date[])`.execute(tx.tables())
}
