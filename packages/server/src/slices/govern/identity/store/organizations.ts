import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dateOf, instantOf } from './columns.ts'

export interface OrganizationRow {
  readonly organizationId: string
  readonly name: string
  readonly timeZone: string
  readonly createdAt: Instant
}

interface Stored {
  readonly organization_id: string
  readonly name: string
  readonly time_zone: string
  readonly created_at: Date
}

/** All of them, oldest first. Deployment scope. */
export async function allOrganizations(tx: Tx): Promise<readonly OrganizationRow[]> {
  const { rows } = await sql<Stored>`
    select organization_id, name, time_zone, created_at from organizations order by created_at, organization_id`.execute(
    tx.tables(),
  )
  return rows.map(toOrganization)
}

/** The transaction's own organization; null when it was never made. */
export async function ownOrganization(tx: Tx): Promise<OrganizationRow | null> {
  const { rows } = await sql<Stored>`
    select organization_id, name, time_zone, created_at from organizations
    where organization_id = ${tx.organizationId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toOrganization(rows[0])
}

export async function insertOrganization(tx: Tx, name: string, createdAt: Instant): Promise<void> {
  await sql`
    insert into organizations (organization_id, name, created_at)
    values (${tx.organizationId}, ${name}, ${dateOf(createdAt)})`.execute(tx.tables())
}

export async function updateOrganization(tx: Tx, name: string, timeZone: string): Promise<void> {
  await sql`
    update organizations set name = ${name}, time_zone = ${timeZone}
    where organization_id = ${tx.organizationId}`.execute(tx.tables())
}

/** One process at a time decides whether this is the first start. */
export async function lockFirstStart(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_first_start'))`.execute(tx.tables())
}

function toOrganization(row: Stored): OrganizationRow {
  return {
    organizationId: row.organization_id,
    name: row.name,
    timeZone: row.time_zone,
    createdAt: instantOf(row.created_at),
  }
}
