import type { PriceRow } from './cost.ts'

/** How a table recognises a name; upper and lower case are the same but for `regex`. */
export type MatchRule =
  | { readonly or: readonly MatchRule[] }
  | { readonly and: readonly MatchRule[] }
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }

/** When a price counts: from a UTC day on, or between two times of the day. Newer tables name the `type`. */
export type PriceConstraint =
  | { readonly start_date: string }
  | { readonly start_time: string; readonly end_time: string }

export interface ConditionalPrices {
  readonly constraint?: PriceConstraint | undefined
  readonly prices: PriceRow
}

export interface TableModel {
  readonly id: string
  readonly match: MatchRule
  readonly prices: PriceRow | readonly ConditionalPrices[]
}

/** Where a part of a provider's reply lies: keys, and for lists the first item whose field matches. */
export type ReplyPath = string | readonly (string | { readonly field: string; readonly match: MatchRule })[]

export interface UsageExtractor {
  readonly api_flavor: string
  readonly root: ReplyPath
  readonly model_path: ReplyPath
  readonly mappings: readonly { readonly path: ReplyPath; readonly dest: string; readonly required: boolean }[]
}

export interface TableProvider {
  readonly id: string
  readonly model_match?: MatchRule
  readonly provider_match?: MatchRule
  readonly fallback_model_providers?: readonly string[]
  readonly extractors?: readonly UsageExtractor[]
  readonly models: readonly TableModel[]
}

/** A price table in the form of pydantic/genai-prices v2 (MIT). */
export type PriceTable = readonly TableProvider[]

export function matches(rule: MatchRule, name: string): boolean {
  const lower = name.toLowerCase()
  if ('or' in rule) return rule.or.some((one) => matches(one, name))
  if ('and' in rule) return rule.and.every((one) => matches(one, name))
  if ('equals' in rule) return lower === rule.equals.toLowerCase()
  if ('starts_with' in rule) return lower.startsWith(rule.starts_with.toLowerCase())
  if ('ends_with' in rule) return lower.endsWith(rule.ends_with.toLowerCase())
  if ('contains' in rule) return lower.includes(rule.contains.toLowerCase())
  return 'regex' in rule && new RegExp(rule.regex).test(name)
}

/** A provider by its id, else by what it says it goes by; undefined when the table has none of that name. */
export function providerByName(table: PriceTable, name: string): TableProvider | undefined {
  const wanted = name.toLowerCase().trim()
  return (
    table.find(({ id }) => id === wanted) ??
    table.find(({ provider_match: rule }) => rule !== undefined && matches(rule, wanted))
  )
}

/** The provider that makes models of this name. */
export function providerOfModel(table: PriceTable, model: string): TableProvider | undefined {
  return table.find(({ model_match: rule }) => rule !== undefined && matches(rule, model))
}

/** A model of a provider, or of those whose models it resells; `-20250929` at the end is tried as `-2025-09-29` too. */
export function modelOf(table: PriceTable, provider: TableProvider, name: string): TableModel | undefined {
  const model = name.toLowerCase().trim()
  const found = directOrResold(table, provider, model)
  if (found !== undefined) return found
  const dashed = withDashedDay(model)
  return dashed === model ? undefined : directOrResold(table, provider, dashed)
}

function directOrResold(table: PriceTable, provider: TableProvider, model: string): TableModel | undefined {
  const own = provider.models.find(({ match }) => matches(match, model))
  if (own !== undefined) return own
  for (const id of provider.fallback_model_providers ?? []) {
    const found = table.find((other) => other.id === id)?.models.find(({ match }) => matches(match, model))
    if (found !== undefined) return found
  }
  return undefined
}

const compactDay = /-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g

function withDashedDay(model: string): string {
  return model.replace(compactDay, (whole, year: string, month: string, day: string) => {
    const iso = `${year}-${month}-${day}`
    const at = new Date(`${iso}T00:00:00Z`)
    return Number.isNaN(at.getTime()) || !at.toISOString().startsWith(iso) ? whole : `-${iso}`
  })
}

/** How long an answer of `pricesAt` holds: forever, for its UTC day, or for its instant only. */
export type Dating = 'never' | 'daily' | 'always'

export function datingOf({ prices }: TableModel): Dating {
  const constraints = isConditional(prices) ? prices.flatMap(({ constraint }) => constraint ?? []) : []
  if (constraints.length === 0) return 'never'
  return constraints.every((constraint) => 'start_date' in constraint) ? 'daily' : 'always'
}

/** The prices of a model at a time in epoch milliseconds: of those whose constraint holds the last, else the first. */
export function pricesAt({ prices }: TableModel, atMs: number): PriceRow {
  if (!isConditional(prices)) return prices
  const held = prices.findLast(({ constraint }) => constraint === undefined || holds(constraint, atMs))
  return (held ?? prices[0])?.prices ?? {}
}

function isConditional(prices: TableModel['prices']): prices is readonly ConditionalPrices[] {
  return Array.isArray(prices)
}

const dayMs = 86_400_000

function holds(constraint: PriceConstraint, atMs: number): boolean {
  if ('start_date' in constraint) return atMs >= Date.parse(constraint.start_date)
  const now = atMs % dayMs
  const start = timeOfDayMs(constraint.start_time)
  const end = timeOfDayMs(constraint.end_time)
  return end < start ? now >= start || now < end : now >= start && now < end
}

/** `00:30:00Z` or with an offset, as milliseconds after midnight UTC. */
function timeOfDayMs(text: string): number {
  const at = Date.parse(`1970-01-02T${text}`)
  return Number.isNaN(at) ? Number.NaN : ((at % dayMs) + dayMs) % dayMs
}
