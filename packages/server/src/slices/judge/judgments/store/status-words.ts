import type { StatusWord } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** A version of an organization's own status words. */
export interface StatusWordsRow {
  readonly version: number
  readonly words: readonly StatusWord[]
  readonly reason: string
  readonly changedBy: string
  readonly changedAt: Instant
  readonly approvalId: string | null
}

/** The newest version; null: none was ever saved. */
export async function presentWords(tx: Tx): Promise<StatusWordsRow | null> {
  const { rows } = await sql<{
    version: number
    words: StatusWord[]
    reason: string
    changed_by: string
    changed_at: Date
    approval_id: string | null
  }>`
    select version, words, reason, changed_by, changed_at, approval_id from qa_status_words
    where organization_id = ${tx.organizationId} order by version desc limit 1`.execute(tx.tables())
  const [row] = rows
  if (row === undefined) return null
  const { version, words, reason } = row
  const changedAt = instantFromEpochMs(row.changed_at.getTime())
  return { version, words, reason, changedBy: row.changed_by, changedAt, approvalId: row.approval_id }
}

export async function insertWords(tx: Tx, row: StatusWordsRow): Promise<void> {
  await sql`
    insert into qa_status_words (organization_id, version, words, reason, changed_by, changed_at, approval_id)
    values (${tx.organizationId}, ${row.version}, ${JSON.stringify(row.words)}, ${row.reason}, ${row.changedBy},
      ${new Date(row.changedAt)}, ${row.approvalId})`.execute(tx.tables())
}

/** One change of an organization's words at a time, to the end of the transaction. */
export async function lockWords(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_status_words'), hashtext(${tx.organizationId}))`.execute(
    tx.tables(),
  )
}
