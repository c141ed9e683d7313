import type { JsonValue } from '@metaagent/contract'
import type { OtlpSpan, SpanAttributes } from './span.ts'
import type { Vocabulary } from './table.ts'
import { type SpanField, spanTable } from './vocabulary.ts'

/** What one attribute claims to be: the field, how early its source stands in the row, and where within the value. */
interface Claim {
  readonly field: number
  readonly rank: number
  /** Members to go down within the JSON that the attribute holds. */
  readonly member: readonly string[] | null
  /** For `prefix.*`: the prefix, with its dot. */
  readonly prefix: string | null
}

const fieldNames = Object.keys(spanTable) as readonly SpanField[]
/** Per field and rank, the vocabulary of the source. */
const vocabularies: readonly (readonly Vocabulary[])[] = fieldNames.map((name) =>
  Object.entries<readonly string[]>(spanTable[name]).flatMap(([vocabulary, sources]) =>
    sources.map(() => vocabulary as Vocabulary),
  ),
)
// A plain record with constant keys: looked up some fifty times per span.
const numberOf = Object.fromEntries(fieldNames.map((name, index) => [name, index])) as Record<SpanField, number>
const exact = new Map<string, Claim[]>()
const prefixes = new Map<string, Claim[]>()
const ofEvents = new Map<string, { readonly key: string; readonly claim: Claim }[]>()
/** Ranks of `@messages` and `@choices`, whose values are built from several events. */
export const eventRanks = { input: Number.POSITIVE_INFINITY, output: Number.POSITIVE_INFINITY }

fieldNames.forEach((name, field) => {
  const sources: readonly string[] = Object.values(spanTable[name]).flat()
  sources.forEach((source, rank) => compile(source, { field, rank, member: null, prefix: null }))
})

function compile(source: string, claim: Claim): void {
  if (source === '@messages') eventRanks.input = claim.rank
  else if (source === '@choices') eventRanks.output = claim.rank
  else if (source.startsWith('@')) {
    const [event = '', key = ''] = source.slice(1).split('#')
    add(ofEvents, event, { key, claim })
  } else if (source.endsWith('.*')) {
    const prefix = source.slice(0, -1)
    add(prefixes, prefix, { ...claim, prefix })
  } else {
    const [key = '', member] = source.split('#')
    add(exact, key, member === undefined ? claim : { ...claim, member: member.split('.') })
  }
}

function add<Item>(map: Map<string, Item[]>, key: string, item: Item): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [item])
  else known.push(item)
}

const noClaims: readonly Claim[] = []
const mostRemembered = 20_000
const remembered = new Map<string, readonly Claim[]>()

/** Spans of one library bring the same keys again and again: what a key claims is decided once. */
function claimsOf(key: string): readonly Claim[] {
  const known = remembered.get(key)
  if (known !== undefined) return known
  const claims = [...(exact.get(key) ?? [])]
  for (const [prefix, ofPrefix] of prefixes) if (key.startsWith(prefix)) claims.push(...ofPrefix)
  if (remembered.size >= mostRemembered) remembered.clear()
  const decided = claims.length === 0 ? noClaims : claims
  remembered.set(key, decided)
  return decided
}

const unclaimed = 32_767
const openAiRanks: ReadonlySet<number> = new Set(
  Object.values<readonly string[]>(spanTable.inputTokens)
    .flat()
    .flatMap((source, rank) => (/^langfuse.*#prompt/.test(source) ? [rank] : [])),
)

const nothingSaid: readonly (JsonValue | undefined)[] = new Array<undefined>(fieldNames.length).fill(undefined)
const nothingClaimed: readonly number[] = new Array<number>(fieldNames.length).fill(unclaimed)

/** What is said of each field, read in one pass over the attributes. */
export class FieldValues {
  // Copies of a list are made several times faster than lists that are filled.
  readonly #values = nothingSaid.slice()
  readonly #ranks = nothingClaimed.slice()

  /** What the first source that is present says; null when there is none. */
  get(field: SpanField): JsonValue {
    return this.#values[numberOf[field]] ?? null
  }

  /** The vocabulary that a field came in. */
  from(field: SpanField): Vocabulary | null {
    const number = numberOf[field]
    return vocabularies[number]?.[this.#ranks[number] ?? unclaimed] ?? null
  }

  /** Whether Langfuse was handed OpenAI's own usage record, whose prompt tokens include the cached ones. */
  saysOpenAiUsage(): boolean {
    const number = numberOf.inputTokens
    return openAiRanks.has(this.#ranks[number] ?? unclaimed)
  }

  /** Whether a source that stands this early in its row would be heard. */
  wouldTake(field: SpanField, rank: number): boolean {
    return rank < (this.#ranks[numberOf[field]] ?? unclaimed)
  }

  set(field: SpanField, rank: number, value: JsonValue): void {
    this.take(numberOf[field], rank, value)
  }

  /** Takes a value if it says something and no earlier source did. */
  take(field: number, rank: number, value: JsonValue | undefined): void {
    if (value === undefined || value === null || value === '') return
    if (rank >= (this.#ranks[field] ?? unclaimed)) return
    this.#ranks[field] = rank
    this.#values[field] = value
  }
}

/** All values that parameters may come from, the first choice first: they are merged. */
export interface ReadFields {
  readonly values: FieldValues
  readonly parameters: readonly JsonValue[]
}

const parametersField = numberOf.parameters

/** Reads the fields of a span out of its attributes and events. */
export function readFields({ attributes, events }: Pick<OtlpSpan, 'attributes' | 'events'>): ReadFields {
  const values = new FieldValues()
  const parameters: { readonly rank: number; readonly value: JsonValue }[] = []
  const take = (claim: Claim, value: JsonValue | undefined): void => {
    if (claim.field !== parametersField) values.take(claim.field, claim.rank, value)
    else if (value !== undefined && value !== null) parameters.push({ rank: claim.rank, value })
  }
  readAttributes(attributes, take)
  for (const event of events) {
    for (const { key, claim } of ofEvents.get(event.name) ?? noEventClaims) take(claim, event.attributes[key])
    if (operationDetails.has(event.name)) readAttributes(event.attributes, take)
  }
  parameters.sort((a, b) => a.rank - b.rank)
  return { values, parameters: parameters.map(({ value }) => value) }
}

const noEventClaims: readonly { readonly key: string; readonly claim: Claim }[] = []

/** Events whose attributes are those that the span itself may carry. */
export const operationDetails: ReadonlySet<string> = new Set([
  'gen_ai.client.inference.operation.details',
  'gen_ai.client.operation.details',
])

function readAttributes(attributes: SpanAttributes, take: (claim: Claim, value: JsonValue | undefined) => void): void {
  let groups: Map<Claim, [path: string, value: JsonValue][]> | null = null
  let parsed: Map<string, JsonValue> | null = null
  for (const key in attributes) {
    const claims = claimsOf(key)
    if (claims === noClaims) continue
    const value = attributes[key]
    for (const claim of claims) {
      if (claim.prefix !== null) {
        groups ??= new Map()
        const group = groups.get(claim)
        const entry: [string, JsonValue] = [key.slice(claim.prefix.length), value ?? null]
        if (group === undefined) groups.set(claim, [entry])
        else group.push(entry)
      } else if (claim.member !== null) {
        parsed ??= new Map()
        let whole = parsed.get(key)
        if (whole === undefined) {
          whole = typeof value === 'string' ? (parseJson(value) ?? null) : (value ?? null)
          parsed.set(key, whole)
        }
        take(claim, memberOf(whole, claim.member))
      } else take(claim, value)
    }
  }
  if (groups !== null) for (const [claim, entries] of groups) take(claim, unflattened(entries))
}

/** Text that is a JSON object or list, read; undefined for any other text. */
export function parseJson(text: string): JsonValue | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    const parsed: JsonValue = JSON.parse(text)
    return parsed
  } catch {
    return undefined
  }
}

function memberOf(value: JsonValue, path: readonly string[]): JsonValue | undefined {
  let at: JsonValue | undefined = value
  for (const name of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined
    at = at[name]
  }
  return at
}

interface Branch {
  readonly children: Map<string, Branch>
  value: JsonValue | undefined
}

const newBranch = (): Branch => ({ children: new Map(), value: undefined })

// A message has a handful of levels; deeper keys are mistakes or attacks.
const deepestPath = 24

/**
 * Puts `0.message.role`, `0.message.content`, … together again. Names that are all numbers become a list in the order
 * of the numbers, without holes; nothing is set by a name that came from outside.
 */
export function unflattened(entries: readonly (readonly [path: string, value: JsonValue])[]): JsonValue {
  const root = newBranch()
  for (const [path, value] of entries) {
    let at = root
    for (const name of path.split('.', deepestPath)) {
      let child = at.children.get(name)
      if (child === undefined) {
        child = newBranch()
        at.children.set(name, child)
      }
      at = child
    }
    at.value = value
  }
  return jsonOf(root)
}

const isIndex = (name: string): boolean => /^\d{1,9}$/.test(name)

function jsonOf({ children, value }: Branch): JsonValue {
  if (children.size === 0) return value ?? null
  const entries = [...children].map(([name, child]): [string, JsonValue] => [name, jsonOf(child)])
  if (entries.every(([name]) => isIndex(name)))
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item)
  // Object.fromEntries defines members: a key called __proto__ is one like any other.
  return Object.fromEntries(entries)
}
