import { CompiledQuery, sql } from 'kysely'
import type { Migration } from '../adapters/schema/migrate.ts'
import type { Tx } from '../ports/store.ts'

/** A table with the journal's columns, indexes and policies that nobody reads: what the journal is measured beside. */
export const plainEventsTable: Migration = {
  slice: 'bench',
  file: 'schema.sql',
  sql: `create table plain_events (like journal_events including all);
    select metaagent_tenant_table('plain_events', append_only => true, deployment_reads => true)`,
}

export interface PlainEvent {
  readonly eventId: string
  readonly type: string
  readonly subject: string
  readonly actor: object
  readonly payload: object
  readonly occurredAt: Date
}

const insertion = `insert into plain_events
  (organization_id, event_id, type, subject, actor, correlation_id, causation_id, lane, payload, occurred_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

/** One plain insert of a row as the journal would write it. */
export async function insertPlainEvent(tx: Tx, event: PlainEvent): Promise<void> {
  const { eventId, type, subject, actor, payload, occurredAt } = event
  const row = [tx.organizationId, eventId, type, subject, actor, eventId, null, 7, payload, occurredAt]
  await tx.tables().executeQuery(CompiledQuery.raw(insertion, row))
}

/** The ids of all events in the organization's journal. */
export async function journaledIds(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ event_id: string }>`
    select event_id from journal_events where organization_id = ${tx.organizationId}`.execute(tx.tables())
  return rows.map((row) => row.event_id)
}
