import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import { typePattern } from '../model/pattern.ts'
import { typeCondition } from './events.ts'

export interface SubscriberRow {
  readonly subscriber: string
  readonly pattern: string
  readonly lanes: number
  readonly delivered: number
  readonly retried: number
  readonly dead_letters: number
  readonly last_error: string | null
}

/**
 * The subscribers as one organization may see them: deliveries of the whole deployment, its own dead letters that were
 * not replayed, and the last error only if it came from its own event.
 */
export async function subscriberRows(tx: Tx): Promise<readonly SubscriberRow[]> {
  const { organizationId } = tx
  const { rows } = await sql<SubscriberRow>`
    select s.subscriber, s.pattern, s.lanes,
      (select coalesce(sum(delivered), 0)::bigint from journal_cursors c where c.subscriber = s.subscriber) as delivered,
      (select coalesce(sum(retried), 0)::bigint from journal_cursors c where c.subscriber = s.subscriber) as retried,
      (select count(*) from journal_dead_letters d where d.organization_id = ${organizationId}
        and d.subscriber = s.subscriber and d.replayed_at is null) as dead_letters,
      coalesce(
        (select last_error from journal_cursors c where c.subscriber = s.subscriber
          and c.failing_organization_id = ${organizationId} order by lane limit 1),
        (select error from journal_dead_letters d where d.organization_id = ${organizationId}
          and d.subscriber = s.subscriber and d.replayed_at is null order by dead_letter_id desc limit 1)) as last_error
    from journal_subscribers s order by s.subscriber`.execute(tx.tables())
  return rows
}

/** Counting stops here: more is only "very far behind". */
export const mostCountedLag = 100_000

export interface Lag {
  readonly events: number
  readonly oldest: Date | null
}

/** The organization's events that a subscriber wants and has not passed yet, `mostCountedLag` at most. */
export async function lagOf(tx: Tx, subscriber: string, pattern: string, lanes: number): Promise<Lag> {
  const wanted = typePattern(pattern)
  const { rows } = await sql<Lag>`
    select count(*) as events, min(unread.occurred_at) as oldest from (
      select e.occurred_at from journal_cursors c
      join journal_events e on e.organization_id = ${tx.organizationId}
        and (e.xid, e.event_id) > (c.xid, c.event_id) and e.lane % ${lanes} = c.lane ${wanted.all ? sql`` : typeCondition(wanted)}
      where c.subscriber = ${subscriber} limit ${mostCountedLag}) unread`.execute(tx.tables())
  return rows[0] ?? { events: 0, oldest: null }
}

/** Where one event stands with one subscriber that wants it. */
export interface Delivery {
  readonly eventId: string
  readonly subscriber: string
  readonly state: 'waiting' | 'done' | 'set-aside'
}

/** Where the organization's events stand with these subscribers; a subscriber that is not registered is left out. */
export async function deliveriesOf(
  tx: Tx,
  eventIds: readonly string[],
  subscribers: readonly string[],
): Promise<readonly Delivery[]> {
  const { rows } = await sql<{ event_id: string; subscriber: string; state: Delivery['state'] }>`
    select e.event_id, s.subscriber, case
      when exists (select from journal_dead_letters d where d.organization_id = e.organization_id
        and d.subscriber = s.subscriber and d.event_id = e.event_id and d.replayed_at is null) then 'set-aside'
      when (e.xid, e.event_id) <= (c.xid, c.event_id) then 'done' else 'waiting' end as state
    from journal_events e
    join journal_subscribers s on s.subscriber = any(${subscribers}::text[])
    join journal_cursors c on c.subscriber = s.subscriber and c.lane = e.lane % s.lanes
    where e.organization_id = ${tx.organizationId} and e.event_id = any(${eventIds}::uuid[])`.execute(tx.tables())
  return rows.map(({ event_id: eventId, ...row }) => ({ eventId, ...row }))
}
