import type { DeliveryAttempt } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Notice } from '../../../../ports/notifier.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type DeliveryRow, tables } from './tables.ts'

export interface NewDelivery {
  readonly deliveryId: string
  readonly channelId: string
  readonly purpose: DeliveryRow['purpose']
  readonly groupKey: string | null
  readonly idempotencyKey: string
  readonly notice: Notice
  /** The message that this one repeats. */
  readonly againOf?: string
}

/** Puts messages into the outbox; one whose key is there already is left out. */
export async function insertDeliveries(tx: Tx, rows: readonly NewDelivery[], now: Instant): Promise<void> {
  for (const row of rows)
    await tables(tx)
      .insertInto('alert_deliveries')
      .values({
        organization_id: tx.organizationId,
        delivery_id: row.deliveryId,
        channel_id: row.channelId,
        purpose: row.purpose,
        group_key: row.groupKey,
        idempotency_key: row.idempotencyKey,
        status: row.notice.status,
        title: row.notice.title,
        notice: row.notice,
        state: 'queued',
        attempts: 0,
        log: '[]',
        again_of: row.againOf ?? null,
        next_attempt_at: new Date(now),
        created_at: new Date(now),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}

export interface ClaimedDelivery {
  readonly deliveryId: string
  readonly channelId: string
  readonly groupKey: string | null
  readonly notice: Notice
  readonly idempotencyKey: string
  /** This attempt's number, from 1. */
  readonly attempt: number
  /** What an earlier message of the group left at the other side: ClickUp's task. */
  readonly reference: string | null
}

/**
 * Takes the next message of each channel: the oldest whose time has come, after every earlier one of its group, while the
 * channel does not rest. A claim that ran out (its process died) is taken again.
 */
export async function claimDeliveries(tx: Tx, now: Instant, claimMs: number): Promise<readonly ClaimedDelivery[]> {
  const at = new Date(now)
  const { rows } = await sql<{
    delivery_id: string
    channel_id: string
    group_key: string | null
    notice: Notice
    idempotency_key: string
    attempts: number
    reference: string | null
  }>`
    with next as (
      select distinct on (d.channel_id) d.delivery_id
      from alert_deliveries d
      join alert_channels c on c.organization_id = d.organization_id and c.channel_id = d.channel_id
      where d.organization_id = ${tx.organizationId} and c.organization_id = ${tx.organizationId}
        and c.enabled and c.removed_at is null and (c.not_before is null or c.not_before <= ${at}::timestamptz)
        and (d.state = 'queued' and d.next_attempt_at <= ${at}::timestamptz
          or d.state = 'sending' and d.claimed_until <= ${at}::timestamptz)
        and not exists (select from alert_deliveries e
          where e.organization_id = ${tx.organizationId} and e.channel_id = d.channel_id
            and e.delivery_id < d.delivery_id and e.state in ('queued', 'sending')
            and (e.group_key = d.group_key or e.state = 'sending'))
      order by d.channel_id, d.delivery_id
    )
    update alert_deliveries d set state = 'sending', attempts = d.attempts + 1, next_attempt_at = null,
      claimed_until = ${new Date(now + claimMs)}::timestamptz
    from next where d.organization_id = ${tx.organizationId} and d.delivery_id = next.delivery_id
    returning d.delivery_id, d.channel_id, d.group_key, d.notice, d.idempotency_key, d.attempts,
      (select t.reference from alert_told t where t.organization_id = ${tx.organizationId}
        and t.group_key = d.group_key and t.channel_id = d.channel_id) as reference`.execute(tables(tx))
  return rows.map((row) => ({
    deliveryId: row.delivery_id,
    channelId: row.channel_id,
    groupKey: row.group_key,
    notice: row.notice,
    idempotencyKey: row.idempotency_key,
    attempt: row.attempts,
    reference: row.reference,
  }))
}

/** Writes how an attempt ended; only while it is still the one that claimed it. Answers whether it was. */
export async function finishAttempt(
  tx: Tx,
  claimed: ClaimedDelivery,
  end: {
    readonly state: 'queued' | 'delivered' | 'dead'
    readonly detail: string
    readonly nextAttemptAt: Instant | null
    readonly finishedAt: Instant | null
    readonly logged: DeliveryAttempt
  },
): Promise<boolean> {
  const updated = await tables(tx)
    .updateTable('alert_deliveries')
    .set({
      state: end.state,
      detail: end.detail.slice(0, 1_000),
      claimed_until: null,
      log: sql<string>`log || ${JSON.stringify([end.logged])}::jsonb`,
      next_attempt_at: end.nextAttemptAt === null ? null : new Date(end.nextAttemptAt),
      finished_at: end.finishedAt === null ? null : new Date(end.finishedAt),
    })
    .where('organization_id', '=', tx.organizationId)
    .where('delivery_id', '=', claimed.deliveryId)
    .where('state', '=', 'sending')
    .where('attempts', '=', claimed.attempt)
    .returning('delivery_id')
    .execute()
  return updated.length === 1
}

/** Keeps a test in the log: it went out at once, past the outbox. */
export async function insertTest(
  tx: Tx,
  test: Omit<NewDelivery, 'purpose' | 'groupKey' | 'againOf'> & { readonly logged: DeliveryAttempt },
  now: Instant,
): Promise<void> {
  const { outcome, detail, at } = test.logged
  await tables(tx)
    .insertInto('alert_deliveries')
    .values({
      organization_id: tx.organizationId,
      delivery_id: test.deliveryId,
      channel_id: test.channelId,
      purpose: 'test',
      idempotency_key: test.idempotencyKey,
      status: test.notice.status,
      title: test.notice.title,
      notice: test.notice,
      state: outcome === 'delivered' ? 'delivered' : 'dead',
      attempts: 1,
      detail: detail.slice(0, 1_000),
      log: JSON.stringify([test.logged]),
      created_at: new Date(at),
      finished_at: new Date(now),
    })
    .execute()
}

/** Gives up what waits for a channel that is gone. */
export async function giveUpWaiting(tx: Tx, channelId: string, reason: string, now: Instant): Promise<void> {
  await tables(tx)
    .updateTable('alert_deliveries')
    .set({ state: 'dead', detail: reason, next_attempt_at: null, finished_at: new Date(now) })
    .where('organization_id', '=', tx.organizationId)
    .where('channel_id', '=', channelId)
    .where('state', '=', 'queued')
    .execute()
}

export type KnownDelivery = Pick<DeliveryRow, 'channel_id' | 'purpose' | 'group_key' | 'state' | 'notice'>

/** One message with what it says; null when there is none. */
export async function deliveryById(tx: Tx, deliveryId: string): Promise<KnownDelivery | null> {
  const row = await tables(tx)
    .selectFrom('alert_deliveries')
    .select(['channel_id', 'purpose', 'group_key', 'state', 'notice'])
    .where('organization_id', '=', tx.organizationId)
    .where('delivery_id', '=', deliveryId)
    .executeTakeFirst()
  return row ?? null
}

/** Which messages of the log; null means all. */
export interface DeliveryFilter {
  readonly deliveryId: string | null
  readonly channelId: string | null
  readonly state: DeliveryRow['state'] | null
  readonly purpose: DeliveryRow['purpose'] | null
  readonly from: Instant | null
}

/** A message of the log with its channel's name. */
export type LoggedDelivery = Omit<DeliveryRow, 'notice' | 'log'> & {
  readonly channel: string
  readonly log: DeliveryAttempt[]
}

/** Keeps what the other side made for a group, or forgets it when it is closed. */
export async function saveReference(
  tx: Tx,
  groupKey: string,
  channelId: string,
  reference: string | null,
): Promise<void> {
  await tables(tx)
    .updateTable('alert_told')
    .set({ reference })
    .where('organization_id', '=', tx.organizationId)
    .where('group_key', '=', groupKey)
    .where('channel_id', '=', channelId)
    .execute()
}

/** The log, newest first, from behind `before` on, with the channels' names. */
export async function listDeliveries(
  tx: Tx,
  filter: DeliveryFilter,
  before: string | null,
  limit: number,
): Promise<readonly LoggedDelivery[]> {
  const { rows } = await sql<LoggedDelivery>`
    select d.organization_id, d.delivery_id, d.channel_id, d.purpose, d.group_key, d.idempotency_key, d.status, d.title,
      d.state, d.attempts, d.next_attempt_at, d.claimed_until, d.detail, d.log, d.again_of, d.created_at,
      d.finished_at, c.name as channel
    from alert_deliveries d
    join alert_channels c on c.organization_id = d.organization_id and c.channel_id = d.channel_id
    where d.organization_id = ${tx.organizationId}
      ${filter.channelId === null ? sql`` : sql`and d.channel_id = ${filter.channelId}`}
      ${filter.deliveryId === null ? sql`` : sql`and d.delivery_id = ${filter.deliveryId}`}
      ${filter.purpose === null ? sql`` : sql`and d.purpose = ${filter.purpose}`}
      ${filter.from === null ? sql`` : sql`and d.created_at >= ${new Date(filter.from)}::timestamptz`}
      ${filter.state === null ? sql`` : sql`and d.state = ${filter.state}`}
      ${before === null ? sql`` : sql`and d.delivery_id < ${before}`}
    order by d.delivery_id desc limit ${limit}`.execute(tables(tx))
  return rows
}
