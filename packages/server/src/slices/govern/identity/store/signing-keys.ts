import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dateOf, instantOf } from './columns.ts'

export interface SigningKeyRow {
  readonly kid: string
  readonly publicJwk: Readonly<Record<string, string>>
  readonly sealedPrivateJwk: Uint8Array
  readonly createdAt: Instant
}

/** Keys made since `since`, newest first. Deployment scope, as all of these. */
export async function signingKeysSince(tx: Tx, since: Instant): Promise<readonly SigningKeyRow[]> {
  const { rows } = await sql<{
    kid: string
    public_jwk: Record<string, string>
    sealed_private_jwk: Uint8Array
    created_at: Date
  }>`
    select kid, public_jwk, sealed_private_jwk, created_at from signing_keys where created_at >= ${dateOf(since)}
    order by created_at desc, kid`.execute(tx.tables())
  return rows.map((row) => ({
    kid: row.kid,
    publicJwk: row.public_jwk,
    sealedPrivateJwk: row.sealed_private_jwk,
    createdAt: instantOf(row.created_at),
  }))
}

export async function insertSigningKey(tx: Tx, key: SigningKeyRow): Promise<void> {
  await sql`
    insert into signing_keys (kid, public_jwk, sealed_private_jwk, created_at)
    values (${key.kid}, ${JSON.stringify(key.publicJwk)}, ${key.sealedPrivateJwk}, ${dateOf(key.createdAt)})
  `.execute(tx.tables())
}

/** One process at a time decides that a new key is due. */
export async function lockSigningKeys(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_signing_keys'))`.execute(tx.tables())
}
