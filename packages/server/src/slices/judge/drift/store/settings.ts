import type { DriftSettings } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** Settings as they were last set. */
export interface SettingsRow {
  readonly version: number
  readonly settings: DriftSettings
  readonly reason: string
  readonly changedBy: string
  readonly changedAt: Instant
  readonly approvalId: string | null
}

const columns = sql.raw('version, settings, reason, changed_by, changed_at, approval_id')

/** The newest version; null while nothing was set. */
export async function presentSettings(tx: Tx): Promise<SettingsRow | null> {
  const { rows } = await sql<{
    version: number
    settings: DriftSettings
    reason: string
    changed_by: string
    changed_at: Date
    approval_id: string | null
  }>`
    select ${columns} from drift_settings
    where organization_id = ${tx.organizationId}::uuid order by version desc limit 1`.execute(tx.tables())
  const [row] = rows
  if (row === undefined) return null
  const { version, settings, reason } = row
  const changedAt = instantFromEpochMs(row.changed_at.getTime())
  return { version, settings, reason, changedBy: row.changed_by, changedAt, approvalId: row.approval_id }
}

export async function insertSettings(tx: Tx, row: SettingsRow): Promise<void> {
  await sql`
    insert into drift_settings (organization_id, ${columns})
    values (${tx.organizationId}::uuid, ${row.version}, ${JSON.stringify(row.settings)}, ${row.reason}, ${row.changedBy},
      ${new Date(row.changedAt)}, ${row.approvalId})`.execute(tx.tables())
}

/** One change of the organization's settings at a time, to the end of the transaction. */
export async function lockSettings(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_drift'), hashtext(${tx.organizationId}))`.execute(
    tx.tables(),
  )
}

export interface Cursors {
  readonly figuresUntil: Instant | null
  readonly comparedUntil: Instant | null
}

/** Up to where jobs came; nulls before their first time. */
export async function readCursors(tx: Tx): Promise<Cursors> {
  const { rows } = await sql<{ figures_until: Date | null; compared_until: Date | null }>`
    select figures_until, compared_until from drift_cursors
    where organization_id = ${tx.organizationId}::uuid`.execute(tx.tables())
  const at = (time: Date | null | undefined) => (time == null ? null : instantFromEpochMs(time.getTime()))
  return { figuresUntil: at(rows[0]?.figures_until), comparedUntil: at(rows[0]?.compared_until) }
}

/** Moves a cursor. */
export async function saveCursor(tx: Tx, column: 'figures_until' | 'compared_until', at: Instant): Promise<void> {
  const name = sql.ref(column)
  await sql`
    insert into drift_cursors (organization_id, ${name}) values (${tx.organizationId}::uuid, ${new Date(at)})
    on conflict (organization_id) do update set ${name} = excluded.${name}`.execute(tx.tables())
}
