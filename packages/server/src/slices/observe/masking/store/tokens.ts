import type { MaskedClass, Sealed } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface TokenRow {
  readonly token: string
  readonly class: MaskedClass
  readonly subjectId: string
  /** Null once it was erased. */
  readonly valueSealed: Sealed | null
  readonly createdAt: Instant
  readonly erasedAt: Instant | null
}

interface Stored {
  readonly token: string
  readonly class: MaskedClass
  readonly subject_id: string
  readonly value_sealed: Sealed | null
  readonly created_at: Date
  readonly erased_at: Date | null
}

const columns = sql.raw('token, class, subject_id, value_sealed, created_at, erased_at')

/** Tokens of values by their digests, as hex. */
export async function tokensByIndex(tx: Tx, indexes: readonly Uint8Array[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ value_index: Uint8Array; token: string }>`
    select value_index, token from masking_tokens
    where organization_id = ${tx.organizationId} and value_index = any(${indexes.map((index) => Buffer.from(index))}::bytea[])`.execute(
    tx.tables(),
  )
  return new Map(rows.map((row) => [Buffer.from(row.value_index).toString('hex'), row.token]))
}

export async function insertTokens(
  tx: Tx,
  rows: readonly (Pick<TokenRow, 'token' | 'class' | 'subjectId'> & {
    readonly valueSealed: Sealed
    readonly valueIndex: Uint8Array
  })[],
  at: Instant,
): Promise<void> {
  await sql`
    insert into masking_tokens (organization_id, token, class, subject_id, value_sealed, value_index, created_at)
    select ${tx.organizationId}, token, class, subject_id, value_sealed::jsonb, value_index, ${new Date(at)}
    from unnest(${rows.map(({ token }) => token)}::text[], ${rows.map((row) => row.class)}::text[],
      ${rows.map(({ subjectId }) => subjectId)}::uuid[],
      ${rows.map(({ valueSealed }) => JSON.stringify(valueSealed))}::text[],
      ${rows.map(({ valueIndex }) => Buffer.from(valueIndex))}::bytea[])
      as fresh (token, class, subject_id, value_sealed, value_index)`.execute(tx.tables())
}

export async function tokenRow(tx: Tx, token: string): Promise<TokenRow | null> {
  const { rows } = await sql<Stored>`
    select ${columns} from masking_tokens
    where organization_id = ${tx.organizationId} and token = ${token}`.execute(tx.tables())
  const row = rows[0]
  if (row === undefined) return null
  return {
    token: row.token,
    class: row.class,
    subjectId: row.subject_id,
    valueSealed: row.value_sealed,
    createdAt: instantFromEpochMs(row.created_at.getTime()),
    erasedAt: row.erased_at === null ? null : instantFromEpochMs(row.erased_at.getTime()),
  }
}

/** Takes the ciphertext and the digest away; the token stays as one that says nothing. */
export async function eraseToken(tx: Tx, token: string, at: Instant): Promise<void> {
  await sql`
    update masking_tokens set value_sealed = null, value_index = null, erased_at = ${new Date(at)}
    where organization_id = ${tx.organizationId} and token = ${token}`.execute(tx.tables())
}

/** One maker of tokens at a time, so that a value never gets two. */
export async function lockTokens(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_masking_tokens'), hashtext(${tx.organizationId}))`.execute(
    tx.tables(),
  )
}
