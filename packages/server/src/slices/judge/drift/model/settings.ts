import { DriftMethodChoice, type DriftRule, type DriftSettings, type DriftStreamName } from '@metaagent/contract'

/** Methods that read failures and successes, or rates of them. */
const forRates = [
  'e-detector',
  'repeated-failures',
  'adwin',
  'page-hinkley',
  'cusum',
  'ddm',
  'windowed-counts',
] as const
/** Methods that read any value, whatever its unit. */
const forValues = ['surprise', 'page-hinkley', 'cusum'] as const

const methodsOf: Readonly<Record<DriftRule['kind'], readonly DriftMethodChoice['name'][]>> = {
  judge: forRates,
  agent: forRates,
  check: forRates,
  disabled: ['hard-events'],
  coverage: ['coverage-loss', 'adwin', ...forValues],
  figure: ['e-detector', ...forValues],
}

const usual = (kind: DriftRule['kind'], name: DriftMethodChoice['name']): DriftRule => ({
  kind,
  metric: null,
  judge: null,
  agentId: null,
  method: DriftMethodChoice.parse({ name }),
})

/** What watches a stream that no rule of the organization's own fits. */
export const defaultRules: readonly DriftRule[] = [
  usual('judge', 'e-detector'),
  usual('agent', 'e-detector'),
  usual('check', 'repeated-failures'),
  usual('disabled', 'hard-events'),
  usual('coverage', 'coverage-loss'),
  usual('figure', 'e-detector'),
]

/** What is wrong with settings, as a sentence; null: nothing. */
export function settingsFault({ rules }: DriftSettings): string | null {
  for (const [at, { kind, method }] of rules.entries()) {
    const allowed = methodsOf[kind]
    const place = `Rule ${at + 1}:`
    if (!allowed.includes(method.name))
      return `${place} ${method.name} cannot watch streams of kind ${kind}. Take one of ${allowed.join(', ')}.`
    if (method.name === 'windowed-counts' && method.failuresMin > method.windowRows)
      return `${place} ${method.failuresMin} failures never stand in a window of ${method.windowRows} rows.`
  }
  return null
}

/** The method of a stream: by the first rule that fits it, the organization's own before the defaults. */
export function methodOf(name: DriftStreamName, { rules }: DriftSettings): DriftMethodChoice {
  const fitting = [...rules, ...defaultRules].find((rule) => fits(rule, name))
  if (fitting === undefined) throw new Error(`no default rule fits streams of kind ${name.kind}`)
  return fitting.method
}

function fits(rule: DriftRule, name: DriftStreamName): boolean {
  if (rule.kind !== name.kind || (rule.agentId !== null && rule.agentId !== name.agentId)) return false
  return fitsPattern(rule.metric, name.metric) && (rule.judge === null || fitsPattern(rule.judge, name.judge ?? ''))
}

/** `*` stands for any text; greedy from the left, which needs no backtracking over more than the last star. */
export function fitsPattern(pattern: string | null, text: string): boolean {
  if (pattern === null) return true
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return text === pattern
  const last = rest.pop() ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let from = first.length
  for (const part of rest) {
    const found = text.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return from <= text.length - last.length
}
