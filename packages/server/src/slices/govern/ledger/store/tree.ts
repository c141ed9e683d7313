import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** Whose log: the organization of the transaction, or the deployment's own. */
export type Log = 'organization' | 'deployment'

export interface TilePlace {
  readonly level: number
  readonly index: number
}

export interface StoredTile extends TilePlace {
  /** Hashes that it holds. */
  readonly width: number
  readonly hashes: Uint8Array
}

const tileTable = { organization: sql.raw('ledger_tiles'), deployment: sql.raw('ledger_deployment_tiles') }
const checkpointTable = {
  organization: sql.raw('ledger_checkpoints'),
  deployment: sql.raw('ledger_deployment_checkpoints'),
}

function mine(tx: Tx, log: Log): RawBuilder<unknown> {
  return log === 'organization' ? sql`organization_id = ${tx.organizationId}` : sql`true`
}

/** The tiles of these places that are there, as wide as they are now. */
export async function readTiles(tx: Tx, log: Log, places: readonly TilePlace[]): Promise<readonly StoredTile[]> {
  if (places.length === 0) return []
  const { rows } = await sql<{ level: number; tile_index: number; hashes: Uint8Array }>`
    select level, tile_index, hashes from ${tileTable[log]} where ${mine(tx, log)} and (level, tile_index) in (
      select * from unnest(${places.map((p) => p.level)}::smallint[], ${places.map((p) => p.index)}::bigint[]))`.execute(
    tx.tables(),
  )
  return rows.map((row) => ({
    level: row.level,
    index: row.tile_index,
    width: row.hashes.length / 32,
    hashes: row.hashes,
  }))
}

/** Writes new tiles and replaces those that grew. */
export async function writeTiles(tx: Tx, log: Log, tiles: readonly StoredTile[]): Promise<void> {
  const owner = log === 'organization' ? sql`${tx.organizationId}::uuid,` : sql``
  const key = sql.raw(log === 'organization' ? 'organization_id, level, tile_index' : 'level, tile_index')
  await sql`
    insert into ${tileTable[log]} (${key}, hashes)
    select ${owner} t.* from unnest(${tiles.map((t) => t.level)}::smallint[], ${tiles.map((t) => t.index)}::bigint[],
      ${tiles.map((t) => t.hashes)}::bytea[]) t
    on conflict (${key}) do update set hashes = excluded.hashes`.execute(tx.tables())
}

export interface CheckpointRow {
  readonly tree_size: number
  readonly root_hash: Uint8Array
  readonly note: string
  readonly signed_at: Date
}

const signatureTable = {
  organization: sql.raw('ledger_signatures'),
  deployment: sql.raw('ledger_deployment_signatures'),
}

/** A checkpoint with every signature line that was added to it later. */
function checkpointColumns(log: Log): RawBuilder<unknown> {
  const same = log === 'organization' ? sql`s.organization_id = c.organization_id and` : sql``
  return sql`tree_size, root_hash, signed_at, note || coalesce((select string_agg(line, '' order by added_at, line)
    from ${signatureTable[log]} s where ${same} s.tree_size = c.tree_size), '') as note`
}

/** The newest checkpoint, which is the head of the log; null before the first. */
export async function latestCheckpoint(tx: Tx, log: Log): Promise<CheckpointRow | null> {
  const { rows } = await sql<CheckpointRow>`
    select ${checkpointColumns(log)} from ${checkpointTable[log]} c where ${mine(tx, log)}
    order by tree_size desc limit 1`.execute(tx.tables())
  return rows[0] ?? null
}

/**
 * The newest checkpoint that somebody besides the log signed and that is larger than `above`; null: there is none.
 * `origin` is the log's own name.
 */
export async function latestWitnessed(tx: Tx, origin: string, above: number): Promise<CheckpointRow | null> {
  const { rows } = await sql<{ tree_size: number }>`
    select tree_size from ledger_signatures
    where organization_id = ${tx.organizationId} and tree_size > ${above} and split_part(line, ' ', 2) <> ${origin}
    order by tree_size desc limit 1`.execute(tx.tables())
  const [found] = rows
  return found === undefined ? null : await checkpointOfSize(tx, 'organization', found.tree_size)
}

export async function checkpointOfSize(tx: Tx, log: Log, treeSize: number): Promise<CheckpointRow | null> {
  const { rows } = await sql<CheckpointRow>`
    select ${checkpointColumns(log)} from ${checkpointTable[log]} c
    where ${mine(tx, log)} and tree_size = ${treeSize}`.execute(tx.tables())
  return rows[0] ?? null
}

export interface NewCheckpoint {
  readonly treeSize: number
  readonly rootHash: Uint8Array
  readonly note: string
  readonly signedAt: Instant
}

export async function insertCheckpoint(tx: Tx, log: Log, checkpoint: NewCheckpoint): Promise<void> {
  const owner = log === 'organization' ? sql`${tx.organizationId},` : sql``
  const key = sql.raw(log === 'organization' ? 'organization_id, tree_size' : 'tree_size')
  await sql`
    insert into ${checkpointTable[log]} (${key}, root_hash, note, signed_at)
    values (${owner} ${checkpoint.treeSize}, ${checkpoint.rootHash}, ${checkpoint.note}, ${new Date(checkpoint.signedAt)})`.execute(
    tx.tables(),
  )
}

/** Adds a signature line to a checkpoint; the same line once more changes nothing. */
export async function insertSignature(
  tx: Tx,
  log: Log,
  added: { readonly treeSize: number; readonly line: string; readonly at: Instant },
): Promise<void> {
  const owner = log === 'organization' ? sql`${tx.organizationId},` : sql``
  const key = sql.raw(log === 'organization' ? 'organization_id, tree_size' : 'tree_size')
  await sql`
    insert into ${signatureTable[log]} (${key}, line, added_at)
    values (${owner} ${added.treeSize}, ${added.line}, ${new Date(added.at)}) on conflict do nothing`.execute(
    tx.tables(),
  )
}

/** Every organization that has a log, by steps over the key. Deployment scope. */
export async function organizationsWithLog(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ organization_id: string }>`
    with recursive step as (
      (select organization_id from ledger_checkpoints order by organization_id limit 1)
      union all
      select (select c.organization_id from ledger_checkpoints c where c.organization_id > step.organization_id
        order by c.organization_id limit 1) from step where step.organization_id is not null)
    select organization_id from step where organization_id is not null`.execute(tx.tables())
  return rows.map((row) => row.organization_id)
}

export interface Anchor {
  readonly treeSize: number
  readonly deploymentIndex: number
  readonly leaf: string
}

export async function insertAnchor(tx: Tx, anchor: Anchor): Promise<void> {
  await sql`
    insert into ledger_anchors (organization_id, tree_size, deployment_index, leaf)
    values (${tx.organizationId}, ${anchor.treeSize}, ${anchor.deploymentIndex}, ${anchor.leaf})`.execute(tx.tables())
}

interface AnchorRow {
  readonly tree_size: number
  readonly deployment_index: number
  readonly leaf: string
}

function readAnchor(row: AnchorRow | undefined): Anchor | null {
  if (row === undefined) return null
  return { treeSize: row.tree_size, deploymentIndex: row.deployment_index, leaf: row.leaf }
}

/** Where the checkpoint of a size stands in the deployment's log. */
export async function anchorOfSize(tx: Tx, treeSize: number): Promise<Anchor | null> {
  const { rows } = await sql<AnchorRow>`
    select tree_size, deployment_index, leaf from ledger_anchors
    where organization_id = ${tx.organizationId} and tree_size = ${treeSize}`.execute(tx.tables())
  return readAnchor(rows[0])
}

export async function latestAnchor(tx: Tx): Promise<Anchor | null> {
  const { rows } = await sql<AnchorRow>`
    select tree_size, deployment_index, leaf from ledger_anchors
    where organization_id = ${tx.organizationId} order by tree_size desc limit 1`.execute(tx.tables())
  return readAnchor(rows[0])
}
