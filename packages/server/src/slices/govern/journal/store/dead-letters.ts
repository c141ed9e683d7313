import type { DeadLetter } from '@metaagent/contract'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { eventColumns, eventOfRow, type StoredEvent } from './events.ts'

export type DeadLetterView = z.infer<typeof DeadLetter>

export interface NewDeadLetter {
  readonly deadLetterId: string
  readonly subscriber: string
  readonly eventId: string
  readonly error: string
  readonly attempts: number
  readonly createdAt: Instant
}

/** Sets an event aside; if it was set aside before (lanes were re-cut), the row is renewed. */
export async function insertDeadLetter(tx: Tx, letter: NewDeadLetter): Promise<void> {
  await sql`
    insert into journal_dead_letters (organization_id, dead_letter_id, subscriber, event_id, error, attempts, created_at)
    values (${tx.organizationId}, ${letter.deadLetterId}, ${letter.subscriber}, ${letter.eventId}, ${letter.error},
      ${letter.attempts}, ${new Date(letter.createdAt)})
    on conflict (organization_id, subscriber, event_id) do update
      set error = excluded.error, attempts = excluded.attempts, replay_requested_at = null, replayed_at = null`.execute(
    tx.tables(),
  )
}

interface DeadLetterRow extends StoredEvent {
  readonly dead_letter_id: string
  readonly subscriber: string
  readonly error: string
  readonly attempts: number
  readonly created_at: Date
  readonly replayed_at: Date | null
}

function readDeadLetter(row: DeadLetterRow): DeadLetterView {
  return {
    deadLetterId: row.dead_letter_id,
    subscriber: row.subscriber,
    event: eventOfRow(row),
    error: row.error,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    replayedAt: row.replayed_at?.toISOString() ?? null,
  }
}

const deadLetterColumns = sql.raw('d.dead_letter_id, d.subscriber, d.error, d.attempts, d.created_at, d.replayed_at')

function deadLetters(tx: Tx) {
  return sql`
    select ${deadLetterColumns}, ${eventColumns} from journal_dead_letters d
    join journal_events e on e.organization_id = d.organization_id and e.event_id = d.event_id
    where d.organization_id = ${tx.organizationId}`
}

/** Newest first. */
export async function listDeadLetters(
  tx: Tx,
  before: string | null,
  limit: number,
): Promise<readonly DeadLetterView[]> {
  const { rows } = await sql<DeadLetterRow>`
    ${deadLetters(tx)} ${before === null ? sql`` : sql`and d.dead_letter_id < ${before}`}
    order by d.dead_letter_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(readDeadLetter)
}

export async function deadLetterById(tx: Tx, deadLetterId: string): Promise<DeadLetterView | null> {
  const { rows } = await sql<DeadLetterRow>`${deadLetters(tx)} and d.dead_letter_id = ${deadLetterId}`.execute(
    tx.tables(),
  )
  return rows[0] === undefined ? null : readDeadLetter(rows[0])
}

export async function requestReplay(tx: Tx, deadLetterId: string, now: Instant): Promise<void> {
  await sql`update journal_dead_letters set replay_requested_at = ${new Date(now)}
    where organization_id = ${tx.organizationId} and dead_letter_id = ${deadLetterId}`.execute(tx.tables())
}

export interface WantedReplay {
  readonly organizationId: string
  readonly deadLetterId: string
}

/** Dead letters of these subscribers that somebody asked to replay, oldest first. Deployment scope. */
export async function wantedReplays(tx: Tx, subscribers: readonly string[]): Promise<readonly WantedReplay[]> {
  const { rows } = await sql<{ organization_id: string; dead_letter_id: string }>`
    select organization_id, dead_letter_id from journal_dead_letters
    where replay_requested_at is not null and replayed_at is null and subscriber = any(${subscribers}::text[])
    order by replay_requested_at, dead_letter_id limit 100`.execute(tx.tables())
  return rows.map((row) => ({ organizationId: row.organization_id, deadLetterId: row.dead_letter_id }))
}

/** Locks a dead letter that still waits for its replay until the transaction ends; false when another has it. */
export async function lockReplay(tx: Tx, deadLetterId: string): Promise<boolean> {
  const { rows } = await sql`
    select dead_letter_id from journal_dead_letters
    where organization_id = ${tx.organizationId} and dead_letter_id = ${deadLetterId}
      and replay_requested_at is not null and replayed_at is null
    for update skip locked`.execute(tx.tables())
  return rows.length > 0
}

export async function markReplayed(tx: Tx, deadLetterId: string, now: Instant): Promise<void> {
  await sql`update journal_dead_letters set replayed_at = ${new Date(now)}, attempts = attempts + 1
    where organization_id = ${tx.organizationId} and dead_letter_id = ${deadLetterId}`.execute(tx.tables())
}

/** The replay failed too: it waits for the next request, with the new error. */
export async function markReplayFailed(tx: Tx, deadLetterId: string, error: string): Promise<void> {
  await sql`update journal_dead_letters set replay_requested_at = null, attempts = attempts + 1, error = ${error}
    where organization_id = ${tx.organizationId} and dead_letter_id = ${deadLetterId}`.execute(tx.tables())
}
