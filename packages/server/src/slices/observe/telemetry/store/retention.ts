import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** Tables of telemetry with a partition a day, of which one execution's rows share the day or a few. */
export type DayTable = 'agent_executions' | 'agent_execution_logs' | 'execution_search'

/** The first day with rows of the organization; partitions of other days are not touched. */
export async function oldestDayOf(tx: Tx, table: DayTable): Promise<string | null> {
  const { rows } = await sql<{ day: string | null }>`
    select min(started_on) as day from ${sql.table(table)} where organization_id = ${tx.organizationId}`.execute(
    tx.tables(),
  )
  return rows[0]?.day ?? null
}

export async function countRowsBefore(tx: Tx, table: DayTable, day: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)}
    where organization_id = ${tx.organizationId} and started_on < ${day}::date`.execute(tx.tables())
  return rows[0]?.count ?? 0
}

/** Deletes rows of the oldest day before `day`, at most `limit` executions' worth of them; returns how many rows. */
export async function deleteRowsBefore(tx: Tx, table: DayTable, day: string, limit: number): Promise<number> {
  const oldest = await oldestDayOf(tx, table)
  if (oldest === null || oldest >= day) return 0
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)}
    where organization_id = ${tx.organizationId} and started_on = ${oldest}::date and execution_id in (
      select execution_id from ${sql.table(table)}
      where organization_id = ${tx.organizationId} and started_on = ${oldest}::date
      order by execution_id limit ${limit})`.execute(tx.tables())
  return Number(numAffectedRows ?? 0n)
}

/** Drops the days before one; deployment scope. */
export async function dropDaysBefore(tx: Tx, table: DayTable, day: string): Promise<number> {
  const { rows } = await sql<{ dropped: number }>`
    select metaagent_drop_day_partitions(${table}, ${day}::date) as dropped`.execute(tx.tables())
  return rows[0]?.dropped ?? 0
}
