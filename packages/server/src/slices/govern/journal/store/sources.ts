import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface StoredSource {
  readonly name: string
  readonly algorithm: 'none' | 'hmac-sha256' | 'ed25519'
  readonly sealed_secret: Uint8Array | null
  readonly public_key: Uint8Array | null
  readonly created_at: Date
  readonly revoked_at: Date | null
}

const columns = sql.raw('name, algorithm, sealed_secret, public_key, created_at, revoked_at')

/** Adds a source; false when the name is taken. */
export async function insertSource(tx: Tx, source: StoredSource): Promise<boolean> {
  const { rows } = await sql`
    insert into journal_sources (organization_id, name, algorithm, sealed_secret, public_key, created_at)
    values (${tx.organizationId}, ${source.name}, ${source.algorithm}, ${source.sealed_secret}, ${source.public_key},
      ${source.created_at})
    on conflict do nothing returning name`.execute(tx.tables())
  return rows.length > 0
}

export async function listSources(tx: Tx): Promise<readonly StoredSource[]> {
  const { rows } = await sql<StoredSource>`
    select ${columns} from journal_sources where organization_id = ${tx.organizationId} order by name`.execute(
    tx.tables(),
  )
  return rows
}

export async function sourceByName(tx: Tx, name: string): Promise<StoredSource | null> {
  const { rows } = await sql<StoredSource>`
    select ${columns} from journal_sources where organization_id = ${tx.organizationId} and name = ${name}`.execute(
    tx.tables(),
  )
  return rows[0] ?? null
}

/** Revokes a source; false when there is none that is not revoked. */
export async function revokeSource(tx: Tx, name: string, now: Instant): Promise<boolean> {
  const { rows } = await sql`
    update journal_sources set revoked_at = ${new Date(now)}
    where organization_id = ${tx.organizationId} and name = ${name} and revoked_at is null returning name`.execute(
    tx.tables(),
  )
  return rows.length > 0
}

/**
 * Remembers a signature for the event that it will stand for; false when it was used before. A rival that uses the same
 * one waits here until this transaction ends.
 */
export async function insertSignature(tx: Tx, source: string, digest: Uint8Array, eventId: string): Promise<boolean> {
  const { rows } = await sql`
    insert into journal_signatures (organization_id, source, signature_digest, event_id)
    values (${tx.organizationId}, ${source}, ${digest}, ${eventId})
    on conflict do nothing returning event_id`.execute(tx.tables())
  return rows.length > 0
}

/** The event that a signature stands for. */
export async function eventOfSignature(tx: Tx, source: string, digest: Uint8Array): Promise<string | null> {
  const { rows } = await sql<{ event_id: string }>`
    select event_id from journal_signatures
    where organization_id = ${tx.organizationId} and source = ${source} and signature_digest = ${digest}`.execute(
    tx.tables(),
  )
  return rows[0]?.event_id ?? null
}
