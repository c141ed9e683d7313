import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { Tx } from '../../../ports/store.ts'

/** A stored pack without its file. */
export interface StoredPack {
  readonly packId: string
  readonly framework: { readonly id: string; readonly name: string; readonly version: string; readonly digest: string }
  readonly from: Instant
  readonly to: Instant
  readonly createdAt: Instant
  readonly createdBy: string
  readonly covered: number
  readonly gaps: number
  readonly outside: number
  readonly entries: number
  readonly treeSize: number
  readonly digest: string
  readonly eventId: string
}

interface Columns {
  readonly pack_id: string
  readonly framework: string
  readonly framework_name: string
  readonly framework_version: string
  readonly framework_digest: string
  readonly period_from: Date
  readonly period_to: Date
  readonly created_at: Date
  readonly created_by: string
  readonly covered: number
  readonly gaps: number
  readonly outside: number
  readonly entries: number
  readonly tree_size: number
  readonly digest: string
  readonly event_id: string
}

const columns =
  sql.raw(`pack_id, framework, framework_name, framework_version, framework_digest, period_from, period_to,
  created_at, created_by, covered, gaps, outside, entries, tree_size, digest, event_id`)

const at = (date: Date) => instantFromEpochMs(date.getTime())

function toStored(row: Columns): StoredPack {
  return {
    packId: row.pack_id,
    framework: {
      id: row.framework,
      name: row.framework_name,
      version: row.framework_version,
      digest: row.framework_digest,
    },
    from: at(row.period_from),
    to: at(row.period_to),
    createdAt: at(row.created_at),
    createdBy: row.created_by,
    covered: row.covered,
    gaps: row.gaps,
    outside: row.outside,
    entries: row.entries,
    treeSize: row.tree_size,
    digest: row.digest,
    eventId: row.event_id,
  }
}

export async function insertPack(tx: Tx, pack: StoredPack, file: string): Promise<void> {
  const { framework } = pack
  await sql`
    insert into evidence_packs (organization_id, ${columns}, file)
    values (${tx.organizationId}, ${pack.packId}, ${framework.id}, ${framework.name}, ${framework.version},
      ${framework.digest}, ${new Date(pack.from)}, ${new Date(pack.to)}, ${new Date(pack.createdAt)}, ${pack.createdBy},
      ${pack.covered}, ${pack.gaps}, ${pack.outside}, ${pack.entries}, ${pack.treeSize}, ${pack.digest},
      ${pack.eventId}, ${file})`.execute(tx.tables())
}

/** The newest first, from behind `before` on. */
export async function listPacks(
  tx: Tx,
  framework: string | null,
  before: string | null,
  limit: number,
): Promise<readonly StoredPack[]> {
  const { rows } = await sql<Columns>`
    select ${columns} from evidence_packs where organization_id = ${tx.organizationId}
      ${framework === null ? sql`` : sql`and framework = ${framework}`}
      ${before === null ? sql`` : sql`and pack_id < ${before}::uuid`}
    order by pack_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(toStored)
}

/** The file of a pack, byte for byte what its digest is over. */
export async function packFile(tx: Tx, packId: string): Promise<string | null> {
  const { rows } = await sql<{ file: string }>`
    select file from evidence_packs where organization_id = ${tx.organizationId} and pack_id = ${packId}`.execute(
    tx.tables(),
  )
  return rows[0]?.file ?? null
}
