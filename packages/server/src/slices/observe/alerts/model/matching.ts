import type { AlertMatcher, Labels } from '@metaagent/contract'
import { wholePattern } from '../../../../kernel/whole-pattern.ts'

/** Whether a label set fits. */
export type LabelTest = (labels: Labels) => boolean

/**
 * All of the matchers at once, compiled. A missing label counts as the empty text, as in Alertmanager. Matchers were
 * checked when they were saved; a pattern that does not compile fits nothing.
 */
export function compileMatchers(matchers: readonly AlertMatcher[]): LabelTest {
  const tests = matchers.map(compileMatcher)
  return (labels) => tests.every((test) => test(labels))
}

function compileMatcher({ name, operator, value }: AlertMatcher): LabelTest {
  if (operator === '=') return (labels) => (labels[name] ?? '') === value
  if (operator === '!=') return (labels) => (labels[name] ?? '') !== value
  const pattern = wholePattern(value)
  if (pattern === null) return () => false
  return operator === '=~'
    ? (labels) => pattern.matches(labels[name] ?? '')
    : (labels) => !pattern.matches(labels[name] ?? '')
}

/** The first matcher whose pattern is none, as a sentence; null when all are good. */
export function matcherFault(matchers: readonly AlertMatcher[]): string | null {
  const bad = matchers.find(({ operator, value }) => operator.endsWith('~') && wholePattern(value) === null)
  return bad === undefined ? null : `"${bad.value}" is no RE2 pattern (matcher of the label ${bad.name}).`
}

/** Whether the matchers fit the empty label set: such a silence would mute everything. */
export function matchesEverything(matchers: readonly AlertMatcher[]): boolean {
  return compileMatchers(matchers)({})
}

/** As Alertmanager writes a matcher: `severity="critical"`. */
export function matcherText({ name, operator, value }: AlertMatcher): string {
  return `${name}${operator}${JSON.stringify(value)}`
}
