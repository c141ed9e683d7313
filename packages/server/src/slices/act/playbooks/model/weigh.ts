import type { Because, Impact } from '@metaagent/contract'

const order: readonly Impact[] = ['MINIMAL', 'LOW', 'MODERATE', 'HIGH', 'CRITICAL']

/** What of a macro decides how much its change weighs. */
export interface MacroStanding {
  readonly enabled: boolean
  readonly impact: Impact
  readonly environments: readonly string[]
  readonly definitionDigest: string
}

export interface WeighedSave {
  readonly impact: Impact
  readonly because: Because
}

/**
 * What saving a macro weighs. A draft weighs little, since nothing starts it. Putting a macro into force is MODERATE, and
 * so is taking it out; changing one that is in force changes a strategy of recovery: HIGH (DESIGN §7). Never less than
 * running it would weigh, before or after, once it is in force.
 */
export function weighSave(before: MacroStanding | null, after: MacroStanding): WeighedSave {
  const wasEnabled = before?.enabled === true
  if (!wasEnabled && !after.enabled) return weighed('LOW', 'draft', 'Nothing starts a macro that is not enabled.')
  if (before !== null && wasEnabled && !after.enabled)
    return weighed('MODERATE', 'taken-out-of-force', 'Whatever relies on this macro finds it switched off.')
  const own = greatest(before !== null && wasEnabled ? [before.impact, after.impact] : [after.impact])
  if (!wasEnabled)
    return weighed(greatest(['MODERATE', own]), 'put-into-force', 'The macro can be started from now on.')
  if (before !== null && isSame(before, after))
    return weighed('LOW', 'says-the-same', 'What the macro does, and where, stays as it is.')
  return weighed(greatest(['HIGH', own]), 'changed-in-force', 'A strategy of recovery that is in force is changed.')
}

function isSame(before: MacroStanding, after: MacroStanding): boolean {
  const wider = after.environments.some((environment) => !before.environments.includes(environment))
  return before.definitionDigest === after.definitionDigest && before.impact === after.impact && !wider
}

function greatest(impacts: readonly Impact[]): Impact {
  return impacts.reduce((worst, impact) => (order.indexOf(impact) > order.indexOf(worst) ? impact : worst), 'MINIMAL')
}

function weighed(impact: Impact, rule: string, text: string): WeighedSave {
  return { impact, because: { rule, observed: null, limit: impact, text } }
}
