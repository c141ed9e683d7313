import { type AlertDelivery, type AlertDeliveryPage, type AlertDeliveryQuery, Uuid } from '@metaagent/contract'
import type { z } from 'zod'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { channelById } from '../store/channels.ts'
import * as store from '../store/deliveries.ts'

const list = 'alert-deliveries'
const unknownDelivery = refuse(
  'not-found',
  'There is no message with this id. GET /api/v1/alert-deliveries lists them.',
)

/** One page of the delivery log, newest first. */
export async function readDeliveries(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof AlertDeliveryQuery>,
): Promise<Result<z.output<typeof AlertDeliveryPage>>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const deliveryId = Uuid.safeParse(position.value[0])
    if (!deliveryId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = deliveryId.data
  }
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) =>
    store.listDeliveries(tx, filterOf(filters), before, limit + 1),
  )
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items: rows.map(shown), nextCursor: more ? encodePageCursor(list, filters, [last.delivery_id]) : null })
}

function filterOf(filters: Omit<z.output<typeof AlertDeliveryQuery>, 'cursor' | 'limit'>): store.DeliveryFilter {
  return {
    deliveryId: null,
    channelId: filters.channelId ?? null,
    state: filters.state ?? null,
    purpose: filters.purpose ?? null,
    from: filters.from === undefined ? null : instantFromEpochMs(Date.parse(filters.from)),
  }
}

/** One message of the log with all its attempts. */
export async function readDelivery(deps: Deps, caller: Caller, deliveryId: string): Promise<Result<AlertDelivery>> {
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) => one(tx, deliveryId))
  return found === null ? unknownDelivery : ok(found)
}

/**
 * Sends a message once more as a new one, with an idempotency key of its own: whoever drops repetitions must not drop
 * this. The old one keeps its log. Refused while the old one is still under way, for tests, and for channels that are
 * off or gone.
 */
export async function sendAgain(deps: Deps, caller: Caller, deliveryId: string): Promise<Result<AlertDelivery>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const old = await store.deliveryById(tx, deliveryId)
    if (old === null) return unknownDelivery
    if (old.purpose === 'test') return refuse('conflict', 'This was a test. Send another one from its channel.')
    if (old.state === 'queued' || old.state === 'sending')
      return refuse('conflict', 'This message is still being tried. Wait until it was delivered or given up.')
    const channel = await channelById(tx, old.channel_id)
    if (channel === null) return refuse('conflict', 'The channel of this message was removed.')
    if (!channel.enabled)
      return refuse('conflict', `The channel "${channel.name}" is off. Switch it on, then send the message again.`)
    const again = await queueAgain(deps, tx, { deliveryId, old })
    const payload = { deliveryId: again, channelId: old.channel_id, againOf: deliveryId }
    const subject = `alert-channel/${old.channel_id}`
    await append(deps, tx, [{ type: 'alerts.delivery.sent_again', subject, actor: actorOf(caller), payload }])
    const made = await one(tx, again)
    return made === null ? unknownDelivery : ok(made)
  })
}

async function queueAgain(
  deps: Deps,
  tx: Tx,
  { deliveryId: againOf, old }: { readonly deliveryId: string; readonly old: store.KnownDelivery },
): Promise<string> {
  const deliveryId = deps.ids.uuid()
  const now: Instant = deps.clock.now()
  const { channel_id: channelId, purpose, group_key: groupKey, notice } = old
  const message = { deliveryId, channelId, purpose, groupKey, notice, againOf, idempotencyKey: `again|${deliveryId}` }
  await store.insertDeliveries(tx, [message], now)
  return deliveryId
}

async function one(tx: Tx, deliveryId: string): Promise<AlertDelivery | null> {
  const [found] = await store.listDeliveries(tx, { ...filterOf({}), deliveryId }, null, 1)
  return found === undefined ? null : shown(found)
}

function shown(row: store.LoggedDelivery): AlertDelivery {
  return {
    deliveryId: row.delivery_id,
    channelId: row.channel_id,
    channel: row.channel,
    purpose: row.purpose,
    title: row.title,
    status: row.status,
    state: row.state,
    attempts: row.attempts,
    detail: row.detail,
    log: row.log,
    againOf: row.again_of,
    createdAt: row.created_at.toISOString(),
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  }
}
