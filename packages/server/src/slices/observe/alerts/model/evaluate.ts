import type { AlertRuleDefinition, AlertState, Because, Labels } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Observation } from './conditions.ts'
import { fillTemplate, fingerprintOf, namesInTemplate, withoutEmpty } from './labels.ts'

/** An alert that is not resolved, as the database keeps it. */
export interface ActiveAlert {
  readonly alertId: string
  readonly fingerprint: string
  readonly state: Exclude<AlertState, 'resolved'>
  readonly pendingAt: Instant
  readonly labels: Labels
}

interface Face {
  readonly fingerprint: string
  readonly labels: Labels
  readonly annotations: Readonly<Record<string, string>>
  readonly because: Because
}

/** What changes in one evaluation. A condition that goes on holding is no transition. */
export type Transition =
  | (Face & { readonly kind: 'appeared'; readonly to: 'pending' | 'firing' })
  | (Face & { readonly kind: 'fired'; readonly alertId: string })
  | (Omit<Face, 'annotations'> & {
      readonly kind: 'resolved'
      readonly alertId: string
      readonly from: ActiveAlert['state']
    })

/**
 * Moves the alerts of one rule: pending until the condition has held for `forMinutes`, then firing, then resolved. An
 * acknowledged alert stays so while it holds. What is unknown fires nothing and, unless the rule says otherwise, resolves
 * nothing: no evidence is no good news. A label set that is not observed any more is resolved.
 */
export function evaluate(
  rule: AlertRuleDefinition,
  observations: readonly Observation[],
  active: readonly ActiveAlert[],
  now: Instant,
): readonly Transition[] {
  const forMs = rule.forMinutes * 60_000
  const byFingerprint = new Map(active.map((alert) => [alert.fingerprint, alert]))
  const seen = new Set<string>()
  const transitions: Transition[] = []
  for (const observation of rule.enabled ? observations : []) {
    const face = faceOf(rule, observation)
    if (seen.has(face.fingerprint)) continue
    seen.add(face.fingerprint)
    const alert = byFingerprint.get(face.fingerprint)
    const step = stepOf(observation, alert, { forMs, keepsUnknown: rule.whenUnknown === 'keep', now })
    if (step === 'appear') transitions.push({ kind: 'appeared', to: forMs === 0 ? 'firing' : 'pending', ...face })
    else if (step === 'fire' && alert !== undefined)
      transitions.push({ kind: 'fired', alertId: alert.alertId, ...face })
    else if (step === 'resolve' && alert !== undefined) transitions.push(resolved(alert, face.because))
  }
  for (const alert of active)
    if (!seen.has(alert.fingerprint)) transitions.push(resolved(alert, rule.enabled ? notObserved : ruleOff))
  return transitions
}

type Step = 'appear' | 'fire' | 'resolve' | 'stay'

function stepOf(
  { holds }: Observation,
  alert: ActiveAlert | undefined,
  rule: { readonly forMs: number; readonly keepsUnknown: boolean; readonly now: Instant },
): Step {
  if (holds === true) {
    if (alert === undefined) return 'appear'
    return alert.state === 'pending' && rule.now - alert.pendingAt >= rule.forMs ? 'fire' : 'stay'
  }
  if (alert === undefined) return 'stay'
  // Time without evidence must not let a pending alert ripen.
  if (holds === null && alert.state !== 'pending' && rule.keepsUnknown) return 'stay'
  return 'resolve'
}

function resolved({ alertId, fingerprint, labels, state }: ActiveAlert, because: Because): Transition {
  return { kind: 'resolved', alertId, fingerprint, labels, from: state, because }
}

const notObserved: Because = {
  rule: 'not-observed',
  observed: null,
  limit: null,
  text: 'Nothing has these labels any more: the events ran out, the agent is archived, or the rule names other labels.',
}

const ruleOff: Because = {
  rule: 'rule-off',
  observed: null,
  limit: null,
  text: 'The rule was switched off or removed.',
}

/** Labels and annotations of an observation under a rule; `alertname` and `severity` as in Prometheus. */
export function faceOf(rule: AlertRuleDefinition, { labels, because }: Observation): Face {
  const own = Object.entries(rule.labels).map(([name, text]) => [name, fillTemplate(text, labels)])
  const all = withoutEmpty({ ...labels, ...Object.fromEntries(own), alertname: rule.name, severity: rule.severity })
  const values = {
    ...all,
    value: textOf(because.observed),
    limit: textOf(because.limit),
    because: because.text,
  }
  const annotations = Object.entries(rule.annotations).map(([name, text]) => [name, fillTemplate(text, values)])
  return { fingerprint: fingerprintOf(all), labels: all, annotations: Object.fromEntries(annotations), because }
}

/** Names that a label template must not use: with every new value it would be another alert. */
export function restlessNames(rule: AlertRuleDefinition): readonly string[] {
  const names = Object.values(rule.labels).flatMap(namesInTemplate)
  return [...new Set(names)].filter((name) => ['value', 'limit', 'because'].includes(name))
}

function textOf(value: Because['observed']): string {
  return value === null ? 'unknown' : String(value)
}
