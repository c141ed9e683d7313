import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

const iso = (at: Instant) => new Date(at).toISOString()

/** Keeps that signals were sent. */
export async function insertSignals(tx: Tx, runId: string, slots: readonly number[], sentAt: Instant): Promise<void> {
  await sql`
    insert into chaos_signals (organization_id, run_id, slot, sent_at)
    select ${tx.organizationId}::uuid, ${runId}::uuid, slot, ${iso(sentAt)}::timestamptz
    from unnest(${slots}::int[]) as s(slot)`.execute(tx.tables())
}

/** Keeps when a receiver took a signal; the first time counts. */
export async function markReceived(
  tx: Tx,
  receiver: 'sound' | 'faulty',
  signal: { readonly runId: string; readonly slot: number; readonly at: Instant },
): Promise<void> {
  const column = sql.ref(receiver === 'sound' ? 'received_at' : 'faulty_received_at')
  await sql`
    update chaos_signals set ${column} = coalesce(${column}, ${iso(signal.at)}::timestamptz)
    where organization_id = ${tx.organizationId}::uuid and run_id = ${signal.runId}::uuid
      and slot = ${signal.slot}`.execute(tx.tables())
}

export interface Delivery {
  readonly sent: number
  readonly delayed: number
  /** How long the sound receiver's signals took, in milliseconds. */
  readonly tookMs: readonly number[]
}

/** What became of a run's signals. */
export async function deliveryOf(tx: Tx, runId: string): Promise<Delivery> {
  const { rows } = await sql<{ took_ms: number | null; delayed: boolean }>`
    select (extract(epoch from received_at - sent_at) * 1000)::float8 as took_ms,
      faulty_received_at is not null as delayed
    from chaos_signals
    where organization_id = ${tx.organizationId}::uuid and run_id = ${runId}::uuid`.execute(tx.tables())
  return {
    sent: rows.length,
    delayed: rows.filter((row) => row.delayed).length,
    tookMs: rows.flatMap((row) => row.took_ms ?? []),
  }
}
