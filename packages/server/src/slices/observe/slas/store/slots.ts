import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Counted } from '../model/compliance.ts'
import type { Slot } from '../model/counting.ts'
import { slotMs } from '../model/windows.ts'

const iso = (at: number) => new Date(at).toISOString()

/** Puts the slots of a range in the place of those that stood there. */
export async function replaceSlots(
  tx: Tx,
  slaId: string,
  range: { readonly from: Instant; readonly until: Instant },
  slots: readonly Slot[],
): Promise<void> {
  await sql`
    delete from sla_slots where organization_id = ${tx.organizationId}::uuid and sla_id = ${slaId}::uuid
      and slot_at >= ${iso(range.from)}::timestamptz and slot_at < ${iso(range.until)}::timestamptz`.execute(
    tx.tables(),
  )
  if (slots.length === 0) return
  await sql`
    insert into sla_slots (organization_id, sla_id, slot_at, good, bad, unknown)
    select ${tx.organizationId}::uuid, ${slaId}::uuid, * from unnest(
      ${slots.map(({ slotAt }) => iso(slotAt))}::timestamptz[], ${slots.map(({ good }) => good)}::int8[],
      ${slots.map(({ bad }) => bad)}::int8[], ${slots.map(({ unknown }) => unknown)}::int8[])`.execute(tx.tables())
}

export interface Range {
  readonly from: Instant
  readonly until: Instant
}

// A slot is left out when any part of it lies in an exclusion.
const included = (exclusions: readonly Range[]) => sql`not exists (
  select 1 from unnest(${exclusions.map(({ from }) => iso(from - slotMs))}::timestamptz[],
    ${exclusions.map(({ until }) => iso(until))}::timestamptz[]) as e(after_at, before_at)
  where s.slot_at > e.after_at and s.slot_at < e.before_at)`

/** Sums of several windows in one question, in their order; excluded slots are left out. */
export async function sumsOfWindows(
  tx: Tx,
  slaId: string,
  windows: readonly Range[],
  exclusions: readonly Range[],
): Promise<readonly Counted[]> {
  const { rows } = await sql<Counted>`
    select coalesce(sum(s.good), 0)::int8 as good, coalesce(sum(s.bad), 0)::int8 as bad,
      coalesce(sum(s.unknown), 0)::int8 as unknown
    from unnest(${windows.map(({ from }) => iso(from))}::timestamptz[],
      ${windows.map(({ until }) => iso(until))}::timestamptz[]) with ordinality as w(from_at, until_at, position)
    left join sla_slots s on s.organization_id = ${tx.organizationId}::uuid and s.sla_id = ${slaId}::uuid
      and s.slot_at >= w.from_at and s.slot_at < w.until_at and ${included(exclusions)}
    group by w.position order by w.position`.execute(tx.tables())
  return rows
}

/** Sums per step of a range, ascending; steps without events are missing. */
export async function sumsOfSteps(
  tx: Tx,
  slaId: string,
  range: Range,
  stepSeconds: number,
  exclusions: readonly Range[],
): Promise<readonly (Counted & { readonly at: number })[]> {
  const { rows } = await sql<Counted & { readonly at: number }>`
    select (floor(extract(epoch from s.slot_at - ${iso(range.from)}::timestamptz) / ${stepSeconds}::int) * ${stepSeconds * 1000}::int8
        + ${range.from}::int8)::int8 as at,
      sum(s.good)::int8 as good, sum(s.bad)::int8 as bad, sum(s.unknown)::int8 as unknown
    from sla_slots s where s.organization_id = ${tx.organizationId}::uuid and s.sla_id = ${slaId}::uuid
      and s.slot_at >= ${iso(range.from)}::timestamptz and s.slot_at < ${iso(range.until)}::timestamptz
      and ${included(exclusions)}
    group by 1 order by 1`.execute(tx.tables())
  return rows
}

/** Up to where an SLA's slots are counted. */
export interface SlaCursor {
  readonly counting: string
  readonly countedFrom: Instant
  readonly countedUntil: Instant
  readonly rollupCursor: string
}

export async function readCursor(tx: Tx, slaId: string): Promise<SlaCursor | null> {
  const { rows } = await sql<{ counting: string; counted_from: Date; counted_until: Date; rollup_cursor: string }>`
    select counting, counted_from, counted_until, rollup_cursor from sla_cursors
    where organization_id = ${tx.organizationId}::uuid and sla_id = ${slaId}::uuid for update`.execute(tx.tables())
  const [row] = rows
  return row === undefined
    ? null
    : {
        counting: row.counting,
        countedFrom: instantFromEpochMs(row.counted_from.getTime()),
        countedUntil: instantFromEpochMs(row.counted_until.getTime()),
        rollupCursor: row.rollup_cursor,
      }
}

export async function saveCursor(tx: Tx, slaId: string, cursor: SlaCursor): Promise<void> {
  await sql`
    insert into sla_cursors (organization_id, sla_id, counting, counted_from, counted_until, rollup_cursor)
    values (${tx.organizationId}::uuid, ${slaId}::uuid, ${cursor.counting}, ${iso(cursor.countedFrom)}::timestamptz,
      ${iso(cursor.countedUntil)}::timestamptz, ${cursor.rollupCursor})
    on conflict (organization_id, sla_id) do update set counting = excluded.counting,
      counted_from = excluded.counted_from, counted_until = excluded.counted_until,
      rollup_cursor = excluded.rollup_cursor`.execute(tx.tables())
}
