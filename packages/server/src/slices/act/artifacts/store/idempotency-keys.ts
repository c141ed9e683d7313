import type { JsonValue } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** Held to the end of the transaction: two requests of one key wait for each other. */
export async function lockKey(tx: Tx, keyDigest: string): Promise<void> {
  const name = `${tx.organizationId} ${keyDigest}`
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_idempotency'), hashtext(${name}))`.execute(tx.tables())
}

export async function replyOfKey(
  tx: Tx,
  keyDigest: string,
): Promise<{ readonly requestDigest: string; readonly reply: JsonValue } | null> {
  const { rows } = await sql<{ requestDigest: string; reply: JsonValue }>`
    select request_digest as "requestDigest", reply from idempotency_keys
    where organization_id = ${tx.organizationId}::uuid and key_digest = ${keyDigest}`.execute(tx.tables())
  return rows[0] ?? null
}

export async function keepReply(
  tx: Tx,
  kept: { readonly keyDigest: string; readonly requestDigest: string; readonly reply: unknown; readonly at: Date },
): Promise<void> {
  await sql`
    insert into idempotency_keys (organization_id, key_digest, request_digest, reply, created_at)
    values (${tx.organizationId}::uuid, ${kept.keyDigest}, ${kept.requestDigest}, ${JSON.stringify(kept.reply)}::jsonb,
      ${kept.at.toISOString()}::timestamptz)`.execute(tx.tables())
}
