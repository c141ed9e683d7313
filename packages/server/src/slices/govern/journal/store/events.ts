import type { JournalEvent } from '@metaagent/contract'
import { CompiledQuery, sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import { type EventRow, toJournalEvent } from '../model/event.ts'
import type { TypePattern } from '../model/pattern.ts'

export interface StoredEvent {
  readonly organization_id: string
  readonly event_id: string
  readonly type: string
  readonly subject: string
  readonly actor: JournalEvent['actor']
  readonly correlation_id: string
  readonly causation_id: string | null
  readonly payload: JournalEvent['payload']
  readonly occurred_at: Date
}

export const eventColumns = sql.raw(
  'e.organization_id, e.event_id, e.type, e.subject, e.actor, e.correlation_id, e.causation_id, e.payload, e.occurred_at',
)

export function eventOfRow(row: StoredEvent): JournalEvent {
  return {
    eventId: row.event_id,
    organizationId: row.organization_id,
    type: row.type,
    subject: row.subject,
    actor: row.actor,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    payload: row.payload,
    occurredAt: row.occurred_at.toISOString(),
  }
}

// Constant texts, compiled once: append is on everybody's path.
const insertColumns =
  'organization_id, event_id, type, subject, actor, correlation_id, causation_id, lane, payload, occurred_at'
const insertOne = `insert into journal_events (${insertColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
const insertMany = `insert into journal_events (${insertColumns})
  select $1::uuid, r.* from jsonb_to_recordset($2::jsonb) as r(
    event_id uuid, type text, subject text, actor jsonb, correlation_id text, causation_id uuid, lane integer,
    payload jsonb, occurred_at timestamptz)`

/** Inserts all rows in one statement. */
export async function insertEvents(tx: Tx, rows: readonly EventRow[]): Promise<readonly JournalEvent[]> {
  const { organizationId } = tx
  const [only] = rows
  if (only !== undefined)
    await tx.tables().executeQuery(rows.length === 1 ? one(organizationId, only) : many(organizationId, rows))
  return rows.map((row) => toJournalEvent(organizationId, row))
}

/** Inserts one row with the commit. */
export function insertEventAtCommit(tx: Tx, row: EventRow): void {
  tx.atCommit(one(tx.organizationId, row))
}

function one(organizationId: string, row: EventRow): CompiledQuery {
  return CompiledQuery.raw(insertOne, [
    organizationId,
    row.eventId,
    row.type,
    row.subject,
    JSON.stringify(row.actor),
    row.correlationId,
    row.causationId,
    row.lane,
    JSON.stringify(row.payload),
    new Date(row.occurredAt),
  ])
}

function many(organizationId: string, rows: readonly EventRow[]): CompiledQuery {
  const records = rows.map((row) => ({
    event_id: row.eventId,
    type: row.type,
    subject: row.subject,
    actor: row.actor,
    correlation_id: row.correlationId,
    causation_id: row.causationId,
    lane: row.lane,
    payload: row.payload,
    occurred_at: new Date(row.occurredAt),
  }))
  return CompiledQuery.raw(insertMany, [organizationId, JSON.stringify(records)])
}

export interface EventFilter {
  readonly type: TypePattern | null
  readonly subject: string | null
  readonly correlationId: string | null
}

/** Newest first, from behind `before` on. Ids are made in the order of time, so that is the order of the list. */
export async function listEvents(
  tx: Tx,
  filter: EventFilter,
  before: string | null,
  limit: number,
): Promise<readonly JournalEvent[]> {
  const { rows } = await sql<StoredEvent>`
    select ${eventColumns} from journal_events e
    where e.organization_id = ${tx.organizationId}
      ${before === null ? sql`` : sql`and e.event_id < ${before}`}
      ${filter.type === null || filter.type.all ? sql`` : typeCondition(filter.type)}
      ${filter.subject === null ? sql`` : sql`and e.subject = ${filter.subject}`}
      ${filter.correlationId === null ? sql`` : sql`and e.correlation_id = ${filter.correlationId}`}
    order by e.event_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(eventOfRow)
}

/** `and …` for the events that a pattern means; `e` is the journal. */
export function typeCondition(pattern: TypePattern) {
  return pattern.exact === null ? sql`and e.type like ${pattern.like} escape '\\'` : sql`and e.type = ${pattern.exact}`
}

export async function eventById(tx: Tx, eventId: string): Promise<JournalEvent | null> {
  const { rows } = await sql<StoredEvent>`
    select ${eventColumns} from journal_events e
    where e.organization_id = ${tx.organizationId} and e.event_id = ${eventId}`.execute(tx.tables())
  return rows[0] === undefined ? null : eventOfRow(rows[0])
}
