import type { Because, ChaosOrder, Impact } from '@metaagent/contract'

export type ChaosDefinition = Omit<ChaosOrder, 'approvalId' | 'reason'>

/** More than this is a load test. */
const plannedMost = 50_000

/** How many injections a run makes at the most. A publication is simulated once. */
export function plannedInjections({ injection, ratePerMinute, durationSeconds }: ChaosDefinition): number {
  if (injection.kind === 'dependency-change') return 1
  return Math.max(1, Math.floor((ratePerMinute * durationSeconds) / 60))
}

/** What contradicts itself in a definition, as a sentence; null: it can be kept. */
export function definitionFault(definition: ChaosDefinition): string | null {
  const { target, injection, expectedFallback, steadyState, abortWhen } = definition
  if (injection.kind === 'executions' && target.kind !== 'agent')
    return 'Executions are simulated of an agent. Name an agent as the target, or inject QA failures.'
  if (injection.kind === 'dependency-change' && target.kind !== 'macro')
    return 'A change of a dependency is simulated for a macro. Name a macro as the target.'
  if (expectedFallback !== null && (target.kind === 'metric' || injection.kind === 'receiver-fault'))
    return 'No fallback can fire here: policies watch agents and macros. Leave expectedFallback out.'
  const hasSignals = injection.kind === 'receiver-fault'
  if (!hasSignals && [...steadyState, ...abortWhen].some(({ kind }) => kind === 'delivery-p95'))
    return 'Only a receiver-fault sends signals whose delivery can be measured. Leave delivery-p95 out.'
  const planned = plannedInjections(definition)
  if (planned > plannedMost) return `That would be ${planned} injections; ${plannedMost} are the most.`
  return null
}

export interface Weighed {
  readonly impact: Impact
  readonly because: Because
}

/** What a run may do: with fallbacks that act for real it is HIGH; what is computed alone is LOW; else MODERATE. */
export function weighRun({ live, injection }: ChaosDefinition): Weighed {
  if (injection.kind === 'dependency-change' && !live)
    return weighed('LOW', 'computed-alone', 'What a publication would block is computed; nothing is published.')
  if (live) return weighed('HIGH', 'fallbacks-act', 'Fallbacks that fire do what they do, outside too.')
  return weighed('MODERATE', 'simulated', 'Failures are simulated; fallbacks that fire tell what they would do.')
}

/** To keep an experiment starts nothing, unless its schedule does. */
export function weighSave(definition: ChaosDefinition): Weighed {
  if (definition.enabled && definition.schedule !== null) return weighRun(definition)
  return weighed('LOW', 'starts-nothing', 'The experiment starts by hand alone.')
}

function weighed(impact: Impact, rule: string, text: string): Weighed {
  return { impact, because: { rule, observed: null, limit: null, text } }
}
