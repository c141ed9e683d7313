import type { AlertChannel, AlertChannelOrder, ChannelSettings, ChannelTestResult } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Notice } from '../../../../ports/notifier.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { secretFault } from '../model/checks.ts'
import { nextReports } from '../model/reports.ts'
import { defaultPolicy, everyRoute } from '../model/routing.ts'
import * as store from '../store/channels.ts'
import { giveUpWaiting, insertTest } from '../store/deliveries.ts'
import { presentPolicy } from '../store/notifying.ts'
import { loggedAttempt, secretContext, targetOf } from './deliver.ts'

const unknownChannel = refuse('not-found', 'There is no channel with this id. GET /api/v1/alert-channels lists them.')

export async function listChannels(deps: Deps, caller: Caller): Promise<AlertChannel[]> {
  const { organizationId } = caller
  return (await deps.store.transaction({ organizationId }, (tx) => store.presentChannels(tx))).map(describe)
}

export async function readChannel(deps: Deps, caller: Caller, channelId: string): Promise<Result<AlertChannel>> {
  const { organizationId } = caller
  const channel = await deps.store.transaction({ organizationId }, (tx) => store.channelById(tx, channelId))
  return channel === null ? unknownChannel : ok(describe(channel))
}

/** Makes a channel (`channelId` null) or changes one; without a secret in the order it keeps the one that it has. */
export async function saveChannel(
  deps: Deps,
  caller: Caller,
  channelId: string | null,
  order: AlertChannelOrder,
): Promise<Result<AlertChannel>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const known = channelId === null ? null : await store.channelById(tx, channelId)
    if (channelId !== null && known === null) return unknownChannel
    if (known !== null && known.settings.kind !== order.settings.kind)
      return refuse('conflict', `This channel is of the kind ${known.settings.kind}; make another one instead.`)
    const fault = secretFault(order.settings, order.secret ?? null, known?.sealedSecret != null)
    if (fault !== null) return refuse('not-processable', fault)
    if (
      known !== null &&
      order.secret === undefined &&
      known.sealedSecret !== null &&
      moves(known.settings, order.settings)
    )
      return refuse('not-processable', 'The address changes, so send the secret again: it must not go to another one.')
    const id = known?.channelId ?? deps.ids.uuid()
    const sealedSecret = sealed(deps, id, order.secret) ?? known?.sealedSecret ?? null
    const next = await reportTimes(deps, tx, order)
    const { name, settings, digest, enabled } = order
    const values = { channelId: id, name, settings, digest, enabled, sealedSecret, ...next }
    if (!(await store.saveChannel(tx, values)))
      return refuse('already-exists', `A channel is called "${name}" already.`)
    const payload = { channelId: id, name, kind: settings.kind, enabled, secretChanged: order.secret !== undefined }
    await append(deps, tx, [
      { type: 'alerts.channel.saved', subject: `alert-channel/${id}`, actor: actorOf(caller), payload },
    ])
    const saved = await store.channelById(tx, id)
    return saved === null ? unknownChannel : ok(describe(saved))
  })
}

/** Gives a channel another secret, and leaves everything else as it is. The old one is forgotten. */
export async function changeSecret(
  deps: Deps,
  caller: Caller,
  channelId: string,
  secret: string,
): Promise<Result<AlertChannel>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const channel = await store.channelById(tx, channelId)
    if (channel === null) return unknownChannel
    const fault = secretFault(channel.settings, secret, false)
    if (fault !== null) return refuse('not-processable', fault)
    await store.saveChannel(tx, { ...channel, sealedSecret: sealed(deps, channelId, secret) })
    const { name, settings, enabled } = channel
    const payload = { channelId, name, kind: settings.kind, enabled, secretChanged: true }
    await append(deps, tx, [
      { type: 'alerts.channel.saved', subject: `alert-channel/${channelId}`, actor: actorOf(caller), payload },
    ])
    return ok(describe({ ...channel, sealedSecret: new Uint8Array() }))
  })
}

function sealed(deps: Deps, channelId: string, secret: string | undefined): Uint8Array | null {
  return secret === undefined ? null : deps.secrets.seal(new TextEncoder().encode(secret), secretContext(channelId))
}

async function reportTimes(deps: Deps, tx: Tx, { digest }: AlertChannelOrder) {
  const { timeZone } = (await presentPolicy(tx))?.policy ?? defaultPolicy
  const { dailyAt, weeklyAt } = nextReports(digest, timeZone, deps.clock.now())
  return { nextDailyAt: dailyAt, nextWeeklyAt: weeklyAt }
}

/** Whether what the secret is sent to changes. */
function moves(before: ChannelSettings, after: ChannelSettings): boolean {
  const addressOf = (settings: ChannelSettings) => {
    switch (settings.kind) {
      case 'email':
        return `${settings.host}:${settings.port} ${settings.security}`
      case 'clickup':
        return settings.apiUrl
      case 'webhook':
      case 'alertmanager':
      case 'slack':
        // A webhook's secret signs and is not sent; Slack's is the address itself.
        return ''
    }
  }
  return addressOf(before) !== addressOf(after)
}

/** Removes a channel that no route names. */
export async function removeChannel(deps: Deps, caller: Caller, channelId: string): Promise<Result<{ removed: true }>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const channel = await store.channelById(tx, channelId)
    if (channel === null) return unknownChannel
    const policy = (await presentPolicy(tx))?.policy ?? defaultPolicy
    const named = everyRoute(policy.route).find(({ channels = [], escalation = [] }) =>
      [...channels, ...escalation.flatMap((step) => step.channels)].includes(channelId),
    )
    if (named !== undefined)
      return refuse('conflict', `The route "${named.name}" names this channel. Take it out of the policy first.`)
    await store.removeChannel(tx, channelId, deps.clock.now())
    await giveUpWaiting(tx, channelId, 'The channel was removed before this was sent.', deps.clock.now())
    const payload = { channelId, name: channel.name }
    await append(deps, tx, [
      { type: 'alerts.channel.removed', subject: `alert-channel/${channelId}`, actor: actorOf(caller), payload },
    ])
    return ok({ removed: true as const })
  })
}

/** Sends a message at once, past the outbox, and says what the other side answered. */
export async function testChannel(
  deps: Deps,
  caller: Caller,
  channelId: string,
): Promise<Result<z.output<typeof ChannelTestResult>>> {
  const scope = { organizationId: caller.organizationId }
  const channel = await deps.store.transaction(scope, (tx) => store.channelById(tx, channelId))
  if (channel === null) return unknownChannel
  const at = deps.clock.now()
  const startedMs = deps.clock.monotonicMs()
  const deliveryId = deps.ids.uuid()
  const message = { notice: testNotice(deps, channel.name), idempotencyKey: `test|${channelId}|${deliveryId}` }
  const outcome = await deps.notifier.send({ ...message, target: targetOf(deps, channel), attempt: 1, reference: null })
  const logged = loggedAttempt(outcome, at, deps.clock.monotonicMs() - startedMs)
  const delivered = outcome.kind === 'delivered'
  const now = deps.clock.now()
  await deps.store.transaction(scope, async (tx) => {
    const error = delivered ? null : outcome.detail
    await store.noteAttempt(tx, channelId, { deliveredAt: delivered ? now : null, error, notBefore: null })
    await insertTest(tx, { ...message, deliveryId, channelId, logged }, now)
    const subject = `alert-channel/${channelId}`
    await append(deps, tx, [
      { type: 'alerts.channel.tested', subject, actor: actorOf(caller), payload: { channelId, delivered } },
    ])
  })
  return ok({ delivered, detail: outcome.detail, durationMs: logged.latencyMs })
}

function testNotice(deps: Deps, name: string): Notice {
  return {
    purpose: 'test',
    status: 'report',
    severity: 'info',
    title: 'A test from MetaAgent',
    why: `Somebody pressed "Send a test" for the channel ${name}. Alerts will come like this.`,
    groupKey: null,
    groupLabels: {},
    firing: 0,
    resolved: 0,
    alerts: [],
    sections: [],
    url: `${deps.settings.publicUrl}/alerts/channels`,
    at: toIso(deps.clock.now()),
  }
}

function describe(channel: store.StoredChannel): AlertChannel {
  const { channelId, name, settings, digest, enabled, lastError } = channel
  const iso = (at: store.StoredChannel['nextDailyAt']) => (at === null ? null : toIso(at))
  return {
    channelId,
    name,
    settings,
    hasSecret: channel.sealedSecret !== null,
    digest,
    enabled,
    nextDailyAt: iso(channel.nextDailyAt),
    nextWeeklyAt: iso(channel.nextWeeklyAt),
    lastDeliveredAt: iso(channel.lastDeliveredAt),
    lastError,
  }
}
