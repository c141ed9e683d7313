import type { ChaosExperiment, ChaosInjection, ChaosLine, ChaosOrder, ChaosTarget } from '@metaagent/contract'
import type { z } from 'zod'

export const targets: readonly { readonly value: ChaosTarget['kind']; readonly label: string }[] = [
  { value: 'agent', label: 'An agent' },
  { value: 'macro', label: 'A macro' },
  { value: 'metric', label: 'A metric' },
]

export const injections: readonly { readonly value: ChaosInjection['kind']; readonly label: string }[] = [
  { value: 'executions', label: 'Failing or slow runs' },
  { value: 'qa-failures', label: 'QA failures' },
  { value: 'dependency-change', label: 'A dependency’s new version, in thought' },
  { value: 'receiver-fault', label: 'A receiver that delays or refuses' },
]

/** Which injections a target can have. */
export function injectionsOf(target: ChaosTarget['kind']): readonly ChaosInjection['kind'][] {
  if (target === 'agent') return ['executions', 'qa-failures', 'receiver-fault']
  return target === 'macro' ? ['qa-failures', 'dependency-change', 'receiver-fault'] : ['qa-failures', 'receiver-fault']
}

export const lineKinds: readonly {
  readonly value: ChaosLine['kind']
  readonly label: string
  readonly unit: string
}[] = [
  { value: 'success-rate', label: 'Success rate', unit: 'At least (%)' },
  { value: 'latency-p95', label: 'Latency, 95th percentile', unit: 'At most (seconds)' },
  { value: 'open-alerts', label: 'Alerts that fire', unit: 'At most' },
  { value: 'error-budget', label: 'Error budget left', unit: 'At least (%)' },
  { value: 'delivery-p95', label: 'Delivery, 95th percentile', unit: 'At most (seconds)' },
]

/** A line as the form holds it. */
export interface LineDraft {
  readonly kind: ChaosLine['kind']
  /** Empty: all of them. */
  readonly of: string
  readonly limit: string
}

/** An experiment as the form holds it: texts, as people type them. */
export interface Draft {
  readonly name: string
  readonly hypothesis: string
  readonly target: ChaosTarget['kind']
  readonly agentId: string
  readonly macro: string
  readonly metric: string
  readonly environment: string
  readonly injection: ChaosInjection['kind']
  readonly outcome: 'failure' | 'success'
  readonly latencySeconds: string
  readonly judgedMetric: string
  readonly dependency: string
  readonly version: string
  readonly schema: string
  readonly fault: 'delay' | 'throw'
  readonly faultSeconds: string
  readonly ratePerMinute: string
  readonly durationSeconds: string
  readonly settleSeconds: string
  readonly steadyState: readonly LineDraft[]
  readonly abortWhen: readonly LineDraft[]
  /** Empty: no fallback is expected. */
  readonly fallbackSeconds: string
  readonly fallbackMacro: string
  readonly live: boolean
  readonly schedule: string
  readonly timeZone: string
  readonly enabled: boolean
}

export const emptyDraft: Draft = {
  name: '',
  hypothesis: '',
  target: 'agent',
  agentId: '',
  macro: '',
  metric: '',
  environment: 'production',
  injection: 'executions',
  outcome: 'failure',
  latencySeconds: '1',
  judgedMetric: '',
  dependency: '',
  version: '',
  schema: 'true',
  fault: 'throw',
  faultSeconds: '1',
  ratePerMinute: '60',
  durationSeconds: '60',
  settleSeconds: '60',
  steadyState: [{ kind: 'success-rate', of: '', limit: '95' }],
  abortWhen: [],
  fallbackSeconds: '',
  fallbackMacro: '',
  live: false,
  schedule: '',
  timeZone: 'UTC',
  enabled: true,
}

const text = (value: number, scale = 1) => String(Number((value * scale).toFixed(6)))

function lineDraft(line: ChaosLine): LineDraft {
  switch (line.kind) {
    case 'success-rate':
      return { kind: line.kind, of: line.agentId ?? '', limit: text(line.min, 100) }
    case 'latency-p95':
      return { kind: line.kind, of: line.agentId ?? '', limit: text(line.maxMs, 0.001) }
    case 'open-alerts':
      return { kind: line.kind, of: '', limit: text(line.max) }
    case 'error-budget':
      return { kind: line.kind, of: line.slaId ?? '', limit: text(line.minShare, 100) }
    case 'delivery-p95':
      return { kind: line.kind, of: '', limit: text(line.maxMs, 0.001) }
  }
}

function lineOf({ kind, of, limit }: LineDraft): ChaosLine {
  const agentId = of === '' ? null : of
  const value = Number(limit)
  switch (kind) {
    case 'success-rate':
      return { kind, agentId, min: value / 100 }
    case 'latency-p95':
      return { kind, agentId, maxMs: Math.round(value * 1000) }
    case 'open-alerts':
      return { kind, max: value }
    case 'error-budget':
      return { kind, slaId: agentId, minShare: value / 100 }
    case 'delivery-p95':
      return { kind, maxMs: Math.round(value * 1000) }
  }
}

/** The form of an experiment that is there. */
export function draftOf(experiment: ChaosExperiment): Draft {
  const { target, injection, expectedFallback } = experiment
  return {
    ...emptyDraft,
    name: experiment.name,
    hypothesis: experiment.hypothesis,
    target: target.kind,
    agentId: target.kind === 'agent' ? target.agentId : '',
    macro: target.kind === 'macro' ? target.name : '',
    metric: target.kind === 'metric' ? target.metric : '',
    environment: experiment.environment,
    injection: injection.kind,
    ...injectionDraft(injection),
    ratePerMinute: text(experiment.ratePerMinute),
    durationSeconds: text(experiment.durationSeconds),
    settleSeconds: text(experiment.settleSeconds),
    steadyState: experiment.steadyState.map(lineDraft),
    abortWhen: experiment.abortWhen.map(lineDraft),
    fallbackSeconds: expectedFallback === null ? '' : text(expectedFallback.withinMs, 0.001),
    fallbackMacro: expectedFallback?.macro ?? '',
    live: experiment.live,
    schedule: experiment.schedule ?? '',
    timeZone: experiment.timeZone,
    enabled: experiment.enabled,
  }
}

function injectionDraft(injection: ChaosInjection): Partial<Draft> {
  switch (injection.kind) {
    case 'qa-failures':
      return { judgedMetric: injection.metric }
    case 'executions':
      return { outcome: injection.outcome, latencySeconds: text(injection.latencyMs, 0.001) }
    case 'dependency-change': {
      const { dependency, version, schema } = injection
      return { dependency, version, schema: JSON.stringify(schema, null, 2) }
    }
    case 'receiver-fault':
      return { fault: injection.fault, faultSeconds: text(injection.faultMs, 0.001) }
  }
}

/** What stands in the way of sending the form, as sentences; empty: it can be sent. */
export function faultsOf(draft: Draft): readonly string[] {
  const faults: string[] = []
  const needs = (value: string, sentence: string) => {
    if (value.trim() === '') faults.push(sentence)
  }
  needs(draft.name, 'Give it a name.')
  needs(draft.hypothesis, 'Say what you expect to hold.')
  needs({ agent: draft.agentId, macro: draft.macro, metric: draft.metric }[draft.target], 'Choose the target.')
  if (!injectionsOf(draft.target).includes(draft.injection)) faults.push('Choose what is injected.')
  if (draft.injection === 'qa-failures') needs(draft.judgedMetric, 'Name the metric that fails.')
  if (draft.injection === 'dependency-change') {
    needs(draft.dependency, 'Name the dependency.')
    needs(draft.version, 'Say which version it would have.')
    if (schemaOf(draft.schema) === null) faults.push('The schema is no JSON Schema: an object, true or false.')
  }
  if (draft.steadyState.length === 0) faults.push('Name at least one line that must hold.')
  if ([...draft.steadyState, ...draft.abortWhen].some(({ limit }) => limit.trim() === ''))
    faults.push('Give every line its limit.')
  const usesDelivery = [...draft.steadyState, ...draft.abortWhen].some(({ kind }) => kind === 'delivery-p95')
  if (usesDelivery && draft.injection !== 'receiver-fault')
    faults.push('Delivery is measured of a receiver fault alone.')
  return faults
}

type Schema = Extract<z.input<typeof ChaosOrder>['injection'], { kind: 'dependency-change' }>['schema']

function schemaOf(json: string): Schema | null {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'boolean') return value
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : null
  } catch {
    return null
  }
}

/** What is sent; the server judges it and says what it refuses. */
export function orderOf(draft: Draft): z.input<typeof ChaosOrder> {
  const { fallbackSeconds, fallbackMacro } = draft
  return {
    name: draft.name,
    hypothesis: draft.hypothesis,
    target: targetOf(draft),
    environment: draft.environment,
    injection: injectionOf(draft),
    ratePerMinute: Number(draft.ratePerMinute),
    durationSeconds: Number(draft.durationSeconds),
    settleSeconds: Number(draft.settleSeconds),
    steadyState: draft.steadyState.map(lineOf),
    abortWhen: draft.abortWhen.map(lineOf),
    expectedFallback:
      fallbackSeconds.trim() === ''
        ? null
        : { withinMs: Math.round(Number(fallbackSeconds) * 1000), macro: fallbackMacro === '' ? null : fallbackMacro },
    live: draft.live,
    schedule: draft.schedule.trim() === '' ? null : draft.schedule.trim(),
    timeZone: draft.timeZone,
    enabled: draft.enabled,
  }
}

function targetOf({ target, agentId, macro, metric }: Draft): ChaosTarget {
  if (target === 'agent') return { kind: target, agentId }
  return target === 'macro' ? { kind: target, name: macro } : { kind: target, metric: metric.trim() }
}

function injectionOf(draft: Draft): z.input<typeof ChaosOrder>['injection'] {
  switch (draft.injection) {
    case 'qa-failures':
      return { kind: 'qa-failures', metric: draft.judgedMetric.trim() }
    case 'executions':
      return { kind: 'executions', outcome: draft.outcome, latencyMs: Math.round(Number(draft.latencySeconds) * 1000) }
    case 'dependency-change': {
      const schema = schemaOf(draft.schema) ?? true
      return { kind: 'dependency-change', dependency: draft.dependency.trim(), version: draft.version.trim(), schema }
    }
    case 'receiver-fault':
      return { kind: 'receiver-fault', fault: draft.fault, faultMs: Math.round(Number(draft.faultSeconds) * 1000) }
  }
}
