import type { PersonKind, Sealed } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface StoredExport {
  readonly exportId: string
  readonly kind: PersonKind
  readonly subjectId: string
  readonly subjectSealed: Sealed | null
  readonly requestDigest: string
  readonly reason: string | null
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly expiresAt: Instant
  readonly deliveredAt: Instant | null
  readonly executions: number | null
  readonly rows: number | null
  readonly closedAt: Instant | null
}

interface Columns {
  readonly export_id: string
  readonly kind: PersonKind
  readonly subject_id: string
  readonly subject_sealed: Sealed | null
  readonly request_digest: string
  readonly reason: string | null
  readonly requested_by: string
  readonly requested_at: Date
  readonly expires_at: Date
  readonly delivered_at: Date | null
  readonly executions: number | null
  readonly rows: number | string | null
  readonly closed_at: Date | null
}

const columns =
  sql.raw(`export_id, kind, subject_id, subject_sealed, request_digest, reason, requested_by, requested_at,
  expires_at, delivered_at, executions, rows, closed_at`)

const at = (date: Date | null) => (date === null ? null : instantFromEpochMs(date.getTime()))

function toStored(row: Columns): StoredExport {
  return {
    exportId: row.export_id,
    kind: row.kind,
    subjectId: row.subject_id,
    subjectSealed: row.subject_sealed,
    requestDigest: row.request_digest,
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: instantFromEpochMs(row.requested_at.getTime()),
    expiresAt: instantFromEpochMs(row.expires_at.getTime()),
    deliveredAt: at(row.delivered_at),
    executions: row.executions,
    rows: row.rows === null ? null : Number(row.rows),
    closedAt: at(row.closed_at),
  }
}

export async function insertExport(
  tx: Tx,
  row: Omit<StoredExport, 'deliveredAt' | 'executions' | 'rows' | 'closedAt'>,
): Promise<void> {
  await sql`
    insert into privacy_access_exports (organization_id, export_id, kind, subject_id, subject_sealed, request_digest,
      reason, requested_by, requested_at, expires_at)
    values (${tx.organizationId}, ${row.exportId}, ${row.kind}, ${row.subjectId}, ${JSON.stringify(row.subjectSealed)}::jsonb,
      ${row.requestDigest}, ${row.reason}, ${row.requestedBy}, ${new Date(row.requestedAt)},
      ${new Date(row.expiresAt)})`.execute(tx.tables())
}

export async function exportById(tx: Tx, exportId: string): Promise<StoredExport | null> {
  const { rows } = await sql<Columns>`
    select ${columns} from privacy_access_exports
    where organization_id = ${tx.organizationId} and export_id = ${exportId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toStored(rows[0])
}

/** The newest first. */
export async function listExports(tx: Tx, limit: number): Promise<readonly StoredExport[]> {
  const { rows } = await sql<Columns>`
    select ${columns} from privacy_access_exports
    where organization_id = ${tx.organizationId} order by export_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(toStored)
}

export async function markDelivered(
  tx: Tx,
  exportId: string,
  delivered: { readonly at: Instant; readonly executions: number; readonly rows: number },
): Promise<void> {
  await sql`update privacy_access_exports set delivered_at = ${new Date(delivered.at)},
      executions = ${delivered.executions}, rows = ${delivered.rows}
    where organization_id = ${tx.organizationId} and export_id = ${exportId}`.execute(tx.tables())
}

/** Requests whose time is over, of all organizations. Deployment scope. */
export async function expiredExports(
  tx: Tx,
  now: Instant,
): Promise<readonly { readonly organizationId: string; readonly exportId: string }[]> {
  const { rows } = await sql<{ organization_id: string; export_id: string }>`
    select organization_id, export_id from privacy_access_exports
    where closed_at is null and expires_at <= ${new Date(now)} order by export_id`.execute(tx.tables())
  return rows.map((row) => ({ organizationId: row.organization_id, exportId: row.export_id }))
}

/** Takes away all that names somebody; false when it was closed before. */
export async function closeExport(tx: Tx, exportId: string, now: Instant): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update privacy_access_exports set closed_at = ${new Date(now)}, subject_sealed = null, reason = null
    where organization_id = ${tx.organizationId} and export_id = ${exportId} and closed_at is null`.execute(tx.tables())
  return Number(numAffectedRows ?? 0n) > 0
}
