import type { AlertPolicy } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../kernel/instant.ts'
import type { Silence } from '../slices/observe/alerts/model/muting.ts'
import {
  decideNotifications,
  type Group,
  type NotifiableAlert,
  type Notification,
  type Told,
} from '../slices/observe/alerts/model/notify.ts'

/** Where a clockwork's time begins: Monday, 5 January 2026, midnight UTC. */
export const clockworkStart = instantFromEpochMs(Date.UTC(2026, 0, 5))

/** An alert that fires; its labels stand for its fingerprint. */
export function alertOf(labels: Record<string, string>, firedAt: Instant = clockworkStart): NotifiableAlert {
  return { fingerprint: JSON.stringify(labels), labels, firedAt, acknowledged: false, resolvedAt: null }
}

/** Runs the notification model as the job does, step by step, and keeps what it would keep in the database. */
export class Clockwork {
  alerts: NotifiableAlert[] = []
  silences: Silence[] = []
  groups: ReadonlyMap<string, Group> = new Map()
  told = new Map<string, Map<string, Told>>()
  now = clockworkStart
  readonly sent: { readonly second: number; readonly notification: Notification }[] = []
  readonly policy: AlertPolicy
  readonly #stepMs: number

  constructor(policy: AlertPolicy, stepMs: number = 1_000) {
    this.policy = policy
    this.#stepMs = stepMs
  }

  step(): void {
    const { policy, alerts, silences, groups, told, now } = this
    const outcome = decideNotifications({ policy, alerts, silences, groups, told, now })
    this.groups = outcome.groups
    this.alerts = alerts.filter(({ fingerprint }) => !outcome.settled.includes(fingerprint))
    for (const notification of outcome.notifications) {
      this.sent.push({ second: (now - clockworkStart) / 1_000, notification })
      const ofGroup = told.get(notification.groupKey) ?? new Map<string, Told>()
      const fingerprints = (list: readonly NotifiableAlert[]) => list.map(({ fingerprint }) => fingerprint)
      const { firing, resolved } = notification
      for (const to of notification.channels)
        ofGroup.set(to, { at: now, firing: fingerprints(firing), resolved: fingerprints(resolved) })
      told.set(notification.groupKey, ofGroup)
    }
  }

  runUntil(seconds: number): void {
    for (; this.now <= addMs(clockworkStart, seconds * 1_000); this.now = addMs(this.now, this.#stepMs)) this.step()
  }

  /** The alert fires from now on; one that is over and not told yet begins anew. */
  fire(labels: Record<string, string>): void {
    const fingerprint = JSON.stringify(labels)
    this.alerts = [...this.alerts.filter((alert) => alert.fingerprint !== fingerprint), alertOf(labels, this.now)]
  }

  resolve(labels: Record<string, string>): void {
    this.change(labels, { resolvedAt: this.now })
  }

  change(labels: Record<string, string>, change: Partial<NotifiableAlert>): void {
    const fingerprint = JSON.stringify(labels)
    this.alerts = this.alerts.map((alert) => (alert.fingerprint === fingerprint ? { ...alert, ...change } : alert))
  }

  story(): string[] {
    return this.sent.map(
      ({ second, notification: { firing, resolved, because } }) =>
        `${second}: ${firing.length}+${resolved.length} ${because.rule}`,
    )
  }
}
