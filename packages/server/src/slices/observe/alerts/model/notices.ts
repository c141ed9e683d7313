import type { AlertSeverity, Labels } from '@metaagent/contract'

/** What a message says of one alert; the shape that every channel reads. */
export interface AlertLine {
  readonly status: 'firing' | 'resolved'
  readonly severity: AlertSeverity
  readonly labels: Labels
  readonly summary: string
  readonly because: string
  readonly startsAt: string
  readonly endsAt: string | null
  readonly url: string
}

const order: Readonly<Record<AlertSeverity, number>> = { critical: 0, warning: 1, info: 2 }

/** The worst of some severities; `info` of none. */
export function worstOf(severities: readonly AlertSeverity[]): AlertSeverity {
  return severities.reduce<AlertSeverity>((worst, one) => (order[one] < order[worst] ? one : worst), 'info')
}

/** What fires comes first, then what is worse, then what is older. */
export function byUrgency(a: AlertLine, b: AlertLine): number {
  return (
    Number(a.status === 'resolved') - Number(b.status === 'resolved') ||
    order[a.severity] - order[b.severity] ||
    (a.startsAt < b.startsAt ? -1 : a.startsAt > b.startsAt ? 1 : 0)
  )
}

/** One line that names a group of alerts: `3 firing: slow answers (domain=support)`. */
export function titleOf(group: {
  readonly status: 'firing' | 'resolved'
  readonly firing: number
  readonly resolved: number
  readonly labels: Labels
  readonly escalated: boolean
}): string {
  const { alertname, ...rest } = group.labels
  const name = alertname ?? 'alerts'
  const common = Object.entries(rest).map(([label, value]) => `${label}=${value}`)
  const where = common.length === 0 ? '' : ` (${common.join(', ')})`
  const count = group.status === 'firing' ? `${group.firing} firing` : `${group.resolved} resolved`
  const text = `${group.escalated ? 'Escalated, ' : ''}${count}: ${name}${where}`
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`
}

/** What an alert says of itself: its `summary` annotation, else its name and whom it is about. */
export function summaryOf(annotations: Readonly<Record<string, string>>, labels: Labels): string {
  const about = labels['agent'] ?? labels['domain'] ?? labels['environment']
  return annotations['summary'] ?? `${labels['alertname'] ?? 'alert'}${about === undefined ? '' : `: ${about}`}`
}
