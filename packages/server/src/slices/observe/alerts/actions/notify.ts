import { createHash } from 'node:crypto'
import { addMs, type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Notice, NoticeAlert } from '../../../../ports/notifier.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { appendDecision } from '../../../govern/journal/index.ts'
import { byUrgency, summaryOf, titleOf, worstOf } from '../model/notices.ts'
import { decideNotifications, type Group, groupKeysOf, type Notification } from '../model/notify.ts'
import { defaultPolicy } from '../model/routing.ts'
import * as alerts from '../store/alerts.ts'
import { presentChannels } from '../store/channels.ts'
import { insertDeliveries } from '../store/deliveries.ts'
import * as store from '../store/notifying.ts'
import type { AlertRow } from '../store/tables.ts'

const actor = { kind: 'system', id: 'alerts' } as const
/** A message lists so many; all are counted. */
const listedMax = 50
/** As long as Alertmanager keeps its notification log. */
const toldKeptMs = 120 * 3_600_000

/**
 * Decides who is told what and puts the messages into the outbox, with what was told, in the caller's transaction: a
 * restart neither repeats nor forgets. Answers how many messages there are.
 */
export async function notifyPeople(deps: Deps, tx: Tx, now: Instant): Promise<number> {
  const policy = (await store.presentPolicy(tx))?.policy ?? defaultPolicy
  const open = await alerts.notifiableAlerts(tx)
  const groups = await store.presentGroups(tx)
  if (open.length === 0 && groups.size === 0) return 0
  const channels = await presentChannels(tx)
  const enabled = new Set(channels.filter((channel) => channel.enabled).map(({ channelId }) => channelId))
  const keys = groupKeysOf(policy, open)
  const silences = await store.silencesEndingAfter(tx, now)
  const told = await store.toldOf(tx, keys)
  const decided = decideNotifications({ policy, alerts: open, silences, groups, told, now })
  const isNew = (group: Group) => JSON.stringify(group) !== JSON.stringify(groups.get(group.groupKey))
  const over = [...groups.keys()].filter((groupKey) => !decided.groups.has(groupKey))
  await store.saveGroups(tx, [...decided.groups.values()].filter(isNew), over)
  const ids = new Map(open.map(({ fingerprint, alertId }) => [fingerprint, alertId]))
  for (const notification of decided.notifications) {
    const reachable = notification.channels.filter((channel) => enabled.has(channel))
    await enqueue(deps, tx, { ...notification, channels: reachable }, { ids, now })
  }
  await alerts.settleAlerts(tx, decided.settled)
  if (decided.notifications.length > 0) await store.forgetTold(tx, addMs(now, -toldKeptMs))
  return decided.notifications.length
}

interface Context {
  /** Ids of alerts by fingerprint. */
  readonly ids: ReadonlyMap<string, string>
  readonly now: Instant
}

async function enqueue(deps: Deps, tx: Tx, notification: Notification, { ids, now }: Context): Promise<void> {
  const { groupKey, channels, firing, resolved, because, status } = notification
  const fingerprints = {
    firing: firing.map(({ fingerprint }) => fingerprint),
    resolved: resolved.map(({ fingerprint }) => fingerprint),
  }
  const listed = [...firing, ...resolved].slice(0, listedMax).flatMap(({ fingerprint }) => ids.get(fingerprint) ?? [])
  const notice = noticeOf(deps, notification, await alerts.alertsById(tx, listed), now)
  const digest = sha256(JSON.stringify([notification.purpose, status, notification.flush, because.rule, fingerprints]))
  await insertDeliveries(
    tx,
    channels.map((channelId) => ({
      deliveryId: deps.ids.uuid(),
      channelId,
      purpose: notification.purpose,
      groupKey,
      // The moment belongs to it: the same group may have the same alerts in its first look of another incident.
      idempotencyKey: `${groupKey}|${channelId}|${status}|${digest}|${now}`,
      notice,
    })),
    now,
  )
  if (channels.length > 0) await store.saveTold(tx, groupKey, channels, { at: now, ...fingerprints })
  const payload = {
    groupKey,
    status,
    firing: firing.length,
    resolved: resolved.length,
    channelIds: [...channels],
    because,
  }
  const subject = `alert-group/${sha256(groupKey).slice(0, 16)}`
  const event = { type: 'alerts.notification.decided' as const, subject, actor, payload }
  await appendDecision(deps, tx, event, { verdict: status, because })
}

function noticeOf(deps: Deps, notification: Notification, rows: readonly AlertRow[], now: Instant): Notice {
  const { firing, resolved, labels, status, purpose, groupKey } = notification
  const severities = [...firing, ...resolved].map((alert) => severityOf(alert.labels['severity']))
  return {
    purpose,
    status,
    severity: worstOf(severities),
    title: titleOf({
      status,
      firing: firing.length,
      resolved: resolved.length,
      labels,
      escalated: purpose === 'escalation',
    }),
    why: notification.because.text,
    groupKey,
    groupLabels: labels,
    firing: firing.length,
    resolved: resolved.length,
    alerts: rows.map((row) => lineOf(deps, row)).sort(byUrgency),
    sections: [],
    url: `${deps.settings.publicUrl}/alerts`,
    at: toIso(now),
  }
}

function severityOf(text: string | undefined): 'info' | 'warning' | 'critical' {
  return text === 'critical' || text === 'warning' ? text : 'info'
}

function lineOf(deps: Deps, row: AlertRow): NoticeAlert & { readonly severity: AlertRow['severity'] } {
  return {
    status: row.state === 'resolved' ? 'resolved' : 'firing',
    severity: row.severity,
    labels: row.labels,
    summary: summaryOf(row.annotations, row.labels),
    because: row.because.text,
    startsAt: (row.fired_at ?? row.pending_at).toISOString(),
    endsAt: row.resolved_at?.toISOString() ?? null,
    url: `${deps.settings.publicUrl}/alerts/${row.alert_id}`,
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
