import { canonicalJson } from '../canonical-json.ts'
import type { Effect } from './difference.ts'

export type SchemaObject = Readonly<Record<string, unknown>>

/** Notes for people and places that only `$ref` leads to: they accept and refuse nothing by themselves. */
export const silentKeywords: ReadonlySet<string> = new Set(
  '$comment $defs $vocabulary definitions default deprecated description examples readOnly title writeOnly'.split(' '),
)

/** Keywords that other code walks into. */
export const walkedKeywords: ReadonlySet<string> = new Set(
  'properties additionalProperties patternProperties prefixItems items $ref'.split(' '),
)

/** Keywords that read each other: a group that differs in any of them differs as one. */
export const groups: readonly (readonly string[])[] = [
  ['contains', 'minContains', 'maxContains'],
  ['if', 'then', 'else'],
]

const lowerBounds = new Set('minimum exclusiveMinimum minLength minItems minProperties'.split(' '))
const upperBounds = new Set('maximum exclusiveMaximum maxLength maxItems maxProperties'.split(' '))
/** Present, each only takes away; so a new one narrows and a dropped one widens. */
const onlyNarrowing = new Set(
  'allOf anyOf oneOf not pattern format multipleOf propertyNames dependentRequired dependentSchemas'.split(' '),
)
const types = ['null', 'boolean', 'object', 'array', 'string', 'integer', 'number']

/** What the change of one keyword (not walked, not of a group) does, by its own meaning; `both` when nothing is known. */
export function keywordEffect(keyword: string, before: unknown, after: unknown): Effect {
  if (same(before, after)) return 'none'
  if (lowerBounds.has(keyword)) return boundEffect(lower(keyword, before), lower(keyword, after))
  if (upperBounds.has(keyword)) return boundEffect(-upper(before), -upper(after))
  if (keyword === 'type') return setEffect(typesOf(before), typesOf(after))
  if (keyword === 'required') return flipped(setEffect(namesOf(before), namesOf(after)))
  if (keyword === 'uniqueItems') return boundEffect(before === true ? 1 : 0, after === true ? 1 : 0)
  if (!onlyNarrowing.has(keyword)) return 'both'
  if (before === undefined) return 'narrows'
  if (after === undefined) return 'widens'
  if (keyword === 'anyOf') return setEffect(namesOf(before), namesOf(after))
  if (keyword === 'allOf') return flipped(setEffect(namesOf(before), namesOf(after)))
  if (keyword === 'multipleOf') return multipleEffect(before, after)
  return 'both'
}

/** The values that `enum` and `const` leave, each as canonical JSON; null while any value is left. */
export function valuesOf({ enum: listed, const: only }: SchemaObject): ReadonlySet<string> | null {
  const values = Array.isArray(listed) ? new Set(listed.map(textOf)) : null
  if (only === undefined) return values
  const one = textOf(only)
  return values === null || values.has(one) ? new Set([one]) : new Set()
}

export function valuesEffect(before: ReadonlySet<string> | null, after: ReadonlySet<string> | null): Effect {
  if (before === null) return after === null ? 'none' : 'narrows'
  return after === null ? 'widens' : setEffect(before, after)
}

export function same(one: unknown, other: unknown): boolean {
  return one === other || (one !== undefined && other !== undefined && textOf(one) === textOf(other))
}

export function textOf(value: unknown): string {
  return canonicalJson(value)
}

function setEffect(before: ReadonlySet<string>, after: ReadonlySet<string>): Effect {
  const grew = [...after].some((one) => !before.has(one))
  const shrank = [...before].some((one) => !after.has(one))
  return grew ? (shrank ? 'both' : 'widens') : shrank ? 'narrows' : 'none'
}

function flipped(effect: Effect): Effect {
  return effect === 'widens' ? 'narrows' : effect === 'narrows' ? 'widens' : effect
}

function boundEffect(before: number, after: number): Effect {
  if (Number.isNaN(before) || Number.isNaN(after)) return 'both'
  return after > before ? 'narrows' : after < before ? 'widens' : 'none'
}

function lower(keyword: string, bound: unknown): number {
  if (bound === undefined) return keyword.endsWith('inimum') ? -Infinity : 0
  return typeof bound === 'number' ? bound : Number.NaN
}

function upper(bound: unknown): number {
  return bound === undefined ? Infinity : typeof bound === 'number' ? bound : Number.NaN
}

/** Every integer is a number too. */
function typesOf(type: unknown): ReadonlySet<string> {
  const named = type === undefined ? types : namesOf(Array.isArray(type) ? type : [type], String)
  return new Set([...named].flatMap((name) => (name === 'number' ? ['number', 'integer'] : [name])))
}

function namesOf(listed: unknown, nameOf: (one: unknown) => string = textOf): ReadonlySet<string> {
  return new Set(Array.isArray(listed) ? listed.map(nameOf) : [])
}

/** Whole numbers alone: in floating point a multiple of a multiple need not be one. */
function multipleEffect(before: unknown, after: unknown): Effect {
  if (!Number.isSafeInteger(before) || !Number.isSafeInteger(after)) return 'both'
  const [one, other] = [before as number, after as number]
  return other % one === 0 ? 'narrows' : one % other === 0 ? 'widens' : 'both'
}
