import { type RawBuilder, sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { HeldDays } from '../../../ports/legal-holds.ts'
import type { RetainedTable } from '../../../ports/retention.ts'
import type { Tx } from '../../../ports/store.ts'

/** One table of a retained part: the part's own, or one that goes with it. */
export interface Part {
  readonly table: string
  readonly by: RetainedTable['by']
  readonly only: string | null
}

/** Those that go with it come first, so that nothing is left that points at what is gone. */
export function partsOf({ name, table = name, by, only, goesWith = [] }: RetainedTable): readonly Part[] {
  const others = goesWith.map((other) => ({
    table: other.table,
    by: by.kind === 'day' || other.column === undefined ? by : { ...by, column: other.column },
    only: other.only ?? null,
  }))
  return [...others, { table, by, only: only ?? null }]
}

/** Names and conditions come from declarations in code, never from a request. */
const rowsOf = (tx: Tx, { table, only }: Part) =>
  sql`${sql.table(table)} where organization_id = ${tx.organizationId}::uuid
    ${only === null ? sql`` : sql`and (${sql.raw(only)})`}`

const ageColumn = ({ by }: Part) => sql.ref(by.kind === 'day' ? 'started_on' : by.column)

const isBefore = (part: Part, day: string) =>
  part.by.kind === 'time'
    ? sql`${ageColumn(part)} < (${day} || 'T00:00:00Z')::timestamptz`
    : sql`${ageColumn(part)} < ${day}::date`

const dayOf = (part: Part) =>
  part.by.kind === 'time' ? sql`(${ageColumn(part)} at time zone 'UTC')::date` : ageColumn(part)

/** Days of legal holds are left out. */
function notHeld(part: Part, held: readonly HeldDays[]): RawBuilder<unknown> {
  const within = ({ from, to }: HeldDays) =>
    sql`${dayOf(part)} between ${from ?? '-infinity'}::date and ${to ?? 'infinity'}::date`
  return held.length === 0 ? sql`` : sql`and not (${sql.join(held.map(within), sql` or `)})`
}

/** The first UTC day with rows of the organization that no hold keeps; null: there are none. */
export async function oldestDay(tx: Tx, part: Part, held: readonly HeldDays[] = []): Promise<string | null> {
  const oldest = sql`min(${ageColumn(part)})`
  const day = part.by.kind === 'time' ? sql`(${oldest} at time zone 'UTC')::date` : oldest
  const { rows } = await sql<{
    day: string | null
  }>`select ${day} as day from ${rowsOf(tx, part)} ${notHeld(part, held)}`.execute(tx.tables())
  return rows[0]?.day ?? null
}

/** How many rows lie before a day and on how many days; counts `atMost` rows and then stops. */
export async function countBefore(
  tx: Tx,
  part: Part,
  day: string,
  atMost: number,
  held: readonly HeldDays[] = [],
): Promise<{ readonly rows: number; readonly days: number }> {
  const { rows } = await sql<{ count: number; days: number }>`
    select count(*)::int as count, count(distinct day)::int as days from (
      select ${dayOf(part)} as day from ${rowsOf(tx, part)} and ${isBefore(part, day)}
        ${notHeld(part, held)} limit ${atMost}) due`.execute(tx.tables())
  return { rows: rows[0]?.count ?? 0, days: rows[0]?.days ?? 0 }
}

/**
 * Deletes at most `limit` rows from before a day, of a table of days those of the oldest one; returns how many. By their
 * place in the file, so that a table needs no index for it beyond one by age.
 */
export async function deleteBefore(
  tx: Tx,
  part: Part,
  day: string,
  held: readonly HeldDays[],
  limit: number,
): Promise<number> {
  let due = sql`${isBefore(part, day)} ${notHeld(part, held)}`
  if (part.by.kind === 'day') {
    const oldest = await oldestDay(tx, part, held)
    if (oldest === null || oldest >= day) return 0
    // One day is one partition, within which places are unique.
    due = sql`started_on = ${oldest}::date`
  }
  const { numAffectedRows } = await sql`
    delete from ${rowsOf(tx, part)} and ${due}
      and ctid = any(array(select ctid from ${rowsOf(tx, part)} and ${due} limit ${limit}))`.execute(tx.tables())
  return Number(numAffectedRows ?? 0n)
}

/** Drops the days before one, of every organization; deployment scope. Returns how many days. */
export async function dropDaysBefore(tx: Tx, { table }: Part, day: string): Promise<number> {
  const { rows } = await sql<{ dropped: number }>`
    select metaagent_drop_day_partitions(${table}, ${day}::date) as dropped`.execute(tx.tables())
  return rows[0]?.dropped ?? 0
}

/** The planner's estimate of the organization's rows among those of `organizations` ones. */
export async function estimateRows(tx: Tx, part: Part, organizations: number): Promise<number> {
  const { rows } = await sql<{ 'QUERY PLAN': readonly { readonly Plan: { readonly 'Plan Rows': number } }[] }>`
    explain (format json) select 1 from ${rowsOf(tx, part)}`.execute(tx.tables())
  // The policy names the organization a second time, which the planner takes for a second, independent choice.
  return Math.round((rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0) * organizations)
}

/** What a table with its indexes and partitions takes on disk, and about how many rows it has, of all organizations. */
export async function sizeOf(tx: Tx, { table }: Part): Promise<{ readonly bytes: number; readonly rows: number }> {
  const { rows } = await sql<{ bytes: number | string; rows: number | string }>`
    select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as bytes,
      coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint as rows
    from pg_class c where c.oid = ${table}::regclass
      or c.oid in (select inhrelid from pg_inherits where inhparent = ${table}::regclass)`.execute(tx.tables())
  return { bytes: Number(rows[0]?.bytes ?? 0), rows: Number(rows[0]?.rows ?? 0) }
}

/** What the last run found and did in one part. */
export interface RetentionState {
  readonly name: string
  readonly ranAt: Instant
  readonly deletedRows: number
  readonly rows: number
  readonly rowsEstimated: boolean
  readonly bytes: number
  readonly oldestDay: string | null
}

export async function saveState(tx: Tx, state: RetentionState): Promise<void> {
  await sql`
    insert into retention_state (organization_id, name, ran_at, deleted_rows, rows, rows_estimated, bytes, oldest_day)
    values (${tx.organizationId}, ${state.name}, ${new Date(state.ranAt)}, ${state.deletedRows}, ${state.rows},
      ${state.rowsEstimated}, ${state.bytes}, ${state.oldestDay}::date)
    on conflict (organization_id, name) do update set ran_at = excluded.ran_at, deleted_rows = excluded.deleted_rows,
      rows = excluded.rows, rows_estimated = excluded.rows_estimated, bytes = excluded.bytes,
      oldest_day = excluded.oldest_day`.execute(tx.tables())
}

/** By name; a part that no run has looked at yet is missing. */
export async function statesByName(tx: Tx): Promise<ReadonlyMap<string, RetentionState>> {
  const { rows } = await sql<{
    name: string
    ran_at: Date
    deleted_rows: number | string
    rows: number | string
    rows_estimated: boolean
    bytes: number | string
    oldest_day: string | null
  }>`
    select name, ran_at, deleted_rows, rows, rows_estimated, bytes, oldest_day from retention_state
    where organization_id = ${tx.organizationId}`.execute(tx.tables())
  return new Map(
    rows.map((row) => [
      row.name,
      {
        name: row.name,
        ranAt: instantFromEpochMs(row.ran_at.getTime()),
        deletedRows: Number(row.deleted_rows),
        rows: Number(row.rows),
        rowsEstimated: row.rows_estimated,
        bytes: Number(row.bytes),
        oldestDay: row.oldest_day,
      },
    ]),
  )
}
