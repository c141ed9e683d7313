import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Notice } from '../../../../ports/notifier.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { presentChannels } from '../store/channels.ts'
import { insertDeliveries } from '../store/deliveries.ts'

/**
 * Puts a message of another slice into the outbox, in the caller's transaction: it is sent as alerts are, tried again,
 * and in the log. The same key is one message. Refuses a channel that is not there or is switched off.
 */
export async function queueNotice(
  deps: Deps,
  tx: Tx,
  message: {
    /** Name of the channel. */
    readonly channel: string
    readonly idempotencyKey: string
    readonly purpose: 'recovery'
    readonly severity: Notice['severity']
    readonly title: string
    readonly why: string
    /** Path in the dashboard, from its root. */
    readonly path: string
  },
): Promise<Result<{ channelId: string }>> {
  const channel = (await presentChannels(tx)).find(({ name }) => name === message.channel)
  if (channel === undefined || !channel.enabled)
    return refuse(
      'not-found',
      `There is no channel "${message.channel}" that is on. GET /api/v1/alert-channels lists them.`,
    )
  const { purpose, severity, title, why, idempotencyKey } = message
  const now = deps.clock.now()
  const notice: Notice = {
    purpose,
    status: 'report',
    severity,
    title,
    why,
    groupKey: null,
    groupLabels: {},
    firing: 0,
    resolved: 0,
    alerts: [],
    sections: [],
    url: `${deps.settings.publicUrl}${message.path}`,
    at: toIso(now),
  }
  const { channelId } = channel
  await insertDeliveries(
    tx,
    [{ deliveryId: deps.ids.uuid(), channelId, purpose, groupKey: null, idempotencyKey, notice }],
    now,
  )
  return ok({ channelId })
}
