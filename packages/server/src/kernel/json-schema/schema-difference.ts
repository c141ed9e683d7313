import { type Change, type Effect, ruleChange, togetherOf } from './difference.ts'
import {
  groups,
  keywordEffect,
  type SchemaObject,
  same,
  silentKeywords,
  textOf,
  valuesEffect,
  valuesOf,
  walkedKeywords,
} from './keywords.ts'

/** A JSON Schema as parsed JSON: `true`, `false` or an object of keywords (draft 2020-12; of older ones what is alike). */
export type JsonSchema = boolean | SchemaObject

/** Places compared before the rest is called changed without a look: `$ref`s can name more places than anybody has. */
const placesMax = 20_000
const anything: SchemaObject = {}

interface Roots {
  readonly before: SchemaObject
  readonly after: SchemaObject
  readonly same: boolean
  /** Pairs on the way down: meeting one again means that nothing differs but what is already being told. */
  readonly pairs: (readonly [SchemaObject, SchemaObject])[]
  places: number
}

/**
 * What became of a schema, change by change, sorted by path. No `widens` or `both` among the effects: everything that the
 * later schema accepts, the earlier did too; no `narrows` or `both`: the other way round. The converse need not hold: what
 * cannot be told from the keywords alone counts as `both`. Defaults, titles and the like are no changes.
 */
export function schemaDifference(before: JsonSchema, after: JsonSchema): readonly Change[] {
  const [one, other] = [asObject(before), asObject(after)]
  const roots: Roots = { before: one, after: other, same: same(one, other), pairs: [], places: 0 }
  const changes = placeChanges('', one, other, roots)
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

function placeChanges(path: string, before: SchemaObject, after: SchemaObject, roots: Roots): readonly Change[] {
  const [one, other] = [followed(before, roots.before), followed(after, roots.after)]
  // The same words, or even the same object, mean something else where a reference leads elsewhere.
  if (!differ(one, other, roots)) return []
  if (roots.pairs.some(([left, right]) => left === one && right === other)) return []
  roots.places += 1
  const whole = (effect: Effect, rule: string) => [ruleChange(path, effect, rule, before, after)]
  if (roots.places > placesMax) return whole('both', 'too-large')
  if (isNothing(one)) return whole('widens', 'false')
  if (isNothing(other)) return whole('narrows', 'false')
  if (unwalkable(one) || unwalkable(other)) return whole('both', 'opaque')
  roots.pairs.push([one, other])
  const changes = [
    ...keywordChanges(path, one, other, roots),
    ...refChanges(path, one, other, roots),
    ...propertyChanges(path, one, other, roots),
    ...itemChanges(path, one, other, roots),
  ]
  roots.pairs.pop()
  return changes
}

/** Keywords that depend on what others have looked at, and schemas with an address of their own, are not taken apart. */
function unwalkable(schema: SchemaObject): boolean {
  return (
    ['unevaluatedProperties', 'unevaluatedItems', '$dynamicRef', '$recursiveRef'].some((key) => key in schema) ||
    Array.isArray(schema.items) ||
    'additionalItems' in schema
  )
}

function keywordChanges(path: string, before: SchemaObject, after: SchemaObject, roots: Roots): readonly Change[] {
  const changes: Change[] = []
  const [one, other] = [valuesOf(before), valuesOf(after)]
  const values = valuesEffect(one, other)
  if (values !== 'none') changes.push(ruleChange(`${path}/enum`, values, 'enum', listed(one), listed(other)))
  const done = new Set(['enum', 'const', ...groups.flat()])
  for (const group of groups) {
    const [was, is] = [partOf(before, group), partOf(after, group)]
    if (differ(was, is, roots)) changes.push(ruleChange(`${path}/${group[0]}`, 'both', group[0] as string, was, is))
  }
  for (const keyword of [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()) {
    if (done.has(keyword) || walkedKeywords.has(keyword) || silentKeywords.has(keyword)) continue
    const [was, is] = [before[keyword], after[keyword]]
    const hidden = was !== undefined && is !== undefined && refers([was, is]) && !roots.same
    const effect = hidden ? 'both' : keywordEffect(keyword, was, is)
    if (effect !== 'none') changes.push(ruleChange(`${path}/${escaped(keyword)}`, effect, keyword, was, is))
  }
  return changes
}

/** References that stand beside other keywords; lone ones were followed. */
function refChanges(path: string, before: SchemaObject, after: SchemaObject, roots: Roots): readonly Change[] {
  const [was, is] = [before.$ref, after.$ref]
  if (was === undefined && is === undefined) return []
  const [one, other] = [targetOf(was, roots.before), targetOf(is, roots.after)]
  const here = `${path}/$ref`
  if (one !== null && other !== null) return placeChanges(here, one, other, roots)
  if (was === is && !isLocal(was)) return []
  // A local reference to nowhere says nothing at all, so nobody knows what it accepts.
  const lost = (one === null && isLocal(was)) || (other === null && isLocal(is))
  const effect = lost ? 'both' : was === undefined ? 'narrows' : is === undefined ? 'widens' : 'both'
  return [ruleChange(here, effect, '$ref', was, is)]
}

function propertyChanges(path: string, before: SchemaObject, after: SchemaObject, roots: Roots): readonly Change[] {
  const [one, other] = [objectOf(before.properties), objectOf(after.properties)]
  const [restOne, restOther] = [restOf(before.additionalProperties), restOf(after.additionalProperties)]
  const patterns = [objectOf(before.patternProperties), objectOf(after.patternProperties)] as const
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted()
  const moved = names.some((name) => !Object.hasOwn(one, name) || !Object.hasOwn(other, name))
  const patterned = Object.keys(patterns[0]).length + Object.keys(patterns[1]).length > 0
  // Which properties are the rest depends on the patterns: these are compared as they stand or not at all.
  const group = ['properties', 'patternProperties', 'additionalProperties']
  const [was, is] = [partOf(before, group), partOf(after, group)]
  if (patterned && (moved || differ(...patterns, roots)))
    return differ(was, is, roots) ? [ruleChange(`${path}/properties`, 'both', 'patternProperties', was, is)] : []
  const changes = names.flatMap((name) => {
    const here = `${path}/properties/${escaped(name)}`
    const left = Object.hasOwn(one, name) ? asObject(one[name] as JsonSchema) : null
    const right = Object.hasOwn(other, name) ? asObject(other[name] as JsonSchema) : null
    const within = placeChanges(here, left ?? restOne, right ?? restOther, roots)
    if (left !== null && right !== null) return within
    const kind = left === null ? ('added' as const) : ('removed' as const)
    const because = { rule: 'properties', observed: right, limit: left }
    return [{ path: here, kind, effect: togetherOf(within.map(({ effect }) => effect)), because }]
  })
  return [...changes, ...placeChanges(`${path}/additionalProperties`, restOne, restOther, roots)]
}

function itemChanges(path: string, before: SchemaObject, after: SchemaObject, roots: Roots): readonly Change[] {
  const [one, other] = [listOf(before.prefixItems), listOf(after.prefixItems)]
  const [restOne, restOther] = [restOf(before.items), restOf(after.items)]
  const length = Math.max(one.length, other.length)
  const firsts = Array.from({ length }, (_, at) => {
    const left = at < one.length ? asObject(one[at] as JsonSchema) : restOne
    const right = at < other.length ? asObject(other[at] as JsonSchema) : restOther
    return placeChanges(`${path}/prefixItems/${at}`, left, right, roots)
  })
  return [...firsts.flat(), ...placeChanges(`${path}/items`, restOne, restOther, roots)]
}

/** Leads through references that stand alone; a circle or a place that is not there stays as it is. */
function followed(schema: SchemaObject, root: SchemaObject): SchemaObject {
  const seen = new Set<SchemaObject>()
  let at = schema
  while (at.$ref !== undefined && Object.keys(at).every((key) => key === '$ref' || silentKeywords.has(key))) {
    const target = targetOf(at.$ref, root)
    if (target === null || seen.has(target)) return at
    seen.add(target)
    at = target
  }
  return at
}

const resolved = new WeakMap<SchemaObject, Map<string, SchemaObject>>()

/** What a local pointer (`#`, `#/$defs/x`) leads to; null for other addresses and for nothing. */
function targetOf(ref: unknown, root: SchemaObject): SchemaObject | null {
  if (typeof ref !== 'string' || !isLocal(ref)) return null
  const known = resolved.get(root) ?? new Map<string, SchemaObject>()
  resolved.set(root, known)
  const before = known.get(ref)
  if (before !== undefined) return before
  let at: unknown = root
  for (const part of ref.slice(1).split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return null
    at = (at as Readonly<Record<string, unknown>>)[key]
    // Beneath an address of its own a pointer means another document.
    if (typeof at === 'object' && at !== null && '$id' in at) return null
  }
  if (typeof at !== 'boolean' && (typeof at !== 'object' || at === null || Array.isArray(at))) return null
  const target = asObject(at as JsonSchema)
  known.set(ref, target)
  return target
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function isLocal(ref: unknown): boolean {
  return typeof ref === 'string' && /^#(\/|$)/.test(ref)
}

function differ(one: unknown, other: unknown, roots: Roots): boolean {
  return !same(one, other) || (!roots.same && refers(one))
}

function refers(part: unknown): boolean {
  return /"\$(ref|dynamicRef|recursiveRef)":/.test(textOf(part))
}

function partOf(schema: SchemaObject, keywords: readonly string[]): SchemaObject {
  return Object.fromEntries(keywords.filter((key) => key in schema).map((key) => [key, schema[key]]))
}

function listed(values: ReadonlySet<string> | null): readonly unknown[] | null {
  return values === null ? null : [...values].map((text) => JSON.parse(text))
}

const nothing: SchemaObject = { not: {} }

function asObject(schema: JsonSchema): SchemaObject {
  return schema === true ? anything : schema === false ? nothing : schema
}

function isNothing(schema: SchemaObject): boolean {
  return same(schema, nothing)
}

function restOf(schema: unknown): SchemaObject {
  return schema === undefined ? anything : asObject(schema as JsonSchema)
}

function objectOf(part: unknown): SchemaObject {
  return typeof part === 'object' && part !== null ? (part as SchemaObject) : anything
}

function listOf(part: unknown): readonly unknown[] {
  return Array.isArray(part) ? part : []
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
