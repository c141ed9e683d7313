import type { AnchorSettings, AnchorState, Because } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface StoredAnchor {
  readonly anchorId: string
  readonly name: string
  readonly log: 'organization' | 'deployment'
  readonly settings: AnchorSettings
  readonly sealedSecret: Uint8Array | null
  readonly everyMinutes: number
  readonly enabled: boolean
  readonly state: AnchorState
  readonly because: Because | null
  readonly failuresInRow: number
  readonly lastSuccessAt: Date | null
  readonly lastTreeSize: number | null
  readonly nextAt: Date | null
}

const columns = sql.raw(`anchor_id as "anchorId", name, log, settings, sealed_secret as "sealedSecret",
  every_minutes as "everyMinutes", enabled, state, because, failures_in_row as "failuresInRow",
  last_success_at as "lastSuccessAt", last_tree_size as "lastTreeSize", next_at as "nextAt"`)

const iso = (at: Instant | Date | null) => (at === null ? null : new Date(at).toISOString())

export async function selectAnchors(tx: Tx): Promise<readonly StoredAnchor[]> {
  const { rows } = await sql<StoredAnchor>`
    select ${columns} from anchors where organization_id = ${tx.organizationId} order by name`.execute(tx.tables())
  return rows
}

/** One anchor, locked; null when there is none. */
export async function lockAnchor(tx: Tx, anchorId: string): Promise<StoredAnchor | null> {
  const { rows } = await sql<StoredAnchor>`
    select ${columns} from anchors where organization_id = ${tx.organizationId} and anchor_id = ${anchorId} for update`.execute(
    tx.tables(),
  )
  return rows[0] ?? null
}

/** Organizations with an anchor whose time has come. Deployment scope. */
export async function organizationsDue(tx: Tx, now: Instant): Promise<readonly string[]> {
  const { rows } = await sql<{ organization_id: string }>`
    select distinct organization_id from anchors where enabled and next_at <= ${iso(now)}::timestamptz`.execute(
    tx.tables(),
  )
  return rows.map((row) => row.organization_id)
}

/** Anchors whose time has come, locked; those that another process takes are passed over. */
export async function lockDue(tx: Tx, now: Instant): Promise<readonly StoredAnchor[]> {
  const { rows } = await sql<StoredAnchor>`
    select ${columns} from anchors
    where organization_id = ${tx.organizationId} and enabled and next_at <= ${iso(now)}::timestamptz
    order by next_at, anchor_id for update skip locked`.execute(tx.tables())
  return rows
}

export async function moveNext(tx: Tx, anchorId: string, nextAt: Instant): Promise<void> {
  await sql`update anchors set next_at = ${iso(nextAt)}::timestamptz
    where organization_id = ${tx.organizationId} and anchor_id = ${anchorId} and enabled`.execute(tx.tables())
}

/** Whether another anchor has the name. */
export async function isNameTaken(tx: Tx, name: string, anchorId: string): Promise<boolean> {
  const { rows } = await sql<{ found: number }>`select 1 as found from anchors
    where organization_id = ${tx.organizationId} and name = ${name} and anchor_id <> ${anchorId}`.execute(tx.tables())
  return rows.length > 0
}

/** Writes an anchor, new or changed. */
export async function saveAnchor(tx: Tx, anchor: StoredAnchor): Promise<void> {
  const because = anchor.because === null ? null : JSON.stringify(anchor.because)
  await sql`
    insert into anchors (organization_id, anchor_id, name, log, kind, settings, sealed_secret, every_minutes, enabled,
      state, because, failures_in_row, last_success_at, last_tree_size, next_at)
    values (${tx.organizationId}, ${anchor.anchorId}, ${anchor.name}, ${anchor.log}, ${anchor.settings.kind},
      ${JSON.stringify(anchor.settings)}::jsonb, ${anchor.sealedSecret}, ${anchor.everyMinutes}, ${anchor.enabled},
      ${anchor.state}, ${because}::jsonb, ${anchor.failuresInRow},
      ${iso(anchor.lastSuccessAt)}::timestamptz, ${anchor.lastTreeSize}, ${iso(anchor.nextAt)}::timestamptz)
    on conflict (organization_id, anchor_id) do update set name = excluded.name, log = excluded.log,
      kind = excluded.kind, settings = excluded.settings, sealed_secret = excluded.sealed_secret,
      every_minutes = excluded.every_minutes, enabled = excluded.enabled, state = excluded.state,
      because = excluded.because, failures_in_row = excluded.failures_in_row,
      last_success_at = excluded.last_success_at, last_tree_size = excluded.last_tree_size,
      next_at = excluded.next_at`.execute(tx.tables())
}

export async function removeAnchor(tx: Tx, anchorId: string): Promise<void> {
  await sql`delete from anchors where organization_id = ${tx.organizationId} and anchor_id = ${anchorId}`.execute(
    tx.tables(),
  )
}

export interface StoredReceipt {
  readonly receiptId: string
  readonly anchorId: string
  readonly treeSize: number
  readonly anchoredAt: Date
  readonly statedAt: Date | null
  readonly location: string
  readonly note: string
  readonly receipt: Uint8Array | null
}

/** Keeps what the other side answered; the same checkpoint kept once more changes nothing. */
export async function insertReceipt(tx: Tx, receipt: StoredReceipt): Promise<void> {
  await sql`
    insert into anchor_receipts (organization_id, receipt_id, anchor_id, tree_size, anchored_at, stated_at, location,
      note, receipt)
    values (${tx.organizationId}, ${receipt.receiptId}, ${receipt.anchorId}, ${receipt.treeSize},
      ${iso(receipt.anchoredAt)}::timestamptz, ${iso(receipt.statedAt)}::timestamptz, ${receipt.location},
      ${receipt.note}, ${receipt.receipt}) on conflict do nothing`.execute(tx.tables())
}

/** What is kept at an anchor, the largest tree first, from below `before` on. */
export async function selectReceipts(
  tx: Tx,
  anchorId: string,
  before: number | null,
  limit: number,
): Promise<readonly StoredReceipt[]> {
  const { rows } = await sql<StoredReceipt>`
    select receipt_id as "receiptId", anchor_id as "anchorId", tree_size as "treeSize", anchored_at as "anchoredAt",
      stated_at as "statedAt", location, note, receipt
    from anchor_receipts where organization_id = ${tx.organizationId} and anchor_id = ${anchorId}
      ${before === null ? sql`` : sql`and tree_size < ${before}`}
    order by tree_size desc limit ${limit}`.execute(tx.tables())
  return rows
}
