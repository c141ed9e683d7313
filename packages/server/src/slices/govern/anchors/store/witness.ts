import type { Because } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

const iso = (at: Instant) => new Date(at).toISOString()

export interface StoredWitnessKey {
  readonly publicKey: Uint8Array
  readonly sealedSeed: Uint8Array
}

export async function witnessKeyOf(tx: Tx): Promise<StoredWitnessKey | null> {
  const { rows } = await sql<StoredWitnessKey>`
    select public_key as "publicKey", sealed_seed as "sealedSeed" from witness_keys
    where organization_id = ${tx.organizationId}`.execute(tx.tables())
  return rows[0] ?? null
}

/** Keeps the key unless there is one by now. */
export async function insertWitnessKey(tx: Tx, key: StoredWitnessKey, now: Instant): Promise<void> {
  await sql`insert into witness_keys (organization_id, public_key, sealed_seed, created_at)
    values (${tx.organizationId}, ${key.publicKey}, ${key.sealedSeed}, ${iso(now)}::timestamptz)
    on conflict do nothing`.execute(tx.tables())
}

export interface StoredLog {
  readonly logId: string
  readonly origin: string
  readonly verifierKeys: string[]
  readonly treeSize: number | null
  readonly rootHash: Uint8Array | null
  readonly note: string | null
  readonly cosignedAt: Date | null
  readonly refusals: number
  readonly refusedAt: Date | null
  readonly refusedBecause: Because | null
  readonly refusedNote: string | null
}

const columns = sql.raw(`log_id as "logId", origin, verifier_keys as "verifierKeys", tree_size as "treeSize",
  root_hash as "rootHash", note, cosigned_at as "cosignedAt", refusals, refused_at as "refusedAt",
  refused_because as "refusedBecause", refused_note as "refusedNote"`)

export async function selectLogs(tx: Tx): Promise<readonly StoredLog[]> {
  const { rows } = await sql<StoredLog>`
    select ${columns} from witnessed_logs where organization_id = ${tx.organizationId} and removed_at is null
    order by origin`.execute(tx.tables())
  return rows
}

/** The log of an origin, locked: checking it and moving it on are one step. */
export async function lockLog(tx: Tx, origin: string): Promise<StoredLog | null> {
  const { rows } = await sql<StoredLog>`
    select ${columns} from witnessed_logs
    where organization_id = ${tx.organizationId} and origin = ${origin} and removed_at is null for update`.execute(
    tx.tables(),
  )
  return rows[0] ?? null
}

/** Takes a log up, or gives a known one other keys; what was cosigned of it stays, even if it was removed meanwhile. */
export async function saveLog(
  tx: Tx,
  log: { readonly logId: string; readonly origin: string; readonly verifierKeys: readonly string[] },
): Promise<StoredLog | null> {
  const { rows } = await sql<StoredLog>`
    insert into witnessed_logs (organization_id, log_id, origin, verifier_keys)
    values (${tx.organizationId}, ${log.logId}, ${log.origin}, ${[...log.verifierKeys]}::text[])
    on conflict (organization_id, origin) do update set verifier_keys = excluded.verifier_keys, removed_at = null
    returning ${columns}`.execute(tx.tables())
  return rows[0] ?? null
}

export async function removeLog(tx: Tx, logId: string, now: Instant): Promise<StoredLog | null> {
  const { rows } = await sql<StoredLog>`
    update witnessed_logs set removed_at = ${iso(now)}::timestamptz
    where organization_id = ${tx.organizationId} and log_id = ${logId} and removed_at is null
    returning ${columns}`.execute(tx.tables())
  return rows[0] ?? null
}

export async function recordCosigned(
  tx: Tx,
  logId: string,
  cosigned: { readonly treeSize: number; readonly rootHash: Uint8Array; readonly note: string; readonly at: Instant },
): Promise<void> {
  await sql`
    update witnessed_logs set tree_size = ${cosigned.treeSize}, root_hash = ${cosigned.rootHash},
      note = ${cosigned.note}, cosigned_at = ${iso(cosigned.at)}::timestamptz
    where organization_id = ${tx.organizationId} and log_id = ${logId}`.execute(tx.tables())
}

export async function recordRefused(
  tx: Tx,
  logId: string,
  refused: { readonly because: Because; readonly note: string; readonly at: Instant },
): Promise<void> {
  await sql`
    update witnessed_logs set refusals = refusals + 1, refused_at = ${iso(refused.at)}::timestamptz,
      refused_because = ${JSON.stringify(refused.because)}::jsonb, refused_note = ${refused.note}
    where organization_id = ${tx.organizationId} and log_id = ${logId}`.execute(tx.tables())
}
