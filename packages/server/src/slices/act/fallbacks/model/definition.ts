import type { Because, FallbackOrder, FallbackThresholds, Impact } from '@metaagent/contract'

export type FallbackDefinition = Omit<FallbackOrder, 'approvalId' | 'reason'>

/** What contradicts itself in a definition, as a sentence; null: it can be kept. */
export function definitionFault({ primary, fallbacks, thresholds }: FallbackDefinition): string | null {
  if (!drawsLine(thresholds))
    return 'Draw at least one line: failuresMax, successRateMin, latencyP95MsMax or healthStates.'
  if (primary.kind === 'macro' && thresholds.healthStates.length > 0)
    return 'A macro has no health state. Name states for an agent, or draw another line.'
  const names = fallbacks.map(({ macro }) => macro)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined)
    return `"${twice}" stands twice among the fallbacks. A fallback is started once in an incident.`
  if (primary.kind === 'macro' && names.includes(primary.name))
    return `"${primary.name}" is its own fallback. Name another macro.`
  return null
}

function drawsLine({ failuresMax, successRateMin, latencyP95MsMax, healthStates }: FallbackThresholds): boolean {
  return failuresMax !== null || successRateMin !== null || latencyP95MsMax !== null || healthStates.length > 0
}

export interface Weighed {
  readonly impact: Impact
  readonly because: Because
}

/**
 * What it would mean to have `after` in place of `before` (null: nothing). What starts nothing by itself is LOW; a new
 * strategy is MODERATE, as a new playbook is; to change or end one that works is HIGH. DESIGN §7.
 */
export function weighChange(before: FallbackDefinition | null, after: FallbackDefinition | null): Weighed {
  const was = before?.enabled === true
  const is = after?.enabled === true
  if (!was && !is) return weighed('LOW', 'starts-nothing', 'A policy that is off starts nothing.')
  if (!was) return weighed('MODERATE', 'new-strategy', 'A recovery strategy begins to start macros by itself.')
  return weighed('HIGH', 'changed-strategy', 'A recovery strategy that is in force changes or ends.')
}

function weighed(impact: Impact, rule: string, text: string): Weighed {
  return { impact, because: { rule, observed: null, limit: null, text } }
}
