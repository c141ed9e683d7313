import type { AlertSeverity, Because, Impact } from '@metaagent/contract'

export interface Weight {
  readonly impact: Impact
  readonly because: Because
}

const bySeverity: Readonly<Record<AlertSeverity, Impact>> = { info: 'MODERATE', warning: 'HIGH', critical: 'CRITICAL' }

/**
 * What an amendment counts as in the approval matrix: by its severity, and at least HIGH where lines go that are in force,
 * since a requirement may be among them. Never below MODERATE: whoever writes an amendment also says how grave it is.
 */
export function weighAmendment(asked: { readonly severity: AlertSeverity; readonly removedLines: number }): Weight {
  const { severity, removedLines } = asked
  const impact = bySeverity[severity]
  if (impact === 'MODERATE' && removedLines > 0)
    return {
      impact: 'HIGH',
      because: {
        rule: 'takes-away-what-is-in-force',
        observed: removedLines,
        limit: 0,
        text: `${removedLines} ${removedLines === 1 ? 'line' : 'lines'} in force would change or go, which counts as HIGH.`,
      },
    }
  return {
    impact,
    because: {
      rule: 'impact-by-severity',
      observed: severity,
      limit: null,
      text: `An amendment of severity ${severity} counts as ${impact}.`,
    },
  }
}
