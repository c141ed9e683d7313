import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface CardKeyRow {
  readonly kid: string
  readonly publicJwk: Readonly<Record<string, string>>
  readonly sealedPrivateJwk: Uint8Array
  readonly createdAt: Instant
}

/** Keys made since `since`, the newest first. Deployment scope, as all of these. */
export async function cardKeysSince(tx: Tx, since: Instant): Promise<readonly CardKeyRow[]> {
  const { rows } = await sql<Omit<CardKeyRow, 'createdAt'> & { createdAt: Date }>`
    select kid, public_jwk as "publicJwk", sealed_private_jwk as "sealedPrivateJwk", created_at as "createdAt"
    from agent_card_keys where created_at >= ${new Date(since).toISOString()}::timestamptz
    order by created_at desc, kid`.execute(tx.tables())
  return rows.map((row) => ({ ...row, createdAt: instantFromEpochMs(row.createdAt.getTime()) }))
}

/** One process at a time decides that a new key is due. */
export async function lockCardKeys(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_agent_card_keys'))`.execute(tx.tables())
}

export async function insertCardKey(tx: Tx, key: CardKeyRow): Promise<void> {
  await sql`
    insert into agent_card_keys (kid, public_jwk, sealed_private_jwk, created_at)
    values (${key.kid}, ${JSON.stringify(key.publicJwk)}::jsonb, ${key.sealedPrivateJwk}::bytea,
      ${new Date(key.createdAt).toISOString()}::timestamptz)`.execute(tx.tables())
}
