import type { Because, Impact, MaskingSettings, MaskingSummary } from '@metaagent/contract'

export interface WeighedChange {
  readonly impact: Impact
  readonly because: Because
}

/**
 * How much a change of masking matters: HIGH when something that was masked or thrown away would be stored in clear,
 * MODERATE when it would be kept under a key, LOW when less is kept. Null: nothing changes.
 */
export function weighChange(from: MaskingSettings, to: MaskingSettings): WeighedChange | null {
  const weaker = weakened(from, to)
  if (weaker !== null) return weaker
  if (from.mode === 'mask' && to.mode === 'token')
    return {
      impact: 'MODERATE',
      because: because(
        'values-become-recoverable',
        to.mode,
        from.mode,
        'Values that are gone today would be kept under a key.',
      ),
    }
  if (isSame(from, to)) return null
  return {
    impact: 'LOW',
    because: because('masks-no-less', null, null, 'Nothing that is masked today would be stored in clear.'),
  }
}

function weakened(from: MaskingSettings, to: MaskingSettings): WeighedChange | null {
  const classes = from.classes.filter((kind) => !to.classes.includes(kind))
  if (classes.length > 0)
    return high(
      'class-switched-off',
      classes.join(', '),
      `Values of these classes would be stored in clear: ${classes.join(', ')}.`,
    )
  const rules = from.rules
    .filter((rule) => !to.rules.some(({ pattern }) => pattern === rule.pattern))
    .map(({ name }) => name)
  if (rules.length > 0)
    return high(
      'rule-taken-away',
      rules.join(', '),
      `What these rules find would be stored in clear: ${rules.join(', ')}.`,
    )
  const allowed = (['values', 'domains', 'patterns'] as const).map(
    (list) => to.allow[list].filter((one) => !from.allow[list].includes(one)).length,
  )
  const exceptions = allowed.reduce((sum, count) => sum + count, 0)
  if (exceptions > 0)
    return high('exception-added', exceptions, `${exceptions} more exceptions would be stored in clear.`)
  if (to.storeInputs && !from.storeInputs) return high('inputs-stored', 'on', 'Inputs would be stored again.')
  if (to.storeOutputs && !from.storeOutputs) return high('outputs-stored', 'on', 'Outputs would be stored again.')
  return null
}

function high(rule: string, observed: string | number, text: string): WeighedChange {
  return { impact: 'HIGH', because: because(rule, observed, null, text) }
}

function because(rule: string, observed: Because['observed'], limit: Because['limit'], text: string): Because {
  return { rule, observed, limit, text }
}

/** Whether two settings say the same; the order of lists says nothing. */
export function isSame(a: MaskingSettings, b: MaskingSettings): boolean {
  return JSON.stringify(ordered(a)) === JSON.stringify(ordered(b))
}

function ordered({ mode, classes, rules, allow, storeInputs, storeOutputs }: MaskingSettings): unknown {
  const { values, domains, patterns } = allow
  const named = rules.map(({ name, pattern, sample }) => [name, pattern, sample].join('\n'))
  return [
    mode,
    storeInputs,
    storeOutputs,
    ...[classes, named, values, domains, patterns].map((list) => list.toSorted()),
  ]
}

/** The settings without a word of what their lists hold: exceptions and samples may name people. */
export function summaryOf(settings: MaskingSettings): MaskingSummary {
  const { mode, classes, rules, allow, storeInputs, storeOutputs } = settings
  return {
    mode,
    classes: [...classes],
    rules: rules.map(({ name }) => name),
    allowedValues: allow.values.length,
    allowedDomains: allow.domains.length,
    allowedPatterns: allow.patterns.length,
    storeInputs,
    storeOutputs,
  }
}
