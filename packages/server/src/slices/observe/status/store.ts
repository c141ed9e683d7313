import { sql } from 'kysely'
import type { Tx } from '../../../ports/store.ts'

/** The listed origins, sorted. */
export async function selectOrigins(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ origin: string }>`
    select origin from status_origins where organization_id = ${tx.organizationId}::uuid order by origin`.execute(
    tx.tables(),
  )
  return rows.map(({ origin }) => origin)
}

/** Makes the list exactly this. */
export async function saveOrigins(tx: Tx, origins: readonly string[]): Promise<void> {
  await sql`
    delete from status_origins
    where organization_id = ${tx.organizationId}::uuid and origin <> all(${origins}::text[])`.execute(tx.tables())
  await sql`
    insert into status_origins (organization_id, origin)
    select ${tx.organizationId}::uuid, unnest(${origins}::text[]) on conflict do nothing`.execute(tx.tables())
}
