import type { TunableValue } from '@metaagent/contract'
import { sql } from 'kysely'
import type { z } from 'zod'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { Tx } from '../../../ports/store.ts'

export interface ValueRow {
  readonly key: string
  readonly version: number
  readonly value: z.output<typeof TunableValue>
  readonly reason: string
  readonly changedBy: string
  readonly changedAt: Instant
  readonly approvalId: string | null
}

interface Stored {
  readonly key: string
  readonly version: number
  readonly value: z.output<typeof TunableValue>
  readonly reason: string
  readonly changed_by: string
  readonly changed_at: Date
  readonly approval_id: string | null
}

const columns = sql.raw('key, version, value, reason, changed_by, changed_at, approval_id')

/** The newest version of every tunable that was ever set, or of some. */
export async function presentValues(
  tx: Tx,
  keys: readonly string[] | null = null,
): Promise<ReadonlyMap<string, ValueRow>> {
  const { rows } = await sql<Stored>`
    select distinct on (key) ${columns} from tunable_values
    where organization_id = ${tx.organizationId} and (${keys}::text[] is null or key = any(${keys}::text[]))
    order by key, version desc`.execute(tx.tables())
  return new Map(rows.map((row) => [row.key, toValue(row)]))
}

/** Versions of one tunable, newest first, at most `limit`. */
export async function versionsOf(tx: Tx, key: string, limit: number): Promise<readonly ValueRow[]> {
  const { rows } = await sql<Stored>`
    select ${columns} from tunable_values
    where organization_id = ${tx.organizationId} and key = ${key} order by version desc limit ${limit}`.execute(
    tx.tables(),
  )
  return rows.map(toValue)
}

export async function insertValue(tx: Tx, row: ValueRow): Promise<void> {
  await sql`
    insert into tunable_values (organization_id, ${columns})
    values (${tx.organizationId}, ${row.key}, ${row.version}, ${JSON.stringify(row.value)}, ${row.reason},
      ${row.changedBy}, ${new Date(row.changedAt)}, ${row.approvalId})`.execute(tx.tables())
}

/** One change of a tunable at a time, to the end of the transaction. */
export async function lockTunable(tx: Tx, key: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_tunable'), hashtext(${`${tx.organizationId} ${key}`}))`.execute(
    tx.tables(),
  )
}

function toValue(row: Stored): ValueRow {
  return {
    key: row.key,
    version: row.version,
    value: row.value,
    reason: row.reason,
    changedBy: row.changed_by,
    changedAt: instantFromEpochMs(row.changed_at.getTime()),
    approvalId: row.approval_id,
  }
}
