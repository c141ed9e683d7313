import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import { type PlacedEvent, type Position, positionBefore } from '../model/delivery.ts'
import type { TypePattern } from '../model/pattern.ts'
import { eventColumns, eventOfRow, type StoredEvent, typeCondition } from './events.ts'

/** What one look at the journal found. */
export interface Stretch {
  readonly events: readonly PlacedEvent[]
  /** Everything up to here was looked at. */
  readonly upTo: Position
  /** The limit ended the look, not the end of what can be read: there may be more at once. */
  readonly more: boolean
}

/** Which events a lane wants. */
export interface Wanted {
  readonly pattern: TypePattern
  readonly lane: number
  readonly lanes: number
}

/** Which events a reader of its own wants: of these types, and of one organization if it says so. */
export interface WantedTypes {
  readonly types: readonly string[]
  readonly organizationId: string | null
}

interface ScannedRow {
  readonly scanned: number
  readonly edge_xid: string
  readonly edge_id: string
}

type PlacedRow = StoredEvent & { readonly xid: string; readonly lane: number }

/**
 * The next events behind `after` in commit order, of all organizations: those of transactions older than the oldest one
 * still running, so that no earlier one can appear later. Looks at `limit` rows at most, wanted or not. Deployment scope.
 */
export async function readStretch(
  tx: Tx,
  after: Position,
  wanted: Wanted | WantedTypes | null,
  limit: number,
): Promise<Stretch> {
  const { rows } = await sql<ScannedRow & (PlacedRow | { readonly event_id: null })>`
    with fence as materialized (select metaagent_settled_before() as xmin),
    scanned as materialized (
      select e.* from fence, journal_events e
      where (e.xid, e.event_id) > (${String(after.xid)}::xid8, ${after.eventId}::uuid) and e.xid < fence.xmin
      order by e.xid, e.event_id limit ${limit}
    ),
    edge as (select xid, event_id from scanned order by xid desc, event_id desc limit 1)
    select (select count(*) from scanned) as scanned, edge.xid as edge_xid, edge.event_id as edge_id,
      e.xid, e.lane, ${eventColumns}
    from edge left join (select * from scanned e where true ${wantedCondition(wanted)}) e on true
    order by e.xid, e.event_id`.execute(tx.tables())
  const [first] = rows
  if (first === undefined) return { events: [], upTo: after, more: false }
  const events = rows.flatMap((row) => (row.event_id === null ? [] : [place(row)]))
  return { events, upTo: { xid: BigInt(first.edge_xid), eventId: first.edge_id }, more: first.scanned === limit }
}

function wantedCondition(wanted: Wanted | WantedTypes | null) {
  if (wanted === null) return sql``
  if ('types' in wanted) {
    const { types, organizationId } = wanted
    return sql`and e.type = any(${types}::text[])
      ${organizationId === null ? sql`` : sql`and e.organization_id = ${organizationId}`}`
  }
  const { pattern, lane, lanes } = wanted
  return sql`${pattern.all ? sql`` : typeCondition(pattern)}
    ${lanes === 1 ? sql`` : sql`and e.lane % ${lanes} = ${lane}`}`
}

function place(row: PlacedRow): PlacedEvent {
  return { position: { xid: BigInt(row.xid), eventId: row.event_id }, lane: row.lane, event: eventOfRow(row) }
}

/** Whether committed events wait for an older transaction to end before they may be read. Deployment scope. */
export async function hasUnreadable(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from journal_events where xid >= (select metaagent_settled_before())
    ) as found`.execute(tx.tables())
  return rows[0]?.found === true
}

/**
 * Whether the journal holds transaction ids that this cluster has not reached yet: it was restored from another one, and
 * what is appended now would sort before what is there. Deployment scope.
 */
export async function hasForeignXids(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select from journal_events where xid >= pg_snapshot_xmax(pg_current_snapshot())) as found`.execute(
    tx.tables(),
  )
  return rows[0]?.found === true
}

/** The place up to which everything can be read now. */
export async function readableNow(tx: Tx): Promise<Position> {
  const { rows } = await sql<{ fence: string }>`
    select metaagent_settled_before() as fence`.execute(tx.tables())
  return positionBefore(BigInt(rows[0]?.fence ?? 0))
}

/** How many of the organization's events of these types stand behind a place. */
export async function countBehind(tx: Tx, after: Position, types: readonly string[]): Promise<number> {
  const { rows } = await sql<{ events: number }>`
    select count(*) as events from journal_events
    where organization_id = ${tx.organizationId} and type = any(${types}::text[])
      and (xid, event_id) > (${String(after.xid)}::xid8, ${after.eventId}::uuid)`.execute(tx.tables())
  return rows[0]?.events ?? 0
}
