import { sameContent } from './content.ts'
import { type Fields, fieldsOf, listOf, type MappedInput, mapInput } from './inputs.ts'
import { type Meaning, meaningOf, membersOf } from './meanings.ts'
import { reasonToDrop } from './reasons.ts'

/** What became of one expectation. */
export type RowVerdict =
  | { readonly kind: 'held' | 'wrong'; readonly neutral: boolean; readonly detail: string }
  /** Vendor-neutral by its keys, but not compared, for this reason. */
  | { readonly kind: 'dropped'; readonly reason: string; readonly detail: string }
  /** The expectation is about something that we do not have: the original's own events, metadata, counters. */
  | { readonly kind: 'not ours' }

export interface CaseReport {
  readonly test: string
  readonly crash: string | null
  readonly rows: readonly RowVerdict[]
}

/** Maps a recorded case and holds every expectation that translates against what came out. */
export function checkCase(recorded: unknown): CaseReport {
  const one = fieldsOf(recorded)
  const test = String(one['test']).split(' > ').slice(1).join(' > ')
  try {
    const inputs = listOf(one['inputs']).map(mapInput)
    const expectations = listOf(one['expect']).map(fieldsOf)
    const rows = expectations.flatMap((expectation, index) =>
      checkExpectation(test, expectation, inputsOf(expectation, index, expectations, inputs)),
    )
    return { test, crash: null, rows }
  } catch (error) {
    return { test, crash: error instanceof Error ? (error.stack ?? error.message) : String(error), rows: [] }
  }
}

/** A path that comes as often as there are inputs speaks of them one after the other. */
function inputsOf(
  { path }: Fields,
  index: number,
  expectations: readonly Fields[],
  inputs: readonly (readonly MappedInput[])[],
): readonly (readonly MappedInput[])[] {
  const alike = expectations.flatMap((other, at) => (other['path'] === path ? [at] : []))
  const own = inputs[alike.indexOf(index)]
  return inputs.length > 1 && alike.length === inputs.length && own !== undefined ? [own] : inputs
}

const notOurs: RowVerdict = { kind: 'not ours' }

function checkExpectation(
  test: string,
  { path, matcher, args }: Fields,
  inputs: readonly (readonly MappedInput[])[],
): readonly RowVerdict[] {
  const place = typeof path === 'string' ? placeOf(path) : null
  if (place === null || typeof matcher !== 'string') return [notOurs]
  const expected = expectedValue(matcher, listOf(args))
  if (expected === undefined || holdsExpression(expected)) return [notOurs]
  const rows = membersOf(place.field, place.each ? listOf(expected)[0] : expected)
  return rows.flatMap(([field, value]) => {
    const meaning = meaningOf(field)
    return meaning === null ? [notOurs] : [checkRow(test, place, meaning, value, inputs)]
  })
}

interface Place {
  /** Which input, from 0 on; null when the path does not say. */
  readonly input: number | null
  /** The type of observation that is looked for, where the path names one. */
  readonly type: string | null
  readonly field: string
  /** The path collects the field of every event. */
  readonly each: boolean
}

/** Reads a path over the original's list of events: `events2.find((e) => e.type === "tool-create").body.input`. */
function placeOf(path: string): Place | null {
  const mapped = /^events\.map\(\(event\) => event\.body\.(\w+)\)$/.exec(path)
  if (mapped?.[1] !== undefined) return { input: null, type: null, field: mapped[1], each: true }
  const direct = /^(?:directEvents\[0\]|convertEventRecordToObservationForEval\(\))\.?(.*)$/.exec(path)
  if (direct?.[1] !== undefined) return { input: null, type: null, field: direct[1], each: false }
  const events = /^events(\d*)\b(.*?)(?:\.body\.(.+)|\.(type))$/.exec(path)
  if (events === null) return null
  const [, number = '', selector = '', field, type] = events
  if (/\.(some|filter|length)\b/.test(selector) && !selector.endsWith(')[0]')) return null
  const named = /type === "([a-z]+)-create"/.exec(selector)?.[1] ?? null
  return {
    input: number === '' ? null : Number(number) - 1,
    type: named === 'trace' ? null : named,
    field: field ?? type ?? '',
    each: false,
  }
}

/** What a matcher wants the value to be; undefined for matchers that do not say. */
function expectedValue(matcher: string, args: readonly unknown[]): unknown {
  if (['toBe', 'toEqual', 'toStrictEqual', 'toMatchObject'].includes(matcher)) return args[0]
  return ['toBeNull', 'toBeUndefined', 'toBeFalsy'].includes(matcher) ? null : undefined
}

/** Part of an expectation may be another expression over the original's events. */
function holdsExpression(value: unknown): boolean {
  return JSON.stringify(value)?.includes('"$') === true
}

function checkRow(
  test: string,
  place: Place,
  meaning: Meaning,
  value: unknown,
  inputs: readonly (readonly MappedInput[])[],
): RowVerdict {
  const detail = `${test} | ${meaning.name}`
  const spans = place.input === null ? inputs.flat() : (inputs[place.input] ?? [])
  const found = spanOf(spans, place)
  if (found === null) return { kind: 'dropped', reason: 'several spans, and the path does not say which', detail }
  const keys = Object.keys(found.span?.attributes ?? {})
  // A kind that only the name of the span tells is no attribute row.
  const named = meaning.name === 'kind' && keys.length === 0
  const neutral =
    !named &&
    !Object.keys({ ...found.span?.attributes, ...found.span?.resource }).some((key) => meaning.stated.test(key))
  const reason = reasonToDrop(test, meaning.name, found)
  if (neutral && reason !== null) return { kind: 'dropped', reason, detail }
  if (found.mapped === null) return { kind: 'wrong', neutral, detail: `${detail}: refused, ${found.fault}` }
  const ours = meaning.ours(found.mapped)
  const theirs = meaning.theirs(value, found.mapped)
  return sameContent(ours, theirs)
    ? { kind: 'held', neutral, detail }
    : { kind: 'wrong', neutral, detail: `${detail}: expected ${JSON.stringify(theirs)}, seen ${JSON.stringify(ours)}` }
}

/** The span that a path speaks of: the only one, or the only one of the type that it names. */
function spanOf(spans: readonly MappedInput[], { type }: Place): MappedInput | null {
  const [first] = spans
  const attributes = JSON.stringify(first?.span?.attributes)
  if (first !== undefined && spans.every(({ span }) => JSON.stringify(span?.attributes) === attributes)) return first
  const kind = meaningOf('type')
  const ofType = spans.filter(
    ({ mapped }) => type !== null && mapped !== null && kind?.theirs(type, mapped) === mapped.action.kind,
  )
  return ofType.length === 1 ? (ofType[0] ?? null) : null
}
