import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** What is in force of a document; version 0 and the empty text: nothing is yet. */
export interface InForce {
  readonly name: string
  readonly version: number
  readonly digest: string
  readonly text: string
  readonly author: string | null
  readonly ratifiedAt: Instant | null
  readonly openAmendments: number
}

export interface VersionRow {
  readonly version: number
  readonly text: string
  readonly digest: string
  readonly author: string
  readonly amendmentId: string | null
  readonly approvalId: string | null
  readonly added: number
  readonly removed: number
  readonly ratifiedAt: Instant
}

interface StoredInForce extends Omit<InForce, 'ratifiedAt'> {
  readonly ratifiedAt: Date | null
}

const inForce = sql`
  select d.name, d.version, d.digest, coalesce(v.text, '') as text, v.author, v.ratified_at as "ratifiedAt",
    (select count(*) from amendments a where a.organization_id = d.organization_id and a.document = d.name
      and a.state = 'open')::int4 as "openAmendments"
  from governed_documents d
  left join document_versions v on v.organization_id = d.organization_id and v.name = d.name and v.version = d.version`

function toInForce({ ratifiedAt, ...row }: StoredInForce): InForce {
  return { ...row, ratifiedAt: ratifiedAt === null ? null : instantFromEpochMs(ratifiedAt.getTime()) }
}

/** Every document with what is in force, by name. */
export async function listDocuments(tx: Tx): Promise<readonly InForce[]> {
  const { rows } = await sql<StoredInForce>`${inForce}
    where d.organization_id = ${tx.organizationId} order by d.name collate "C"`.execute(tx.tables())
  return rows.map(toInForce)
}

/** One document, by its name in any case; `lock` holds it, and with it every decision about its amendments. */
export async function documentByName(tx: Tx, name: string, lock: boolean): Promise<InForce | null> {
  const { rows } = await sql<StoredInForce>`${inForce}
    where d.organization_id = ${tx.organizationId} and lower(d.name) = lower(${name})
    ${lock ? sql`for update of d` : sql``}`.execute(tx.tables())
  return rows[0] === undefined ? null : toInForce(rows[0])
}

/** Whether the organization has any document yet. */
export async function hasDocuments(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ one: number }>`
    select 1 as one from governed_documents where organization_id = ${tx.organizationId} limit 1`.execute(tx.tables())
  return rows.length > 0
}

/** Adds a document without a text in force. False: there is one of this name, in any case. */
export async function insertDocument(
  tx: Tx,
  document: { readonly name: string; readonly digest: string; readonly createdBy: string; readonly now: Instant },
): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`
    insert into governed_documents (organization_id, name, version, digest, created_at, created_by)
    values (${tx.organizationId}, ${document.name}, 0, ${document.digest}, ${new Date(document.now)},
      ${document.createdBy})
    on conflict do nothing returning name`.execute(tx.tables())
  return rows.length > 0
}

/** Writes a version down and puts it in force. */
export async function insertVersion(tx: Tx, name: string, row: VersionRow): Promise<void> {
  await sql`
    insert into document_versions (organization_id, name, version, text, digest, author, amendment_id, approval_id,
      added, removed, ratified_at)
    values (${tx.organizationId}, ${name}, ${row.version}, ${row.text}, ${row.digest}, ${row.author},
      ${row.amendmentId}, ${row.approvalId}, ${row.added}, ${row.removed}, ${new Date(row.ratifiedAt)})
  `.execute(tx.tables())
  await sql`
    update governed_documents set version = ${row.version}, digest = ${row.digest}
    where organization_id = ${tx.organizationId} and name = ${name}`.execute(tx.tables())
}

interface StoredVersion extends Omit<VersionRow, 'ratifiedAt'> {
  readonly ratifiedAt: Date
}

const versionColumns = sql.raw(
  `version, digest, author, amendment_id as "amendmentId", approval_id as "approvalId", added, removed,
   ratified_at as "ratifiedAt"`,
)

function toVersion({ ratifiedAt, ...row }: StoredVersion): VersionRow {
  return { ...row, ratifiedAt: instantFromEpochMs(ratifiedAt.getTime()) }
}

/** Every version, newest first, without their texts. */
export async function listVersions(tx: Tx, name: string): Promise<readonly VersionRow[]> {
  const { rows } = await sql<StoredVersion>`
    select ${versionColumns}, '' as text from document_versions
    where organization_id = ${tx.organizationId} and name = ${name}
    order by version desc limit 1000`.execute(tx.tables())
  return rows.map(toVersion)
}

/** One version with its text. */
export async function versionOf(tx: Tx, name: string, version: number): Promise<VersionRow | null> {
  const { rows } = await sql<StoredVersion>`
    select ${versionColumns}, text from document_versions
    where organization_id = ${tx.organizationId} and name = ${name} and version = ${version}`.execute(tx.tables())
  return rows[0] === undefined ? null : toVersion(rows[0])
}
