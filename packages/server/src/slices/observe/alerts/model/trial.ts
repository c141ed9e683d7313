import type { AlertRuleDefinition, Because, Labels } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Observation } from './conditions.ts'
import { type ActiveAlert, evaluate } from './evaluate.ts'

/** What was observed at one moment of the past. */
export interface TrialStep {
  readonly at: Instant
  readonly observations: readonly Observation[]
}

export interface TrialAlert {
  readonly labels: Labels
  readonly pendingAt: Instant
  readonly firedAt: Instant | null
  readonly resolvedAt: Instant | null
  /** Why it appeared, or fired if it did. */
  readonly because: Because
}

export interface Trial {
  /** Oldest first. */
  readonly alerts: readonly TrialAlert[]
  readonly subjects: number
  /** Observations that could not be made. */
  readonly unknownSteps: number
}

/** Runs a rule over moments of the past with the very function that judges the present. */
export function tryRule(rule: AlertRuleDefinition, steps: readonly TrialStep[]): Trial {
  const active = new Map<string, ActiveAlert>()
  const alerts = new Map<string, TrialAlert>()
  const subjects = new Set<string>()
  let unknownSteps = 0
  const tried = { ...rule, enabled: true }
  for (const { at, observations } of steps) {
    for (const { labels, holds } of observations) {
      subjects.add(JSON.stringify(labels))
      if (holds === null) unknownSteps += 1
    }
    for (const change of evaluate(tried, observations, [...active.values()], at)) {
      if (change.kind === 'appeared') {
        const alertId = `${change.fingerprint}@${at}`
        const { fingerprint, labels, to, because } = change
        active.set(fingerprint, { alertId, fingerprint, state: to, pendingAt: at, labels })
        alerts.set(alertId, { labels, pendingAt: at, firedAt: to === 'firing' ? at : null, resolvedAt: null, because })
        continue
      }
      const known = alerts.get(change.alertId)
      const alert = active.get(change.fingerprint)
      if (known === undefined || alert === undefined) continue
      if (change.kind === 'fired') {
        active.set(change.fingerprint, { ...alert, state: 'firing' })
        alerts.set(change.alertId, { ...known, firedAt: at, because: change.because })
      } else {
        active.delete(change.fingerprint)
        alerts.set(change.alertId, { ...known, resolvedAt: at })
      }
    }
  }
  return { alerts: [...alerts.values()], subjects: subjects.size, unknownSteps }
}
