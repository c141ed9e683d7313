import type { MaskingAllowList, MaskingRule, MaskingSettings } from '@metaagent/contract'
import { RE2JS } from 're2js'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Found } from '../model/found.ts'
import { type MaskingPolicy, normalized, type OwnRule } from '../model/policy.ts'

/** Instructions of RE2's program; time for a text is its length times this at the most. */
const largestProgram = 2_000

/**
 * Settings made ready for rows. Refuses with `not-processable` what is not RE2, a rule that finds nothing in its own
 * sample, one that finds the empty text, and two rules of one name. RE2 runs in linear time, so no pattern can be slow
 * by catastrophe; the sample is tried here, before anything is saved.
 */
export function compileSettings(settings: MaskingSettings): Result<MaskingPolicy> {
  const { mode, classes, storeInputs, storeOutputs } = settings
  const names = settings.rules.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) return refuse('not-processable', `Two rules are called ${twice}. Give one another name.`)
  const rules: OwnRule[] = []
  for (const rule of settings.rules) {
    const compiled = compileRule(rule)
    if (!compiled.ok) return compiled
    rules.push(compiled.value)
  }
  const allowed = compileAllowList(settings.allow)
  if (!allowed.ok) return allowed
  return ok({ mode, classes: new Set(classes), rules, isAllowed: allowed.value, storeInputs, storeOutputs })
}

function compileRule({ name, pattern, sample }: MaskingRule): Result<OwnRule> {
  const compiled = compile(pattern, `The pattern of rule ${name}`)
  if (!compiled.ok) return compiled
  const expression = compiled.value
  if (expression.matcher('').find())
    return refuse('not-processable', `The pattern of rule ${name} matches the empty text. Make it match something.`)
  const find: OwnRule['find'] = (text) => {
    // `test` takes a fraction of what a matcher with its groups does.
    if (!expression.test(text)) return []
    const found: { start: number; end: number }[] = []
    const matcher = expression.matcher(text)
    while (matcher.find()) found.push({ start: matcher.start(), end: matcher.end() })
    return found
  }
  if (!find(sample).some(({ start, end }) => end > start))
    return refuse('not-processable', `Rule ${name} finds nothing in its own sample. Correct the pattern or the sample.`)
  return ok({ name, find })
}

function compile(pattern: string, what: string): Result<RE2JS> {
  try {
    const expression = RE2JS.compile(pattern)
    if (expression.programSize() > largestProgram)
      return refuse('not-processable', `${what} grows too large by its repetitions. Make it shorter.`)
    return ok(expression)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return refuse(
      'not-processable',
      `${what} is no RE2 expression: ${reason}. Look-around and back-references are not in it.`,
    )
  }
}

function compileAllowList({ values, domains, patterns }: MaskingAllowList): Result<MaskingPolicy['isAllowed']> {
  const expressions: RE2JS[] = []
  for (const pattern of patterns) {
    const compiled = compile(pattern, `The exception ${pattern}`)
    if (!compiled.ok) return compiled
    expressions.push(compiled.value)
  }
  const isDomain = domainTest(domains)
  return ok((found: Found, value: string) => {
    if (found.class === 'secret') return false
    const form = normalized(found.class, value)
    return (
      values.some((allowed) => normalized(found.class, allowed) === form) ||
      (found.class === 'email' && isDomain(form.slice(form.lastIndexOf('@') + 1))) ||
      expressions.some((expression) => expression.matches(value))
    )
  })
}

function domainTest(domains: readonly string[]): (domain: string) => boolean {
  return (domain) => domains.some((allowed) => domain === allowed || domain.endsWith(`.${allowed}`))
}
