import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dateOf, instantOrNull } from './columns.ts'

export interface SubjectKeyRow {
  /** Null once the key was destroyed. */
  readonly wrappedKey: Uint8Array | null
  readonly destroyedAt: Instant | null
}

interface Stored {
  readonly wrapped_key: Uint8Array | null
  readonly destroyed_at: Date | null
}

export async function subjectKeyRow(tx: Tx, subjectId: string): Promise<SubjectKeyRow | null> {
  const { rows } = await sql<Stored>`
    select wrapped_key, destroyed_at from subject_keys
    where organization_id = ${tx.organizationId} and subject_id = ${subjectId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toRow(rows[0])
}

/** The keys of many subjects at once, by subject. */
export async function subjectKeyRows(
  tx: Tx,
  subjectIds: readonly string[],
): Promise<ReadonlyMap<string, SubjectKeyRow>> {
  const { rows } = await sql<Stored & { subject_id: string }>`
    select subject_id, wrapped_key, destroyed_at from subject_keys
    where organization_id = ${tx.organizationId} and subject_id = any(${subjectIds}::uuid[])`.execute(tx.tables())
  return new Map(rows.map((row) => [row.subject_id, toRow(row)]))
}

/** Writes the subject's first key; when there is one already (or its tombstone), that one stays. */
export async function insertSubjectKey(tx: Tx, subjectId: string, wrappedKey: Uint8Array, at: Instant): Promise<void> {
  await sql`
    insert into subject_keys (organization_id, subject_id, wrapped_key, created_at)
    values (${tx.organizationId}, ${subjectId}, ${wrappedKey}, ${dateOf(at)})
    on conflict do nothing`.execute(tx.tables())
}

/** Writes the first keys of several subjects at once; one that has a key already is refused (SqlError 23505). */
export async function insertNewSubjectKeys(
  tx: Tx,
  keys: readonly { readonly subjectId: string; readonly wrappedKey: Uint8Array }[],
  at: Instant,
): Promise<void> {
  await sql`
    insert into subject_keys (organization_id, subject_id, wrapped_key, created_at)
    select ${tx.organizationId}, subject_id, wrapped_key, ${dateOf(at)}
    from unnest(${keys.map(({ subjectId }) => subjectId)}::uuid[],
      ${keys.map(({ wrappedKey }) => Buffer.from(wrappedKey))}::bytea[]) as fresh (subject_id, wrapped_key)`.execute(
    tx.tables(),
  )
}

/** Destroys the key and leaves the tombstone; false when it was destroyed before or never there. */
export async function destroySubjectKey(tx: Tx, subjectId: string, at: Instant): Promise<boolean> {
  const { rows } = await sql`
    update subject_keys set wrapped_key = null, destroyed_at = ${dateOf(at)}
    where organization_id = ${tx.organizationId} and subject_id = ${subjectId} and destroyed_at is null
    returning subject_id`.execute(tx.tables())
  return rows.length > 0
}

function toRow(row: Stored): SubjectKeyRow {
  return { wrappedKey: row.wrapped_key, destroyedAt: instantOrNull(row.destroyed_at) }
}
