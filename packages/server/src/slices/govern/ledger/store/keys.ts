import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface SigningKey {
  readonly keyNumber: number
  readonly publicKey: Uint8Array
  readonly createdAt: Instant
  /** From then on it signs no more; null: no end is set. */
  readonly signsUntil: Instant | null
  /** Why it was followed by another; null while it was not. */
  readonly endedBecause: string | null
}

interface KeyRow {
  readonly key_number: number
  readonly public_key: Uint8Array
  readonly created_at: Date
  readonly signs_until: Date | null
  readonly reason: string | null
}

/** The public keys of the deployment, newest first. */
export async function listKeys(tx: Tx): Promise<readonly SigningKey[]> {
  const { rows } = await sql<KeyRow>`
    select key_number, public_key, created_at, signs_until, reason
    from ledger_keys left join ledger_key_ends using (key_number) order by key_number desc`.execute(tx.tables())
  return rows.map((row) => ({
    keyNumber: row.key_number,
    publicKey: row.public_key,
    createdAt: instantFromEpochMs(row.created_at.getTime()),
    signsUntil: row.signs_until === null ? null : instantFromEpochMs(row.signs_until.getTime()),
    endedBecause: row.reason,
  }))
}

/** Adds a key pair. Deployment scope. */
export async function insertKey(
  tx: Tx,
  key: { readonly keyNumber: number; readonly publicKey: Uint8Array },
  sealedSeed: Uint8Array,
  now: Instant,
): Promise<void> {
  await sql`insert into ledger_keys (key_number, public_key, created_at)
    values (${key.keyNumber}, ${key.publicKey}, ${new Date(now)})`.execute(tx.tables())
  await sql`insert into ledger_key_seeds (key_number, sealed_seed)
    values (${key.keyNumber}, ${sealedSeed})`.execute(tx.tables())
}

/** Sets the end of a key that has none. Deployment scope. */
export async function endKey(tx: Tx, keyNumber: number, signsUntil: Instant, reason: string): Promise<void> {
  await sql`insert into ledger_key_ends (key_number, signs_until, reason)
    values (${keyNumber}, ${new Date(signsUntil)}, ${reason})`.execute(tx.tables())
}

/** The sealed secret half of a key. Deployment scope. */
export async function sealedSeedOf(tx: Tx, keyNumber: number): Promise<Uint8Array | null> {
  const { rows } = await sql<{ sealed_seed: Uint8Array }>`
    select sealed_seed from ledger_key_seeds where key_number = ${keyNumber}`.execute(tx.tables())
  return rows[0]?.sealed_seed ?? null
}
