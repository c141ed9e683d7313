import { DriftMethodChoice, type DriftRule, type DriftStreamKind } from '@metaagent/contract'

type MethodName = DriftMethodChoice['name']

/** The methods that the server takes for streams of each kind. */
export const methodsOf: Readonly<Record<DriftStreamKind, readonly MethodName[]>> = {
  judge: ['e-detector', 'repeated-failures', 'adwin', 'page-hinkley', 'cusum', 'ddm', 'windowed-counts'],
  agent: ['e-detector', 'repeated-failures', 'adwin', 'page-hinkley', 'cusum', 'ddm', 'windowed-counts'],
  check: ['repeated-failures', 'e-detector', 'adwin', 'page-hinkley', 'cusum', 'ddm', 'windowed-counts'],
  disabled: ['hard-events'],
  coverage: ['coverage-loss', 'adwin', 'surprise', 'page-hinkley', 'cusum'],
  figure: ['e-detector', 'surprise', 'page-hinkley', 'cusum'],
}

/** A method with its defaults; what has none begins with values for shares. */
export function methodNamed(name: MethodName): DriftMethodChoice {
  return DriftMethodChoice.parse(name === 'cusum' ? { name, mean: 0, standardDeviation: 1 } : { name })
}

export function newRule(kind: DriftStreamKind): DriftRule {
  const [first = 'e-detector'] = methodsOf[kind]
  return { kind, metric: null, judge: null, agentId: null, method: methodNamed(first) }
}

/** The same rule for another kind of streams; its method stays where it may watch them. */
export function ruleOfKind(rule: DriftRule, kind: DriftStreamKind): DriftRule {
  const isKept = methodsOf[kind].includes(rule.method.name)
  const judge = kind === 'judge' ? rule.judge : null
  return { ...rule, kind, judge, method: isKept ? rule.method : newRule(kind).method }
}

/** The parameters of a method that are numbers, with their names; while one is typed it may be a text. */
export function numbersOf(method: DriftMethodChoice): readonly (readonly [key: string, value: number | string])[] {
  const values: readonly (readonly [string, number | string])[] = Object.entries(method)
  return values.filter(([key]) => key !== 'name' && key !== 'side')
}

/** The method with a parameter changed, as it was typed; whether it fits is told by `faultOf`. */
export function withParameter(method: DriftMethodChoice, key: string, value: number | string): DriftMethodChoice {
  return Object.assign({}, method, { [key]: value })
}

/** What is wrong with a parameter; null: nothing. */
export function faultOf(method: DriftMethodChoice, key: string): string | null {
  const read = DriftMethodChoice.safeParse(method)
  return read.success ? null : (read.error.issues.find(({ path }) => path[0] === key)?.message ?? null)
}

export const isWhole = (rules: readonly DriftRule[]) =>
  rules.every(({ method }) => DriftMethodChoice.safeParse(method).success)
