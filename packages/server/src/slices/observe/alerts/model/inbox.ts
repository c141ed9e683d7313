import type { Alert, AlertCounts } from '@metaagent/contract'

/** What a live inbox knows: the counts of all that is open, and the newest alerts with what is open of the older. */
export interface InboxPicture {
  readonly counts: AlertCounts
  readonly alerts: readonly Alert[]
}

/** What became new between two pictures. `many`: more than the alerts that are named; the list is to be read again. */
export interface InboxChange {
  readonly counts: AlertCounts | null
  readonly alerts: readonly Alert[]
  readonly many: boolean
}

/** More than a person can follow one by one, and then one read of the list is cheaper. */
const toldMax = 50

/** Compares two pictures. An alert that left the picture without being told as changed makes the change `many`. */
export function inboxChange(before: InboxPicture, after: InboxPicture): InboxChange {
  const known = new Map(before.alerts.map((alert) => [alert.alertId, JSON.stringify(alert)]))
  const changed = after.alerts.filter((alert) => known.get(alert.alertId) !== JSON.stringify(alert))
  const present = new Set(after.alerts.map(({ alertId }) => alertId))
  const lost = before.alerts.some(({ alertId, state }) => state !== 'resolved' && !present.has(alertId))
  const countsDiffer = JSON.stringify(before.counts) !== JSON.stringify(after.counts)
  const many = lost || changed.length > toldMax || (countsDiffer && changed.length === 0)
  return { counts: countsDiffer ? after.counts : null, alerts: many ? [] : changed, many }
}
