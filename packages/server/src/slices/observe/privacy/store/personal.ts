import { type RawBuilder, sql } from 'kysely'
import type { PersonalTable } from '../../../../ports/personal.ts'
import type { Tx } from '../../../../ports/store.ts'

/** Whose rows: executions with the days on which they lie, or rows that name the subject itself. */
export type Whose =
  | { readonly executionIds: readonly string[]; readonly days: readonly string[] }
  | { readonly values: readonly string[] }

/**
 * Counts, or erases, what a table holds of these executions or of this subject; answers the number of rows that held
 * something. Erasing again finds nothing. Names come from declarations in code, never from a request.
 */
export async function personalRows(tx: Tx, declared: PersonalTable, whose: Whose, isErasing: boolean): Promise<number> {
  const { table, erase } = declared
  if (typeof erase === 'object' && 'by' in erase)
    return 'values' in whose ? 0 : erase.by(tx, whose.executionIds, whose.days, isErasing)
  const found = rowsOf(tx, declared, whose)
  if (found === null) return 0
  const blank = erase === 'delete' ? null : erase.blank
  const where = blank === null ? found : sql`${found} and (${sql.join(holdsSomething(blank), sql` or `)})`
  if (!isErasing) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(table)} where ${where}`.execute(tx.tables())
    return rows[0]?.count ?? 0
  }
  const { numAffectedRows } =
    blank === null
      ? await sql`delete from ${sql.table(table)} where ${where}`.execute(tx.tables())
      : await sql`update ${sql.table(table)} set ${sql.join(given(blank))} where ${where}`.execute(tx.tables())
  return Number(numAffectedRows ?? 0n)
}

function rowsOf(tx: Tx, { byDay, subjectColumn }: PersonalTable, whose: Whose): RawBuilder<unknown> | null {
  const own = sql`organization_id = ${tx.organizationId}::uuid`
  if ('values' in whose)
    return subjectColumn === undefined
      ? null
      : sql`${own} and ${sql.ref(subjectColumn)} = any(${[...whose.values]}::text[])`
  const ids = sql`${own} and execution_id = any(${[...whose.executionIds]}::uuid[])`
  return byDay === true ? sql`${ids} and started_on = any(${[...whose.days]}::date[])` : ids
}

type Blank = Readonly<Record<string, string | null>>

function holdsSomething(blank: Blank): RawBuilder<unknown>[] {
  return Object.entries(blank).map(([column, value]) =>
    value === null ? sql`${sql.ref(column)} is not null` : sql`${sql.ref(column)} is distinct from (${sql.raw(value)})`,
  )
}

function given(blank: Blank): RawBuilder<unknown>[] {
  return Object.entries(blank).map(([column, value]) => sql`${sql.id(column)} = ${sql.raw(value ?? 'null')}`)
}

/** What a table holds of these executions or of this subject, whole rows as they stand; null where rows cannot be told. */
export async function personalRowsWhole(
  tx: Tx,
  declared: PersonalTable,
  whose: Whose,
): Promise<readonly Record<string, unknown>[] | null> {
  const { table, erase } = declared
  if (typeof erase === 'object' && 'by' in erase) return null
  const found = rowsOf(tx, declared, whose)
  if (found === null) return []
  const { rows } = await sql<{ row: Record<string, unknown> }>`
    select to_jsonb(t) - 'organization_id' as row from ${sql.table(table)} t where ${found}`.execute(tx.tables())
  return rows.map(({ row }) => row)
}
