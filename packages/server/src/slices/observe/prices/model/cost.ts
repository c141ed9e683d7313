import {
  add,
  multiply,
  parseDecimal,
  type Rational,
  rationalOf,
  roundHalfEven,
  zero,
} from '../../../../kernel/rational.ts'
import { isPartOf, overlapOf, type Unit, unitOfPrice, unitOfUsage, units } from './units.ts'

/** USD as a JSON number or a decimal text; both mean exactly what is written. */
export type Amount = number | string

/** A price in USD: one amount, or tiers by the number of input tokens of the whole call. */
export type Price =
  | Amount
  | { readonly base: Amount; readonly tiers: readonly { readonly start: number; readonly price: Amount }[] }

/** Prices of one model by the price table's keys: `input_mtok` is USD per million input tokens. */
export type PriceRow = Readonly<Record<string, Price | undefined>>

/** What one call used, by usage key: `input_tokens` includes the cached ones. A key that is not there is unknown. */
export type UnitUsage = Readonly<Record<string, number | undefined>>

interface TierPrice {
  readonly above: number
  readonly nanoPerUnit: Rational
  /** The same as a number where it is whole, which most are. */
  readonly wholeNano: number | null
}

interface UnitPrice {
  readonly unit: Unit
  /** From the lowest to the highest; the first is above nothing. */
  readonly tiers: readonly TierPrice[]
  /** Places in the row of prices for parts of this unit; they stand before it. */
  readonly parts: readonly number[]
}

/** A row made ready for many calls. `fault` says why it can price none. */
export interface CompiledRow {
  readonly prices: readonly UnitPrice[]
  readonly tiered: boolean
  /** Usage that is priced, by itself or as a part of what is. */
  readonly covers: ReadonlySet<string>
  readonly fault: string | null
}

/** Nano-dollars, each rounded once, half to even; the total is the rounded sum, not the sum of rounded parts. */
export interface CallCost {
  readonly inputNanoUsd: bigint
  readonly outputNanoUsd: bigint
  readonly totalNanoUsd: bigint
}

/**
 * Makes a row ready. Keys of prices that nobody knows are left out, as the table's own library does. A row is at fault
 * when a price cannot be read, or when a part is priced and its whole, or the overlap of two priced units, is not.
 */
export function compileRow(row: PriceRow): CompiledRow {
  const priced: { unit: Unit; tiers: readonly TierPrice[] }[] = []
  let fault: string | null = null
  for (const [key, price] of Object.entries(row)) {
    const unit = unitOfPrice(key)
    if (unit === undefined || price === undefined) continue
    const tiers = tiersOf(price, unit.per)
    if (tiers === null) fault ??= `the price ${key} cannot be read`
    else priced.push({ unit, tiers })
  }
  priced.sort((a, b) => size(b.unit) - size(a.unit))
  fault ??= missingPrice(priced.map(({ unit }) => unit))
  const prices = priced.map(({ unit, tiers }, at) => {
    const parts = priced.slice(0, at).flatMap((other, place) => (isPartOf(other.unit, unit) ? [place] : []))
    return { unit, tiers, parts }
  })
  const covered = units.filter((unit) => prices.some((price) => price.unit === unit || isPartOf(unit, price.unit)))
  return {
    prices,
    tiered: prices.some(({ tiers }) => tiers.length > 1),
    covers: new Set(covered.map(({ usageKey }) => usageKey)),
    fault,
  }
}

const size = ({ dimensions }: Unit) => Object.keys(dimensions).length

function tiersOf(price: Price, per: number): readonly TierPrice[] | null {
  const steps = typeof price === 'object' ? [{ start: -1, price: price.base }, ...price.tiers] : [{ start: -1, price }]
  const tiers: TierPrice[] = []
  for (const { start, price: amount } of steps) {
    const usd =
      typeof amount === 'number' ? (Number.isFinite(amount) ? rationalOf(amount) : null) : parseDecimal(amount)
    if (usd === null || usd.numerator < 0n || !Number.isFinite(start)) return null
    const nanoPerUnit = multiply(usd, { numerator: 1_000_000_000n, denominator: BigInt(per) })
    const whole = nanoPerUnit.numerator % nanoPerUnit.denominator === 0n
    const wholeNano = whole ? Number(nanoPerUnit.numerator / nanoPerUnit.denominator) : null
    tiers.push({ above: start, nanoPerUnit, wholeNano })
  }
  return tiers.sort((a, b) => a.above - b.above)
}

function missingPrice(priced: readonly Unit[]): string | null {
  const has = new Set(priced)
  for (const unit of priced) {
    const whole = units.find((other) => isPartOf(unit, other) && !has.has(other))
    if (whole !== undefined)
      return `${unit.priceKey} has a price and ${whole.priceKey}, of which it is a part, has none`
  }
  for (const [at, a] of priced.entries())
    for (const b of priced.slice(at + 1)) {
      const overlap = overlapOf(a, b)
      if (overlap === 'apart') continue
      if (overlap === 'unnamed' || !has.has(overlap))
        return `${a.priceKey} and ${b.priceKey} have prices and what they have in common has none`
    }
  return null
}

/**
 * What one call cost by a row, or null when that cannot be said: the row is at fault, or the usage contradicts itself
 * (a part larger than its whole, a part without its whole). Prices are decimals, multiplied and added exactly. A tier is
 * for the whole call once its input tokens exceed the tier's start. What has no price costs nothing here; `unpricedOf`
 * names it.
 */
export function costOfUsage(usage: UnitUsage, row: CompiledRow): CallCost | null {
  if (row.fault !== null) return null
  const input = row.tiered ? valueOf(usage, 'input_tokens') : 0
  if (input === null) return null
  const counts = countsByPrice(usage, row)
  if (counts === null) return null
  const sums = { input: new Sum(), output: new Sum(), other: new Sum() }
  for (const [at, { unit, tiers }] of row.prices.entries()) {
    const count = counts[at] ?? 0
    if (count === 0) continue
    const direction = unit.dimensions['direction']
    sums[direction === 'input' || direction === 'output' ? direction : 'other'].add(count, tierFor(tiers, input))
  }
  const total = add(add(sums.input.value(), sums.output.value()), sums.other.value())
  return {
    inputNanoUsd: roundHalfEven(sums.input.value()),
    outputNanoUsd: roundHalfEven(sums.output.value()),
    totalNanoUsd: roundHalfEven(total),
  }
}

/** Used units that neither have a price in the row nor are part of one that has. */
export function unpricedOf(usage: UnitUsage, row: CompiledRow): readonly string[] {
  return Object.keys(usage).filter((key) => (usage[key] ?? 0) > 0 && !row.covers.has(key))
}

function tierFor(tiers: readonly TierPrice[], inputTokens: number): TierPrice | undefined {
  let found = tiers[0]
  for (const tier of tiers) if (inputTokens > tier.above) found = tier
  return found
}

/** How much each price of the row is multiplied with: the unit's count without the parts that have prices of their own. */
function countsByPrice(usage: UnitUsage, row: CompiledRow): readonly number[] | null {
  const counts: number[] = []
  for (const { unit, parts } of row.prices) {
    if (unit.usageKey === 'requests') {
      counts.push(1)
      continue
    }
    const whole = valueOf(usage, unit.usageKey)
    if (whole === null) return null
    const rest = parts.reduce((left, place) => left - (counts[place] ?? 0), whole)
    if (rest < 0) return null
    counts.push(rest)
  }
  return counts
}

/** The count of a unit; one that is not reported is 0, unless a part of it is, or two of its parts that overlap. */
function valueOf(usage: UnitUsage, key: string): number | null {
  const reported = usage[key]
  if (reported !== undefined) return Number.isFinite(reported) && reported >= 0 ? reported : null
  const unit = unitOfUsage(key)
  if (unit === undefined) return null
  const used = Object.keys(usage).flatMap((other) => {
    const found = unitOfUsage(other)
    return found !== undefined && (usage[other] ?? 0) > 0 ? [found] : []
  })
  if (used.some((part) => isPartOf(part, unit))) return null
  const wholes = used.filter((whole) => isPartOf(unit, whole))
  const overlaps = wholes.some((a, at) =>
    wholes.slice(at + 1).some((b) => !isPartOf(a, b) && !isPartOf(b, a) && overlapOf(a, b) === unit),
  )
  return overlaps ? null : 0
}

/** Adds products: whole nano-dollars as numbers while they are safe, the rest as fractions. */
class Sum {
  #whole = 0
  #exact: Rational = zero

  add(count: number, price: TierPrice | undefined): void {
    if (price === undefined) return
    const product = price.wholeNano === null ? Number.NaN : price.wholeNano * count
    if (Number.isSafeInteger(product) && Number.isSafeInteger(this.#whole + product)) this.#whole += product
    else this.#exact = add(this.#exact, multiply(rationalOf(count), price.nanoPerUnit))
  }

  value(): Rational {
    return add({ numerator: BigInt(this.#whole), denominator: 1n }, this.#exact)
  }
}
