import type { DeliveryAttempt } from '@metaagent/contract'
import { addMs, type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Notified, NotifyOutcome, NotifyTarget } from '../../../../ports/notifier.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { afterAttempt, claimMs, pauseMs } from '../model/delivery.ts'
import { noteAttempt, presentChannels, type StoredChannel } from '../store/channels.ts'
import { type ClaimedDelivery, claimDeliveries, finishAttempt, saveReference } from '../store/deliveries.ts'

const actor = { kind: 'system', id: 'alerts' } as const
/** Rounds of one run, so that one organization's flood does not keep the others waiting for ever. */
const roundsMax = 50

/** Sends what is due in the outboxes. A message is at the other side at least once; its idempotency key says which. */
export async function deliverMessages(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps))
    for (let round = 0; round < roundsMax && (await deliverRound(deps, organizationId)) > 0; round++);
}

/** The next message of each channel, all at once: a slow channel delays no other message than its own. */
async function deliverRound(deps: Deps, organizationId: string): Promise<number> {
  const { claimed, channels } = await deps.store.transaction({ organizationId }, async (tx) => ({
    claimed: await claimDeliveries(tx, deps.clock.now(), claimMs),
    channels: await presentChannels(tx),
  }))
  await Promise.all(
    claimed.map(async (delivery) => {
      const channel = channels.find(({ channelId }) => channelId === delivery.channelId)
      if (channel !== undefined) await attempt(deps, organizationId, channel, delivery)
    }),
  )
  return claimed.length
}

async function attempt(
  deps: Deps,
  organizationId: string,
  channel: StoredChannel,
  delivery: ClaimedDelivery,
): Promise<void> {
  const startedAt = deps.clock.now()
  const startedMs = deps.clock.monotonicMs()
  const outcome = await deps.notifier.send({
    target: targetOf(deps, channel),
    notice: delivery.notice,
    idempotencyKey: delivery.idempotencyKey,
    attempt: delivery.attempt,
    reference: delivery.reference,
  })
  const logged = loggedAttempt(outcome, startedAt, deps.clock.monotonicMs() - startedMs)
  await finish(deps, organizationId, channel, { delivery, outcome, logged })
}

/** An attempt as the log keeps it. */
export function loggedAttempt(outcome: Notified, at: Instant, tookMs: number): DeliveryAttempt {
  const { kind, detail, answer } = outcome
  return {
    at: toIso(at),
    outcome: kind,
    status: answer?.status ?? null,
    latencyMs: Math.round(tookMs),
    detail,
    response: answer === null || answer.excerpt === '' ? null : answer.excerpt,
  }
}

interface Attempted {
  readonly delivery: ClaimedDelivery
  readonly outcome: Notified
  readonly logged: DeliveryAttempt
}

async function finish(
  deps: Deps,
  organizationId: string,
  channel: StoredChannel,
  { delivery, outcome, logged }: Attempted,
): Promise<void> {
  const now = deps.clock.now()
  const next = afterAttempt(outcome, delivery.attempt, now)
  const { deliveryId, channelId, attempt: attempts } = delivery
  const detail = next.kind === 'dead' ? next.reason : outcome.detail
  await deps.store.transaction({ organizationId }, async (tx) => {
    const isOurs = await finishAttempt(tx, delivery, {
      state: next.kind === 'done' ? 'delivered' : next.kind === 'retry' ? 'queued' : 'dead',
      detail,
      nextAttemptAt: next.kind === 'retry' ? next.at : null,
      finishedAt: next.kind === 'retry' ? null : now,
      logged,
    })
    if (!isOurs) return
    await noteAttempt(tx, channelId, {
      deliveredAt: next.kind === 'done' ? now : null,
      error: next.kind === 'done' ? null : detail,
      notBefore: restUntil(channel, outcome, now),
    })
    if (outcome.kind === 'delivered' && delivery.groupKey !== null)
      await saveReference(tx, delivery.groupKey, channelId, outcome.reference)
    const subject = `alert-channel/${channelId}`
    if (next.kind === 'done')
      await append(deps, tx, [
        { type: 'alerts.delivery.delivered', subject, actor, payload: { deliveryId, channelId, attempts } },
      ])
    if (next.kind === 'dead')
      await append(deps, tx, [
        {
          type: 'alerts.delivery.given_up',
          subject,
          actor,
          payload: { deliveryId, channelId, attempts, reason: next.reason.slice(0, 1_000) },
        },
      ])
  })
  if (next.kind !== 'done') deps.log.warn({ channelId, attempts, detail }, 'an alert message was not delivered')
}

/** How long the whole channel keeps quiet: its own pause, and what the other side asked for. */
function restUntil(channel: StoredChannel, outcome: NotifyOutcome, now: Instant): Instant | null {
  const asked = outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0
  const restMs = Math.max(pauseMs[channel.settings.kind] ?? 0, asked)
  return restMs === 0 ? null : addMs(now, restMs)
}

/** A channel with its secret opened, for the adapter alone. */
export function targetOf(
  deps: Deps,
  channel: Pick<StoredChannel, 'channelId' | 'settings' | 'sealedSecret'>,
): NotifyTarget {
  const { sealedSecret, settings, channelId } = channel
  const secret =
    sealedSecret === null ? null : new TextDecoder().decode(deps.secrets.open(sealedSecret, secretContext(channelId)))
  return { settings, secret }
}

/** Binds a sealed secret to its channel, so that one channel's cannot be put into another's row. */
export function secretContext(channelId: string): string {
  return `alert-channel:${channelId}`
}
