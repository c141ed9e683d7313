import {
  Uuid,
  type WebhookDelivery,
  type WebhookDeliveryQuery,
  type WebhookReceipt,
  type WebhookTrial,
  type WebhookTrialResult,
} from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { StoreUnavailable } from '../../../../ports/store-errors.ts'
import { append } from '../../../govern/journal/index.ts'
import { readTelemetryBatch } from '../../telemetry/index.ts'
import {
  deliveryById,
  dueDeliveries,
  expireDeliveries,
  organizationsToExpire,
  selectDeliveries,
} from '../store/deliveries.ts'
import { mapPayload } from './map-payload.ts'
import { processDelivery } from './process.ts'
import { receiptOf } from './receive.ts'

const list = 'webhooks.deliveries'

/** One page of deliveries, newest first. */
export async function readDeliveries(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof WebhookDeliveryQuery>,
): Promise<Result<{ readonly items: WebhookDelivery[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const deliveryId = Uuid.safeParse(position.value[0])
    if (!deliveryId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = deliveryId.data
  }
  const filter = { sourceId: filters.sourceId ?? null, state: filters.state ?? null }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    selectDeliveries(tx, filter, before, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [last.deliveryId]) : null })
}

/** Maps and stores a kept payload again, with the mapping as it is now. */
export async function replayDelivery(deps: Deps, caller: Caller, deliveryId: string): Promise<Result<WebhookReceipt>> {
  const { organizationId } = caller
  const read = () => deps.store.transaction({ organizationId }, (tx) => deliveryById(tx, deliveryId))
  const before = await read()
  if (before === null)
    return refuse('not-found', 'There is no delivery with this id. GET /api/v1/webhook-deliveries lists them.')
  if (before.sealedPayload === null)
    return refuse(
      'conflict',
      'The payload of this delivery is not kept any more: it was stored whole, or seven days are over.',
    )
  await processDelivery(deps, organizationId, deliveryId)
  const after = await read()
  assertInvariant(after !== null, 'a delivery is never deleted')
  return ok(receiptOf(after.delivery, false))
}

/** What would be stored of a sample, and what is wrong with it. Stores nothing. */
export async function tryMapping(
  deps: Deps,
  trial: z.output<typeof WebhookTrial>,
): Promise<Result<WebhookTrialResult>> {
  const { kind, mapping, sample, agents, environment } = trial
  const now = deps.clock.now()
  const batch = await mapPayload(deps, {
    kind,
    mapping,
    context: { environment, agents },
    idScope: ['sample', 'sample'],
    receivedAt: now,
    payload: sample,
  })
  const read = readTelemetryBatch({ executions: [...batch.executions], actions: [...batch.actions] }, now)
  const rejected = read.ok
    ? read.value.rejected.map(({ list: name, index, path, detail }) => ({ path: `${name}[${index}].${path}`, detail }))
    : [{ path: '', detail: read.refusal.detail }]
  return ok({
    executions: [...batch.executions],
    actions: [...batch.actions],
    outcomes: [...batch.outcomes],
    faults: [...batch.faults, ...rejected],
  })
}

/** Stores deliveries that could not be stored when they came. */
export async function processDueDeliveries(deps: Deps): Promise<void> {
  const due = await deps.store.transaction('deployment', (tx) => dueDeliveries(tx, deps.clock.now()))
  for (const { organizationId, deliveryId } of due) {
    try {
      await processDelivery(deps, organizationId, deliveryId)
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error
      // One that cannot be opened must not keep the others from being stored.
      deps.log.error({ deliveryId, error: String(error) }, 'a webhook delivery could not be processed')
    }
  }
}

/** Throws away payloads that nobody mended a mapping for in seven days. */
export async function expireKeptPayloads(deps: Deps): Promise<void> {
  const now = deps.clock.now()
  const organizations = await deps.store.transaction('deployment', (tx) => organizationsToExpire(tx, now))
  for (const organizationId of organizations)
    await deps.store.transaction({ organizationId }, async (tx) => {
      const deliveries = await expireDeliveries(tx, now)
      const actor = { kind: 'system', id: 'webhooks' } as const
      if (deliveries > 0)
        await append(deps, tx, [
          { type: 'webhooks.delivery.expired', subject: 'webhooks', actor, payload: { deliveries } },
        ])
    })
}
