import type { AlertPolicy, Because, Labels } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import { inhibitor, type Silence, silencer } from './muting.ts'
import { compileRoutes, groupKeyOf, groupLabels, type PlainRoute } from './routing.ts'
import { intervalHolds } from './time-intervals.ts'

/** An alert as notification sees it; pending ones are not seen. */
export interface NotifiableAlert {
  readonly fingerprint: string
  readonly labels: Labels
  readonly firedAt: Instant
  readonly acknowledged: boolean
  /** Null while it fires. */
  readonly resolvedAt: Instant | null
}

/** What a channel was last told of a group: Alertmanager's notification log. */
export interface Told {
  readonly at: Instant
  readonly firing: readonly string[]
  readonly resolved: readonly string[]
}

/** A group of alerts that are told together; kept in the database between two runs. */
export interface Group {
  readonly groupKey: string
  /** When it is looked at next: after group_wait, then every group_interval. */
  readonly nextFlushAt: Instant
  readonly flushedAt: Instant | null
  /** Counts flushes, so that the key of each message is its own. */
  readonly flushes: number
  /** Since when somebody has been told and nobody has acknowledged; null when nothing waits. */
  readonly unacknowledgedSince: Instant | null
  /** Steps of the escalation that were taken since then. */
  readonly escalations: number
}

export interface NotifyInput {
  readonly policy: AlertPolicy
  readonly alerts: readonly NotifiableAlert[]
  readonly silences: readonly Silence[]
  readonly groups: ReadonlyMap<string, Group>
  /** By group key, then by channel. */
  readonly told: ReadonlyMap<string, ReadonlyMap<string, Told>>
  readonly now: Instant
}

/** One message that is to be sent: to these channels, about these alerts, for this reason. */
export interface Notification {
  readonly groupKey: string
  readonly route: PlainRoute
  readonly labels: Labels
  readonly purpose: 'alert' | 'escalation'
  readonly status: 'firing' | 'resolved'
  readonly channels: readonly string[]
  readonly firing: readonly NotifiableAlert[]
  readonly resolved: readonly NotifiableAlert[]
  /** Number of the flush that it comes from. */
  readonly flush: number
  readonly because: Because
}

export interface NotifyOutcome {
  /** Groups as they are now; those that were there and are not here are over. */
  readonly groups: ReadonlyMap<string, Group>
  readonly notifications: readonly Notification[]
  /** Resolved alerts that no group waits for any more. */
  readonly settled: readonly string[]
}

/**
 * Decides who is told what now. Alertmanager's semantics (dispatch, inhibit, time intervals, silences, dedup): a new
 * group waits group_wait, then is looked at every group_interval; a channel is told when something new fires, when
 * something resolved that it knows of, or when repeat_interval has passed. Beyond it: acknowledged alerts are not
 * repeated, and an unacknowledged group escalates. Level-triggered: the same input gives the same decision.
 */
export function decideNotifications(input: NotifyInput): NotifyOutcome {
  const { policy, now } = input
  const members = membersOf(input)
  const firingLabels = input.alerts.filter(({ resolvedAt }) => resolvedAt === null).map(({ labels }) => labels)
  const isInhibited = inhibitor(policy.inhibitions, firingLabels)
  const isSilenced = silencer(input.silences, now)
  const isMuted = (labels: Labels) => isInhibited(labels) || isSilenced(labels)
  const groups = new Map<string, Group>()
  const notifications: Notification[] = []
  const waiting = new Set<string>()
  for (const [groupKey, { route, alerts }] of members) {
    const group = input.groups.get(groupKey) ?? newGroup(groupKey, route, alerts, now)
    const audible = alerts.filter(({ labels }) => !isMuted(labels))
    const isDue = now >= group.nextFlushAt
    const told = input.told.get(groupKey) ?? new Map<string, Told>()
    const common = { groupKey, route, labels: groupLabels(route, alerts[0]?.labels ?? {}), flush: group.flushes + 1 }
    const sent = isDue && !isTimeMuted(policy, route, now) ? messagesOf(common, audible, told, now) : []
    notifications.push(...sent)
    const after = afterFlush(group, { route, alerts: audible, told, sent, isDue, now })
    const escalated = escalationOf(after, route, audible, now)
    if (escalated !== null) notifications.push({ ...common, ...escalated.message })
    const left = isDue ? alerts.filter(({ resolvedAt }) => resolvedAt === null) : alerts
    for (const alert of left) waiting.add(alert.fingerprint)
    groups.set(groupKey, escalated?.group ?? after)
  }
  // A group that is empty lives on until its next look, so that a flapping alert does not start group_wait anew.
  for (const [groupKey, group] of input.groups)
    if (!members.has(groupKey) && now < group.nextFlushAt) groups.set(groupKey, group)
  const settled = input.alerts.filter(({ resolvedAt, fingerprint }) => resolvedAt !== null && !waiting.has(fingerprint))
  return { groups, notifications, settled: settled.map(({ fingerprint }) => fingerprint) }
}

/** The keys of all groups that some alerts are in. */
export function groupKeysOf(policy: AlertPolicy, alerts: readonly NotifiableAlert[]): readonly string[] {
  const router = compileRoutes(policy.route)
  return [...new Set(alerts.flatMap(({ labels }) => router(labels).map((route) => groupKeyOf(route, labels))))]
}

interface Members {
  readonly route: PlainRoute
  readonly alerts: NotifiableAlert[]
}

/** Every group with its alerts: those that fire, and those resolved since it was last looked at. */
function membersOf({ policy, alerts, groups }: NotifyInput): ReadonlyMap<string, Members> {
  const router = compileRoutes(policy.route)
  const members = new Map<string, Members>()
  const sorted = alerts.toSorted((a, b) => a.firedAt - b.firedAt || (a.fingerprint < b.fingerprint ? -1 : 1))
  for (const alert of sorted)
    for (const route of router(alert.labels)) {
      const groupKey = groupKeyOf(route, alert.labels)
      const group = groups.get(groupKey)
      // Resolved before its group was made: nobody was told, so nobody needs to hear that it is over.
      if (alert.resolvedAt !== null && group === undefined && !members.has(groupKey)) continue
      if (alert.resolvedAt !== null && group?.flushedAt != null && group.flushedAt >= alert.resolvedAt) continue
      const known = members.get(groupKey)
      if (known === undefined) members.set(groupKey, { route, alerts: [alert] })
      else known.alerts.push(alert)
    }
  return members
}

function newGroup(groupKey: string, route: PlainRoute, alerts: readonly NotifiableAlert[], now: Instant): Group {
  // Counted from the alert, not from now: one that has fired for longer (while nobody ran, say) does not wait again.
  const oldest = alerts.find(({ resolvedAt }) => resolvedAt === null)?.firedAt ?? now
  const waited = addMs(oldest, route.groupWaitMs)
  return {
    groupKey,
    nextFlushAt: waited < now ? now : waited,
    flushedAt: null,
    flushes: 0,
    unacknowledgedSince: null,
    escalations: 0,
  }
}

function isTimeMuted(policy: AlertPolicy, route: PlainRoute, now: Instant): boolean {
  const holds = (name: string) =>
    policy.timeIntervals.some((interval) => interval.name === name && intervalHolds(interval, now, policy.timeZone))
  if (route.activeTimeIntervals.length > 0 && !route.activeTimeIntervals.some(holds)) return true
  return route.muteTimeIntervals.some(holds)
}

type Common = Pick<Notification, 'groupKey' | 'route' | 'labels' | 'flush'>

/** The messages of one look at a group; channels that are told for the same reason share one. */
function messagesOf(
  common: Common,
  audible: readonly NotifiableAlert[],
  told: ReadonlyMap<string, Told>,
  now: Instant,
): readonly Notification[] {
  if (audible.length === 0) return []
  const firing = audible.filter(({ resolvedAt }) => resolvedAt === null)
  const resolved = audible.filter(({ resolvedAt }) => resolvedAt !== null)
  const byReason = new Map<string, Notification>()
  // Who was called in by an escalation hears how it ends.
  const calledIn = common.route.escalation.flatMap(({ channels }) =>
    channels.filter((channel) => (told.get(channel)?.firing.length ?? 0) > 0),
  )
  for (const channel of new Set([...common.route.channels, ...calledIn])) {
    const because = reasonToTell(told.get(channel) ?? null, firing, resolved, common.route.repeatIntervalMs, now)
    if (because === null) continue
    const same = byReason.get(because.rule)
    byReason.set(because.rule, {
      ...common,
      purpose: 'alert',
      status: firing.length > 0 ? 'firing' : 'resolved',
      channels: [...(same?.channels ?? []), channel],
      firing,
      resolved,
      because,
    })
  }
  return [...byReason.values()]
}

/** Alertmanager's `needsUpdate`: why a channel is told, or null when it knows all there is to know. */
export function reasonToTell(
  told: Told | null,
  firing: readonly NotifiableAlert[],
  resolved: readonly NotifiableAlert[],
  repeatIntervalMs: number,
  now: Instant,
): Because | null {
  const newlyFiring = countOutside(firing, told?.firing ?? [])
  if (newlyFiring > 0)
    return because(
      'new-alerts-fire',
      newlyFiring,
      0,
      `${newlyFiring} of ${firing.length} firing alerts were not told yet.`,
    )
  if (told === null) return null
  if (firing.length === 0)
    return told.firing.length === 0
      ? null
      : because('all-resolved', 0, told.firing.length, 'Nothing of what was told fires any more.')
  const newlyResolved = countOutside(resolved, told.resolved)
  if (newlyResolved > 0)
    return because('some-resolved', newlyResolved, 0, `${newlyResolved} resolved; ${firing.length} still fire.`)
  const sinceMs = now - told.at
  if (sinceMs <= repeatIntervalMs || firing.every(({ acknowledged }) => acknowledged)) return null
  return because(
    'repeat-interval-passed',
    sinceMs,
    repeatIntervalMs,
    `Still firing ${minutes(sinceMs)} after the last message.`,
  )
}

function countOutside(alerts: readonly NotifiableAlert[], known: readonly string[]): number {
  const set = new Set(known)
  return alerts.filter(({ fingerprint }) => !set.has(fingerprint)).length
}

interface Flush {
  readonly route: PlainRoute
  readonly alerts: readonly NotifiableAlert[]
  readonly told: ReadonlyMap<string, Told>
  readonly sent: readonly Notification[]
  readonly isDue: boolean
  readonly now: Instant
}

function afterFlush(group: Group, { route, alerts, sent, isDue, now }: Flush): Group {
  const open = alerts.some(({ resolvedAt, acknowledged }) => resolvedAt === null && !acknowledged)
  const since = open ? (group.unacknowledgedSince ?? (sent.length > 0 ? now : null)) : null
  const escalations = since === null ? 0 : group.escalations
  const watched = { ...group, unacknowledgedSince: since, escalations }
  if (!isDue) return watched
  return { ...watched, nextFlushAt: addMs(now, route.groupIntervalMs), flushedAt: now, flushes: group.flushes + 1 }
}

/** The next step of the escalation, when nobody acknowledged in time. Skipped steps are not made up for. */
function escalationOf(group: Group, route: PlainRoute, audible: readonly NotifiableAlert[], now: Instant) {
  const { unacknowledgedSince: since } = group
  if (since === null) return null
  const sinceMs = now - since
  const due = route.escalation.filter(({ afterMinutes }) => sinceMs >= afterMinutes * 60_000)
  const step = due.at(-1)
  if (step === undefined || due.length <= group.escalations) return null
  const firing = audible.filter(({ resolvedAt, acknowledged }) => resolvedAt === null && !acknowledged)
  const text = `Nobody acknowledged within ${step.afterMinutes} min of the first message.`
  const message = {
    purpose: 'escalation' as const,
    status: 'firing' as const,
    channels: step.channels,
    firing,
    resolved: [],
    because: because('not-acknowledged', sinceMs, step.afterMinutes * 60_000, text),
  }
  return { group: { ...group, escalations: due.length }, message }
}

function because(rule: string, observed: number, limit: number, text: string): Because {
  return { rule, observed, limit, text }
}

function minutes(durationMs: number): string {
  return `${Math.round(durationMs / 60_000)} min`
}
