import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

export interface StoredRequest {
  readonly requestDigest: string
  readonly madeId: string
}

/** What an actor created under a key; null: nothing. */
export async function requestOf(tx: Tx, actor: string, key: string): Promise<StoredRequest | null> {
  const { rows } = await sql<StoredRequest>`
    select request_digest as "requestDigest", made_id as "madeId" from specialist_requests
    where organization_id = ${tx.organizationId}::uuid and actor = ${actor} and idempotency_key = ${key}`.execute(
    tx.tables(),
  )
  return rows[0] ?? null
}

/** Lets one request under a key at a time create something. */
export async function lockRequest(tx: Tx, actor: string, key: string): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtext('metaagent_specialist_requests'),
      hashtext(${`${tx.organizationId}/${actor}/${key}`}))`.execute(tx.tables())
}

export async function saveRequest(
  tx: Tx,
  request: StoredRequest & { readonly actor: string; readonly key: string; readonly at: Date },
): Promise<void> {
  await sql`
    insert into specialist_requests (organization_id, actor, idempotency_key, request_digest, made_id, made_at)
    values (${tx.organizationId}::uuid, ${request.actor}, ${request.key}, ${request.requestDigest},
      ${request.madeId}::uuid, ${request.at.toISOString()}::timestamptz)`.execute(tx.tables())
}
