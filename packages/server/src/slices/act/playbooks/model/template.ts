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
