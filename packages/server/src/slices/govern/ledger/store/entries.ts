import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface NewEntry {
  readonly index: number
  readonly eventId: string
  readonly type: string
  readonly subject: string
  readonly occurredAt: string
  readonly leaf: string
  readonly leafHash: Uint8Array
}

/** Inserts entries in one statement. */
export async function insertEntries(tx: Tx, entries: readonly NewEntry[], sequencedAt: Instant): Promise<void> {
  const records = entries.map((entry) => ({
    entry_index: entry.index,
    event_id: entry.eventId,
    type: entry.type,
    subject: entry.subject,
    occurred_at: entry.occurredAt,
    leaf: entry.leaf,
    leaf_hash: `\\x${Buffer.from(entry.leafHash).toString('hex')}`,
  }))
  await sql`
    insert into ledger_entries
      (organization_id, entry_index, event_id, type, subject, occurred_at, sequenced_at, leaf, leaf_hash)
    select ${tx.organizationId}::uuid, entry_index, event_id, type, subject, occurred_at,
      ${new Date(sequencedAt)}::timestamptz, leaf, leaf_hash
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) r(entry_index bigint, event_id uuid, type text,
      subject text, occurred_at timestamptz, leaf text, leaf_hash bytea)`.execute(tx.tables())
}

export interface EntryRow {
  readonly entry_index: number
  readonly event_id: string
  readonly type: string
  readonly subject: string
  readonly occurred_at: Date
  readonly sequenced_at: Date
  readonly leaf: string
  readonly leaf_hash: Uint8Array
}

const columns = sql.raw('entry_index, event_id, type, subject, occurred_at, sequenced_at, leaf, leaf_hash')

export async function entryByIndex(tx: Tx, index: number): Promise<EntryRow | null> {
  const { rows } = await sql<EntryRow>`
    select ${columns} from ledger_entries
    where organization_id = ${tx.organizationId} and entry_index = ${index}`.execute(tx.tables())
  return rows[0] ?? null
}

export async function entryByEvent(tx: Tx, eventId: string): Promise<EntryRow | null> {
  const { rows } = await sql<EntryRow>`
    select ${columns} from ledger_entries
    where organization_id = ${tx.organizationId} and event_id = ${eventId}`.execute(tx.tables())
  return rows[0] ?? null
}

/** Leaves from `start` (inclusive) to `end` (exclusive), in order. */
export async function leavesBetween(tx: Tx, start: number, end: number): Promise<readonly string[]> {
  const { rows } = await sql<{ leaf: string }>`
    select leaf from ledger_entries
    where organization_id = ${tx.organizationId} and entry_index >= ${start} and entry_index < ${end}
    order by entry_index`.execute(tx.tables())
  return rows.map((row) => row.leaf)
}

/** How many entries there should be by the largest index; 0 for none. */
export async function entryCount(tx: Tx): Promise<number> {
  const { rows } = await sql<{ entries: number }>`
    select coalesce(max(entry_index) + 1, 0) as entries from ledger_entries
    where organization_id = ${tx.organizationId}`.execute(tx.tables())
  return rows[0]?.entries ?? 0
}
