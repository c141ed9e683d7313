import { sql } from 'kysely'
import type { RetainedTable } from '../../../../ports/retention.ts'
import type { Tx } from '../../../../ports/store.ts'

async function oldestDay(tx: Tx): Promise<string | null> {
  const { rows } = await sql<{ day: string | null }>`
    select (min(start_at) at time zone 'UTC')::date as day from cost_rollups
    where organization_id = ${tx.organizationId}`.execute(tx.tables())
  return rows[0]?.day ?? null
}

async function deleteBefore(tx: Tx, day: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from cost_rollups where organization_id = ${tx.organizationId} and start_at < (
      select max(start_at) + interval '1 microsecond' from (
        select start_at from cost_rollups
        where organization_id = ${tx.organizationId} and start_at < (${day} || 'T00:00:00Z')::timestamptz
        order by start_at limit ${limit}) oldest)`.execute(tx.tables())
  return Number(numAffectedRows ?? 0n)
}

/** Sums by quarter of an hour; one table for all days, so its rows are deleted and no day is dropped. */
export const costTable: RetainedTable = {
  name: 'cost_rollups',
  holds: 'Costs by model and quarter of an hour',
  oldestDay,
  deleteBefore,
  countBefore: null,
  dropBefore: null,
}
