import { type MaskingOverride, type MaskingSettings } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** What was last set for the organization (`agent` null, settings whole) or for an agent. */
export type SettingsRow = {
  readonly version: number
  readonly reason: string
  readonly changedBy: string
  readonly changedAt: Instant
  readonly approvalId: string | null
} & (
  | { readonly agent: null; readonly settings: MaskingSettings }
  | { readonly agent: string; readonly settings: MaskingOverride }
)

interface Stored {
  readonly agent: string
  readonly version: number
  readonly settings: MaskingSettings
  readonly reason: string
  readonly changed_by: string
  readonly changed_at: Date
  readonly approval_id: string | null
}

const columns = sql.raw('agent, version, settings, reason, changed_by, changed_at, approval_id')

/** The newest version of everything that was ever set, the organization's first. */
export async function presentSettings(tx: Tx): Promise<readonly SettingsRow[]> {
  const { rows } = await sql<Stored>`
    select distinct on (agent) ${columns} from masking_settings
    where organization_id = ${tx.organizationId} order by agent, version desc`.execute(tx.tables())
  return rows.map(toRow)
}

/** The newest version for the organization (null) or for one agent. */
export async function presentSettingsOf(tx: Tx, agent: string | null): Promise<SettingsRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from masking_settings
    where organization_id = ${tx.organizationId} and agent = ${agent ?? ''} order by version desc limit 1`.execute(
    tx.tables(),
  )
  return rows[0] === undefined ? null : toRow(rows[0])
}

export async function insertSettings(tx: Tx, row: SettingsRow): Promise<void> {
  await sql`
    insert into masking_settings (organization_id, ${columns})
    values (${tx.organizationId}, ${row.agent ?? ''}, ${row.version}, ${JSON.stringify(row.settings)}, ${row.reason},
      ${row.changedBy}, ${new Date(row.changedAt)}, ${row.approvalId})`.execute(tx.tables())
}

/** One change of the organization's masking at a time, to the end of the transaction. */
export async function lockSettings(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_masking'), hashtext(${tx.organizationId}))`.execute(
    tx.tables(),
  )
}

function toRow(row: Stored): SettingsRow {
  const { agent, version, settings, reason } = row
  const particulars = {
    version,
    reason,
    changedBy: row.changed_by,
    changedAt: instantFromEpochMs(row.changed_at.getTime()),
    approvalId: row.approval_id,
  }
  return agent === '' ? { agent: null, settings, ...particulars } : { agent, settings, ...particulars }
}
