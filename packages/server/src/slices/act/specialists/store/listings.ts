import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

export interface StoredListing {
  readonly isPublic: boolean
  readonly publisherDomain: string | null
  readonly revision: number
  readonly changedAt: Date
  readonly changedBy: string
}

/** Whether the organization shows its cards to the world; null: nobody has said yet, which is no. */
export async function presentListing(tx: Tx, lock = false): Promise<StoredListing | null> {
  const { rows } = await sql<StoredListing>`
    select is_public as "isPublic", publisher_domain as "publisherDomain", revision, changed_at as "changedAt",
      changed_by as "changedBy"
    from specialist_listings where organization_id = ${tx.organizationId}::uuid
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** False when somebody else has written this revision first. */
export async function saveListing(tx: Tx, listing: StoredListing): Promise<boolean> {
  const { rows } = await sql`
    insert into specialist_listings (organization_id, is_public, publisher_domain, revision, changed_at, changed_by)
    values (${tx.organizationId}::uuid, ${listing.isPublic}, ${listing.publisherDomain}, ${listing.revision},
      ${listing.changedAt.toISOString()}::timestamptz, ${listing.changedBy})
    on conflict (organization_id) do update set is_public = excluded.is_public,
      publisher_domain = excluded.publisher_domain, revision = excluded.revision, changed_at = excluded.changed_at,
      changed_by = excluded.changed_by
      where specialist_listings.revision = excluded.revision - 1
    returning revision`.execute(tx.tables())
  return rows.length > 0
}
