import type { Because, JsonValue, MacroDefinition, MacroProblem } from '@metaagent/contract'
import type { Tx } from '../../../../ports/store.ts'
import { type DefinitionProblem, definitionProblems } from '../model/definition.ts'
import { runnable } from '../model/runnable.ts'
import { selectMacros } from '../store/macros.ts'
import { allExecutors, executorOf } from './executors.ts'
import { npmVersions, schemaFault } from './schemas.ts'
import { StartArguments } from './step-start-macro.ts'

/** Every problem of a definition, each with its place. `name`: of the macro that it is to be, for loops. */
export async function problemsOf(
  tx: Tx,
  name: string | null,
  definition: MacroDefinition,
): Promise<readonly MacroProblem[]> {
  const kinds = new Set(allExecutors().map(({ kind }) => kind))
  return [
    ...definitionProblems(runnable(definition), kinds).map(worded),
    ...schemaProblems(definition),
    ...dependencyProblems(definition),
    ...definition.steps.flatMap((step, at) => stepProblems(step, at, definition.timeoutMs)),
    ...(await loopProblems(tx, name, definition)),
  ]
}

const sentences: Readonly<Record<DefinitionProblem['because']['rule'], string>> = {
  'no-steps': 'A macro needs at least one step.',
  'unknown-kind': 'No part of this server carries out steps of this kind.',
  'duplicate-name': 'Another step has this name.',
  'name-unwritable': 'A name of a step has letters, digits, - and _ only, so that templates can name it.',
  'reference-unknown': 'The template names something that there is not.',
  'reference-not-before': 'The template names a step that does not come before this one.',
  'input-unknown': 'The template names an input that the schema of inputs does not declare.',
  'out-of-range': 'The number is too small.',
  'idempotency-key-empty': 'The idempotency key is empty.',
  'idempotency-key-shared': 'Another step has this idempotency key.',
  'compensation-unreachable': 'Nothing comes after the last step, so nothing ever undoes it.',
}

function worded({ path, because }: DefinitionProblem): MacroProblem {
  return { path, because: { ...because, text: sentences[because.rule] } }
}

function problem(path: string, rule: string, text: string, observed: Because['observed'] = null): MacroProblem {
  return { path, because: { rule, observed, limit: null, text } }
}

function schemaProblems({ inputs, dependencies }: MacroDefinition): readonly MacroProblem[] {
  const places: readonly (readonly [string, JsonValue])[] = [
    ['/inputs', inputs],
    ...dependencies.map(({ schema }, at) => [`/dependencies/${at}/schema`, schema] as const),
  ]
  return places.flatMap(([path, schema]) => {
    const fault = schemaFault(schema)
    return fault === null ? [] : [problem(path, 'schema-invalid', `This is no JSON Schema that can be used: ${fault}`)]
  })
}

function dependencyProblems({ dependencies }: MacroDefinition): readonly MacroProblem[] {
  return dependencies.flatMap(({ range, name, direction }, at) => {
    const first = dependencies.findIndex((one) => one.name === name && one.direction === direction)
    return [
      ...(npmVersions.isRange(range)
        ? []
        : [problem(`/dependencies/${at}/range`, 'range-invalid', 'Write a range as npm does: ^2.1.0.', range)]),
      ...(first === at
        ? []
        : [
            problem(
              `/dependencies/${at}/name`,
              'dependency-twice',
              `It stands at /dependencies/${first} already.`,
              name,
            ),
          ]),
    ]
  })
}

function stepProblems(
  step: MacroDefinition['steps'][number],
  at: number,
  macroTimeoutMs: number,
): readonly MacroProblem[] {
  const path = `/steps/${at}`
  const executor = executorOf(step.kind)
  const longest = executor?.timeoutMaxMs ?? Number.POSITIVE_INFINITY
  const tooLong =
    step.timeoutMs > longest
      ? `A step of the kind ${step.kind} may take ${longest} ms.`
      : step.timeoutMs > macroTimeoutMs
        ? `The whole macro may take ${macroTimeoutMs} ms (/timeoutMs), so a step cannot take longer.`
        : null
  const timeout = tooLong === null ? [] : [problem(`${path}/timeoutMs`, 'out-of-range', tooLong, step.timeoutMs)]
  const undoing = step.compensation
  return [
    ...timeout,
    ...argumentProblems(step, `${path}/arguments`),
    ...(undoing === null ? [] : argumentProblems(undoing, `${path}/compensation/arguments`)),
  ]
}

function argumentProblems(
  action: { readonly kind: string; readonly arguments: Readonly<Record<string, JsonValue>> },
  path: string,
): readonly MacroProblem[] {
  const parsed = executorOf(action.kind)?.arguments.safeParse(action.arguments)
  return (parsed?.error?.issues ?? []).flatMap((issue) => {
    // What a template becomes is known when the step runs, and judged then.
    if (isTemplate(valueAt(action.arguments, issue.path))) return []
    const where = [path, ...issue.path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))]
    return [problem(where.join('/'), 'arguments-refused', `${issue.message}.`)]
  })
}

function valueAt(value: JsonValue, path: readonly PropertyKey[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<PropertyKey, JsonValue>)[key]
        : undefined,
    value,
  )
}

function isTemplate(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value.includes('{{')
}

/** Macros that this one starts, or undoes by starting, with their places. */
function started(definition: MacroDefinition): readonly { readonly macro: string; readonly path: string }[] {
  return definition.steps.flatMap((step, at) =>
    [
      { action: step, path: `/steps/${at}/arguments/macro` },
      ...(step.compensation === null
        ? []
        : [{ action: step.compensation, path: `/steps/${at}/compensation/arguments/macro` }]),
    ].flatMap(({ action, path }) => {
      const parsed = action.kind === 'start-macro' ? StartArguments.safeParse(action.arguments) : null
      return parsed?.success === true ? [{ macro: parsed.data.macro, path }] : []
    }),
  )
}

/** A macro that starts itself, or leads to one that starts it, would never end. */
async function loopProblems(
  tx: Tx,
  name: string | null,
  definition: MacroDefinition,
): Promise<readonly MacroProblem[]> {
  const calls = started(definition)
  if (calls.length === 0) return []
  const known = new Map((await selectMacros(tx)).map((macro) => [macro.name, started(macro.definition)]))
  return calls.flatMap(({ macro, path }) => {
    if (macro !== name && !known.has(macro))
      return [problem(path, 'macro-unknown', `There is no macro named "${macro}".`, macro)]
    const way = name === null ? null : wayTo(name, macro, known)
    return way === null
      ? []
      : [problem(path, 'macro-loop', `It would start itself: ${[name, ...way].join(' → ')}.`, macro)]
  })
}

/** The macros on the way from one to another that it would start; null when none leads there. */
function wayTo(
  goal: string,
  from: string,
  known: ReadonlyMap<string, readonly { readonly macro: string }[]>,
): readonly string[] | null {
  const queue: (readonly string[])[] = [[from]]
  const seen = new Set<string>()
  for (const way of queue) {
    const at = way.at(-1) ?? ''
    if (at === goal) return way
    if (seen.has(at)) continue
    seen.add(at)
    queue.push(...(known.get(at) ?? []).map(({ macro }) => [...way, macro]))
  }
  return null
}
