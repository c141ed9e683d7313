import type { JsonSchema } from '../../../../kernel/json-schema/schema-difference.ts'
import { type Reference, referencesOf } from './template.ts'

export interface Retries {
  /** The first try included. */
  readonly attemptsMax: number
  /** Wait after the first failure; each further one is `factor` times as long, never above `backoffMaxMs`. */
  readonly backoffMs: number
  readonly factor: number
  readonly backoffMaxMs: number
}

/** What to do: a registered kind and its arguments, whose texts are templates. */
export interface StepAction {
  readonly kind: string
  readonly arguments: Readonly<Record<string, unknown>>
}

export interface Step extends StepAction {
  readonly name: string
  readonly timeoutMs: number
  readonly retries: Retries
  /** Template of the key under which the step takes effect once, however often it is released. */
  readonly idempotencyKey: string
  /** Undoes the step once a later one failed; null: nothing to undo. */
  readonly compensation: StepAction | null
}

/** Steps run one after another. */
export interface MacroDefinition {
  readonly inputs: JsonSchema
  readonly timeoutMs: number
  readonly steps: readonly Step[]
}

export interface DefinitionProblem {
  /** JSON pointer into the definition. */
  readonly path: string
  readonly because: {
    readonly rule:
      | 'no-steps'
      | 'unknown-kind'
      | 'duplicate-name'
      | 'name-unwritable'
      | 'reference-unknown'
      | 'reference-not-before'
      | 'input-unknown'
      | 'out-of-range'
      | 'idempotency-key-empty'
      | 'idempotency-key-shared'
      | 'compensation-unreachable'
    readonly observed: string | number | null
    readonly limit: string | number | null
  }
}

/** Every problem of a definition, in the order of its parts; none: it can run. `kinds` are the registered kinds of steps. */
export function definitionProblems(
  definition: MacroDefinition,
  kinds: ReadonlySet<string>,
): readonly DefinitionProblem[] {
  const { steps } = definition
  if (steps.length === 0) return [problem('/steps', 'no-steps', 0, 1)]
  return [
    ...least('/timeoutMs', definition.timeoutMs, 1),
    ...steps.flatMap((step, at) => [
      ...nameProblems(steps, at),
      ...limitProblems(step, `/steps/${at}`),
      ...actionProblems(definition, { action: step, path: `/steps/${at}`, before: at }, kinds),
      ...keyProblems(definition, at),
      ...compensationProblems(definition, at, kinds),
    ]),
  ]
}

type Rule = DefinitionProblem['because']['rule']

function problem(path: string, rule: Rule, observed: string | number | null, limit: string | number | null = null) {
  return { path, because: { rule, observed, limit } }
}

function least(path: string, observed: number, limit: number): readonly DefinitionProblem[] {
  return Number.isFinite(observed) && observed >= limit ? [] : [problem(path, 'out-of-range', observed, limit)]
}

function nameProblems(steps: readonly Step[], at: number): readonly DefinitionProblem[] {
  const name = steps[at]?.name ?? ''
  const path = `/steps/${at}/name`
  const first = steps.findIndex((step) => step.name === name)
  return [
    // References are split at dots.
    ...(/^[A-Za-z0-9_-]+$/.test(name) ? [] : [problem(path, 'name-unwritable', name, 'letters, digits, - and _')]),
    ...(first < at ? [problem(path, 'duplicate-name', name, `/steps/${first}/name`)] : []),
  ]
}

function limitProblems({ timeoutMs, retries }: Step, path: string): readonly DefinitionProblem[] {
  const attempts = Number.isInteger(retries.attemptsMax) ? retries.attemptsMax : Number.NaN
  return [
    ...least(`${path}/timeoutMs`, timeoutMs, 1),
    ...least(`${path}/retries/attemptsMax`, attempts, 1),
    ...least(`${path}/retries/backoffMs`, retries.backoffMs, 0),
    ...least(`${path}/retries/factor`, retries.factor, 1),
    ...least(`${path}/retries/backoffMaxMs`, retries.backoffMaxMs, retries.backoffMs),
  ]
}

interface Place {
  readonly action: StepAction
  readonly path: string
  /** How many steps are over by then. */
  readonly before: number
}

function actionProblems(
  definition: MacroDefinition,
  { action, path, before }: Place,
  kinds: ReadonlySet<string>,
): readonly DefinitionProblem[] {
  const known = [...kinds].toSorted().join(', ')
  return [
    ...(kinds.has(action.kind) ? [] : [problem(`${path}/kind`, 'unknown-kind', action.kind, known)]),
    ...textsOf(action.arguments, `${path}/arguments`).flatMap(([here, text]) =>
      referenceProblems(definition, { text, path: here, before }),
    ),
  ]
}

function keyProblems(definition: MacroDefinition, at: number): readonly DefinitionProblem[] {
  const text = definition.steps[at]?.idempotencyKey ?? ''
  const path = `/steps/${at}/idempotencyKey`
  const first = definition.steps.findIndex((step) => step.idempotencyKey === text)
  if (text.trim() === '') return [problem(path, 'idempotency-key-empty', text)]
  const shared = first < at ? [problem(path, 'idempotency-key-shared', text, `/steps/${first}/idempotencyKey`)] : []
  return [...shared, ...referenceProblems(definition, { text, path, before: at })]
}

/** What is undone are steps that succeeded before one that failed, so nothing ever undoes the last. */
function compensationProblems(
  definition: MacroDefinition,
  at: number,
  kinds: ReadonlySet<string>,
): readonly DefinitionProblem[] {
  const action = definition.steps[at]?.compensation ?? null
  if (action === null) return []
  const path = `/steps/${at}/compensation`
  const last = at === definition.steps.length - 1
  const unreachable = last ? [problem(path, 'compensation-unreachable', at, definition.steps.length - 2)] : []
  return [...unreachable, ...actionProblems(definition, { action, path, before: at + 1 }, kinds)]
}

function referenceProblems(
  { steps, inputs }: MacroDefinition,
  { text, path, before }: { readonly text: string; readonly path: string; readonly before: number },
): readonly DefinitionProblem[] {
  return referencesOf(text).flatMap((reference: Reference) => {
    if (reference.kind === 'unknown') return [problem(path, 'reference-unknown', reference.text)]
    if (reference.kind === 'input') {
      const name = reference.path[0] ?? ''
      return declares(inputs, name) ? [] : [problem(path, 'input-unknown', name)]
    }
    if (reference.kind === 'execution') return []
    const at = steps.findIndex((step) => step.name === reference.step)
    if (at < 0) return [problem(path, 'reference-unknown', reference.step)]
    return at < before ? [] : [problem(path, 'reference-not-before', at, before - 1)]
  })
}

function declares(inputs: JsonSchema, name: string): boolean {
  if (typeof inputs === 'boolean') return false
  const { properties } = inputs
  return typeof properties === 'object' && properties !== null && Object.hasOwn(properties, name)
}

/** Every text within a value, with its JSON pointer. */
function textsOf(value: unknown, path: string): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) =>
    textsOf(part, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}
