import { type BurnAlert, defaultSlaObjectives, type Sla, type SlaIndicator, type SlaOrder } from '@metaagent/contract'
import type { z } from 'zod'

export type Kind = SlaIndicator['kind']
export const kinds: readonly { readonly value: Kind; readonly label: string }[] = [
  { value: 'success', label: 'Success: executions that succeed' },
  { value: 'latency', label: 'Latency: executions that end in time' },
  { value: 'cost', label: 'Cost: what a success costs' },
  { value: 'quality', label: 'Quality: verdicts of judges' },
  { value: 'freshness', label: 'Freshness: a success not long ago' },
]

export const windows = ['rolling 7', 'rolling 28', 'rolling 30', 'rolling 90', 'week', 'month', 'quarter'] as const

/** A definition as the form holds it: texts, as people type them. */
export interface Draft {
  readonly name: string
  readonly description: string
  readonly enabled: boolean
  readonly kind: Kind
  /** Seconds, dollars, a metric or hours, by kind. */
  readonly limit: string
  readonly objectivePercent: string
  readonly agentId: string | null
  /** Counts only where no agent is named. */
  readonly domain: string | null
  readonly environment: string | null
  readonly window: string
  readonly minimumBadEvents: string
  /** Null: the defaults of the objective and the window. */
  readonly alerts: readonly AlertDraft[] | null
  readonly exclusions: readonly ExclusionDraft[]
}

/** A stretch that does not count; times are ISO 8601, empty until they are chosen. */
export interface ExclusionDraft {
  readonly from: string
  readonly until: string
  readonly reason: string
}

export interface AlertDraft {
  readonly severity: BurnAlert['severity']
  readonly longMinutes: string
  readonly shortMinutes: string
  readonly threshold: string
}

const limits: Readonly<Record<Kind, string>> = { success: '', latency: '3', cost: '0.05', quality: '', freshness: '24' }

/** Seed values of a kind: the objective and the limit that count when nothing else is said. */
export function ofKind(kind: Kind): Pick<Draft, 'kind' | 'limit' | 'objectivePercent'> {
  return { kind, limit: limits[kind], objectivePercent: percentText(defaultSlaObjectives[kind]) }
}

const percentText = (share: number) => String(Number((share * 100).toFixed(6)))

export const emptyDraft: Draft = {
  name: '',
  description: '',
  enabled: true,
  ...ofKind('success'),
  agentId: null,
  domain: null,
  environment: null,
  window: 'rolling 30',
  minimumBadEvents: '5',
  alerts: null,
  exclusions: [],
}

/** The form of an SLA that is there. */
export function draftOf(sla: Sla): Draft {
  return {
    name: sla.name,
    description: sla.description ?? '',
    enabled: sla.enabled,
    kind: sla.indicator.kind,
    limit: limitText(sla.indicator),
    objectivePercent: percentText(sla.objective),
    agentId: sla.scope.agentId,
    domain: sla.scope.domain,
    environment: sla.scope.environment,
    window: sla.window.kind === 'rolling' ? `rolling ${sla.window.days}` : sla.window.period,
    minimumBadEvents: String(sla.minimumBadEvents),
    alerts: sla.burnAlerts.map(alertDraft),
    exclusions: sla.exclusions,
  }
}

/** An alert as the form holds it. */
function alertDraft(alert: BurnAlert): AlertDraft {
  return {
    severity: alert.severity,
    longMinutes: String(alert.longMinutes),
    shortMinutes: String(alert.shortMinutes),
    threshold: String(alert.threshold),
  }
}

function limitText(indicator: SlaIndicator): string {
  switch (indicator.kind) {
    case 'success':
      return ''
    case 'latency':
      return String(indicator.thresholdMs / 1_000)
    case 'cost':
      return String(indicator.limitNanoUsd / 1e9)
    case 'quality':
      return indicator.metric ?? ''
    case 'freshness':
      return String(indicator.maxAgeMinutes / 60)
  }
}

function indicatorOf({ kind, limit }: Draft): SlaIndicator {
  switch (kind) {
    case 'success':
      return { kind }
    case 'latency':
      return { kind, thresholdMs: Math.round(Number(limit) * 1_000) }
    case 'cost':
      return { kind, limitNanoUsd: Math.round(Number(limit) * 1e9) }
    case 'quality':
      return { kind, metric: limit.trim() === '' ? null : limit.trim() }
    case 'freshness':
      return { kind, maxAgeMinutes: Math.round(Number(limit) * 60) }
  }
}

/** What is sent; the server judges it and says what it refuses. */
export function orderOf(draft: Draft): z.input<typeof SlaOrder> {
  const [kind, days] = draft.window.split(' ')
  const period = kind === 'week' || kind === 'quarter' ? kind : 'month'
  return {
    name: draft.name,
    description: draft.description.trim() === '' ? null : draft.description.trim(),
    indicator: indicatorOf(draft),
    scope: {
      agentId: draft.agentId,
      domain: draft.agentId === null ? draft.domain : null,
      environment: draft.environment,
    },
    objective: Number(draft.objectivePercent) / 100,
    window: kind === 'rolling' ? { kind, days: Number(days) } : { kind: 'calendar', period },
    minimumBadEvents: Number(draft.minimumBadEvents),
    exclusions: [...draft.exclusions],
    enabled: draft.enabled,
    ...(draft.alerts === null
      ? {}
      : {
          burnAlerts: draft.alerts.map((alert) => ({
            severity: alert.severity,
            longMinutes: Number(alert.longMinutes),
            shortMinutes: Number(alert.shortMinutes),
            threshold: Number(alert.threshold),
          })),
        }),
  }
}
