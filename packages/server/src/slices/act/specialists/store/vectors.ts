import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

export interface StoredVector {
  readonly origin: 'own' | 'foreign'
  readonly holderId: string
  readonly embedder: string
  readonly embedding: readonly number[] | null
  readonly refusal: string | null
  readonly textDigest: Uint8Array
}

/** Every vector of the organization that an embedder made, with the refusals. */
export async function vectorsOf(tx: Tx, embedder: string): Promise<readonly StoredVector[]> {
  const { rows } = await sql<StoredVector>`
    select origin, holder_id as "holderId", embedder, embedding, refusal, text_digest as "textDigest"
    from specialist_embeddings
    where organization_id = ${tx.organizationId}::uuid and embedder = ${embedder}`.execute(tx.tables())
  return rows
}

export async function saveVector(tx: Tx, vector: StoredVector): Promise<void> {
  const embedding = vector.embedding === null ? null : `{${vector.embedding.join(',')}}`
  await sql`
    insert into specialist_embeddings (organization_id, origin, holder_id, embedder, embedding, refusal, text_digest)
    values (${tx.organizationId}::uuid, ${vector.origin}, ${vector.holderId}::uuid, ${vector.embedder},
      ${embedding}::real[], ${vector.refusal}, ${vector.textDigest}::bytea)
    on conflict (organization_id, origin, holder_id) do update set embedder = excluded.embedder,
      embedding = excluded.embedding, refusal = excluded.refusal, text_digest = excluded.text_digest`.execute(
    tx.tables(),
  )
}

/** Takes away the vectors of whom nobody finds any more. */
export async function keepVectors(tx: Tx, holderIds: readonly string[]): Promise<void> {
  await sql`
    delete from specialist_embeddings
    where organization_id = ${tx.organizationId}::uuid and holder_id <> all (${holderIds}::uuid[])`.execute(tx.tables())
}
