import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Position } from '../model/delivery.ts'

/** A lane that this process works on: where it stands and what is failing at its head. */
export interface Cursor {
  readonly subscriber: string
  readonly lane: number
  readonly position: Position
  readonly attempts: number
  readonly retryAt: Instant | null
}

export interface Registration {
  readonly subscriber: string
  readonly pattern: string
  readonly lanes: number
}

/** Adds a subscriber if its name is new; true when it was. Deployment scope, like everything in this file. */
export async function insertSubscriber(tx: Tx, registration: Registration, now: Instant): Promise<boolean> {
  const { rows } = await sql`
    insert into journal_subscribers (subscriber, pattern, lanes, registered_at)
    values (${registration.subscriber}, ${registration.pattern}, ${registration.lanes}, ${new Date(now)})
    on conflict (subscriber) do nothing returning subscriber`.execute(tx.tables())
  return rows.length > 0
}

/** Every registration as stored. */
export async function listSubscribers(tx: Tx): Promise<readonly Registration[]> {
  const { rows } = await sql<Registration>`select subscriber, pattern, lanes from journal_subscribers`.execute(
    tx.tables(),
  )
  return rows
}

/** The registration as stored, locked until the transaction ends. */
export async function lockSubscriber(tx: Tx, subscriber: string): Promise<Registration | null> {
  const { rows } = await sql<Registration>`
    select subscriber, pattern, lanes from journal_subscribers where subscriber = ${subscriber} for update`.execute(
    tx.tables(),
  )
  return rows[0] ?? null
}

export async function updateSubscriber(tx: Tx, { subscriber, pattern, lanes }: Registration): Promise<void> {
  await sql`update journal_subscribers set pattern = ${pattern}, lanes = ${lanes}
    where subscriber = ${subscriber}`.execute(tx.tables())
}

/** Replaces the lanes of a subscriber by `lanes` new ones at one position; the counts so far go to lane 0. */
export async function replaceLanes(tx: Tx, subscriber: string, lanes: number, position: Position): Promise<void> {
  await sql`
    with gone as (
      delete from journal_cursors where subscriber = ${subscriber} returning delivered, retried, dead_letters
    ), sums as (
      select coalesce(sum(delivered), 0)::bigint as delivered, coalesce(sum(retried), 0)::bigint as retried,
        coalesce(sum(dead_letters), 0)::bigint as dead_letters from gone
    )
    insert into journal_cursors (subscriber, lane, xid, event_id, delivered, retried, dead_letters)
    select ${subscriber}, lane, ${String(position.xid)}::xid8, ${position.eventId}::uuid,
      case when lane = 0 then delivered else 0 end, case when lane = 0 then retried else 0 end,
      case when lane = 0 then dead_letters else 0 end
    from sums, generate_series(0, ${lanes}::integer - 1) lane`.execute(tx.tables())
}

interface PositionRow {
  readonly xid: string
  readonly event_id: string
}

/** The place of the lane that is farthest behind. */
export async function slowestPosition(tx: Tx, subscriber: string): Promise<Position | null> {
  const { rows } = await sql<PositionRow>`
    select xid, event_id from journal_cursors where subscriber = ${subscriber}
    order by xid, event_id limit 1`.execute(tx.tables())
  return rows[0] === undefined ? null : { xid: BigInt(rows[0].xid), eventId: rows[0].event_id }
}

/** Says that a worker is alive until `until`, forgets the dead ones, and returns how many are alive. */
export async function keepWorker(tx: Tx, holder: string, now: Instant, until: Instant): Promise<number> {
  await sql`delete from journal_workers where alive_until < ${new Date(now)} and holder <> ${holder}`.execute(
    tx.tables(),
  )
  await sql`insert into journal_workers (holder, alive_until) values (${holder}, ${new Date(until)})
    on conflict (holder) do update set alive_until = excluded.alive_until`.execute(tx.tables())
  const { rows } = await sql<{ alive: number }>`select count(*) as alive from journal_workers`.execute(tx.tables())
  return rows[0]?.alive ?? 1
}

export async function removeWorker(tx: Tx, holder: string): Promise<void> {
  await sql`delete from journal_workers where holder = ${holder}`.execute(tx.tables())
}

export interface Lease {
  readonly holder: string
  readonly now: Instant
  readonly until: Instant
}

interface CursorRow extends PositionRow {
  readonly subscriber: string
  readonly lane: number
  readonly attempts: number
  readonly retry_at: Date | null
}

/** Renews this worker's lanes and takes free ones until it holds `most`; returns all that it holds. */
export async function leaseLanes(
  tx: Tx,
  subscribers: readonly string[],
  lease: Lease,
  most: number,
): Promise<readonly Cursor[]> {
  const { rows } = await sql<CursorRow>`
    update journal_cursors c set lease_holder = ${lease.holder}, lease_until = ${new Date(lease.until)}
    from (
      select subscriber, lane from journal_cursors
      where subscriber = any(${subscribers}::text[])
        and (lease_holder = ${lease.holder} or lease_until is null or lease_until < ${new Date(lease.now)})
      order by (lease_holder = ${lease.holder}) desc nulls last, lane, subscriber
      limit ${most} for update skip locked
    ) free
    where c.subscriber = free.subscriber and c.lane = free.lane
    returning c.subscriber, c.lane, c.xid, c.event_id, c.attempts, c.retry_at`.execute(tx.tables())
  return rows.map((row) => ({
    subscriber: row.subscriber,
    lane: row.lane,
    position: { xid: BigInt(row.xid), eventId: row.event_id },
    attempts: row.attempts,
    retryAt: row.retry_at === null ? null : instantFromEpochMs(row.retry_at.getTime()),
  }))
}

/** Gives lanes back: all of this worker's but those in `kept`. */
export async function releaseLanes(
  tx: Tx,
  holder: string,
  kept: readonly { readonly subscriber: string; readonly lane: number }[],
): Promise<void> {
  await sql`
    update journal_cursors c set lease_holder = null, lease_until = null
    where c.lease_holder = ${holder} and not exists (
      select from unnest(${kept.map((k) => k.subscriber)}::text[], ${kept.map((k) => k.lane)}::integer[]) k(subscriber, lane)
      where k.subscriber = c.subscriber and k.lane = c.lane)`.execute(tx.tables())
}

export interface Move {
  readonly holder: string
  readonly from: Cursor
  readonly to: Position
  readonly delivered: number
  readonly deadLetters: number
}

/** Moves a lane forward; false when this worker no longer holds it or somebody else has moved it. */
export async function moveCursor(tx: Tx, move: Move): Promise<boolean> {
  const { from, to } = move
  const { rows } = await sql`
    update journal_cursors set xid = ${String(to.xid)}::xid8, event_id = ${to.eventId}::uuid,
      delivered = delivered + ${move.delivered}, dead_letters = dead_letters + ${move.deadLetters},
      attempts = 0, retry_at = null, failing_organization_id = null, last_error = null
    where subscriber = ${from.subscriber} and lane = ${from.lane} and lease_holder = ${move.holder}
      and xid = ${String(from.position.xid)}::xid8 and event_id = ${from.position.eventId}::uuid
    returning lane`.execute(tx.tables())
  return rows.length > 0
}

export interface RecordedFailure {
  readonly holder: string
  readonly at: Cursor
  readonly attempts: number
  readonly retryAt: Instant
  readonly organizationId: string
  readonly error: string
}

/** Remembers a failed try; false when this worker no longer holds the lane. */
export async function recordFailure(tx: Tx, failure: RecordedFailure): Promise<boolean> {
  const { rows } = await sql`
    update journal_cursors set attempts = ${failure.attempts}, retry_at = ${new Date(failure.retryAt)},
      retried = retried + 1, failing_organization_id = ${failure.organizationId}, last_error = ${failure.error}
    where subscriber = ${failure.at.subscriber} and lane = ${failure.at.lane} and lease_holder = ${failure.holder}
      and xid = ${String(failure.at.position.xid)}::xid8 and event_id = ${failure.at.position.eventId}::uuid
    returning lane`.execute(tx.tables())
  return rows.length > 0
}
