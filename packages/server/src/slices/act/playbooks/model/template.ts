import type { JsonValue } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'

/** What a template may name: `{{execution.id}}`, `{{inputs.a.b}}`, `{{steps.NAME.a.b}}` (the output of that step). */
export interface TemplateScope {
  readonly executionId: string
  readonly inputs: unknown
  readonly outputs: Readonly<Record<string, unknown>>
}

export type Reference =
  | { readonly kind: 'execution' }
  | { readonly kind: 'input'; readonly path: readonly string[] }
  | { readonly kind: 'step'; readonly step: string; readonly path: readonly string[] }
  | { readonly kind: 'unknown'; readonly text: string }

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g

/** Every reference of a template, in the order in which they stand. */
export function referencesOf(template: string): readonly Reference[] {
  return [...template.matchAll(placeholder)].map((match) => referenceOf(match[1] ?? ''))
}

/** The template with everything filled in; null if something that it names is absent or null. */
export function filled(template: string, scope: TemplateScope): string | null {
  const values = referencesOf(template).map((reference) => valueOf(reference, scope))
  if (values.some((value) => value === undefined || value === null)) return null
  let at = 0
  return template.replaceAll(placeholder, () => {
    const value = values[at++]
    return typeof value === 'string' ? value : canonicalJson(value)
  })
}

function referenceOf(text: string): Reference {
  const [head, ...path] = text.split('.')
  if (text === 'execution.id') return { kind: 'execution' }
  const named = path.length > 0 && path.every((part) => part !== '')
  if (head === 'inputs' && named) return { kind: 'input', path }
  if (head === 'steps' && named) return { kind: 'step', step: path[0] as string, path: path.slice(1) }
  return { kind: 'unknown', text }
}

function valueOf(reference: Reference, scope: TemplateScope): unknown {
  if (reference.kind === 'execution') return scope.executionId
  if (reference.kind === 'input') return within(scope.inputs, reference.path)
  if (reference.kind === 'step') return within(scope.outputs, [reference.step, ...reference.path])
  return null
}

function within(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : null,
    value,
  )
}

/**
 * A value with every text in it filled in. A text that is one placeholder alone becomes what it names, whatever its type.
 * Null when something that is named is absent or null.
 */
export function filledValue(value: JsonValue, scope: TemplateScope): JsonValue | null {
  const missing: string[] = []
  const filledIn = mapTexts(value, (text) => {
    const whole = wholeReference(text)
    if (whole !== null) {
      const found = valueOf(whole, scope)
      if (found !== undefined && found !== null) return found as JsonValue
      missing.push(text)
      return text
    }
    const done = filled(text, scope)
    if (done === null) missing.push(text)
    return done ?? text
  })
  return missing.length > 0 ? null : filledIn
}

/** The same as far as it is known: a text that names what is absent stays as it is written. */
export function filledAsFarAsKnown(value: JsonValue, scope: TemplateScope): JsonValue {
  return mapTexts(value, (text) => {
    const whole = wholeReference(text)
    if (whole === null) return filled(text, scope) ?? text
    const found = valueOf(whole, scope)
    return found === undefined || found === null ? text : (found as JsonValue)
  })
}

function wholeReference(text: string): Reference | null {
  const [only] = referencesOf(text)
  return only !== undefined && /^\{\{[^{}]*\}\}$/.test(text.trim()) ? only : null
}

function mapTexts(value: JsonValue, change: (text: string) => JsonValue): JsonValue {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part) => mapTexts(part, change))
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapTexts(part, change)]))
}
