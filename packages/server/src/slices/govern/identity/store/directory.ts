import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** Organizations that a presented credential may belong to, in a fixed order. Deployment scope. */
export async function organizationsOf(tx: Tx, lookup: Uint8Array): Promise<readonly string[]> {
  const { rows } = await sql<{ organization_id: string }>`
    select organization_id from credential_directory where lookup = ${lookup} order by organization_id limit 10
  `.execute(tx.tables())
  return rows.map((row) => row.organization_id)
}

/** Deployment scope; writing an entry again changes nothing. */
export async function addToDirectory(tx: Tx, lookup: Uint8Array, organizationId: string): Promise<void> {
  await sql`
    insert into credential_directory (lookup, organization_id) values (${lookup}, ${organizationId})
    on conflict do nothing`.execute(tx.tables())
}

/** Deployment scope. */
export async function removeFromDirectory(
  tx: Tx,
  lookups: readonly Uint8Array[],
  organizationId: string,
): Promise<void> {
  if (lookups.length === 0) return
  await sql`
    delete from credential_directory
    where lookup = any(${lookups}::bytea[]) and organization_id = ${organizationId}`.execute(tx.tables())
}

/** Lets one transaction at a time register an issuer under this lookup. */
export async function lockDirectoryEntry(tx: Tx, lookup: Uint8Array): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_credential_directory'), hashtext(encode(${lookup}::bytea, 'hex')))`.execute(
    tx.tables(),
  )
}
