import type { TokenCounts } from './rows.ts'

/** A price in USD: one number, or tiers by the number of input tokens of the whole call. */
export type Price =
  | number
  | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] }

/** Prices of one model by the price table's keys: `input_mtok` is USD per million input tokens. */
export type PriceRow = Readonly<Record<string, Price | undefined>>

/**
 * The cost of one call in integer nano-dollars, or null when the row does not price what was used. The decimal prices
 * are multiplied and added exactly; the sum is rounded once, half to even. Cached and reasoning tokens are part of the
 * input and output; they are taken out of them only where the row prices them apart.
 *
 * Units and tiers as in the genai-prices table (pydantic/genai-prices, MIT): a tier is for the whole call once its
 * input exceeds `start`.
 */
export function costNanoUsd(tokens: TokenCounts, row: PriceRow, callsWithoutOutput: boolean): number | null {
  const usage = exclusiveUsage(tokens, callsWithoutOutput)
  if (usage === null) return null
  const parts: [count: number, price: Price | undefined, perUnit: number][] = []
  let input = usage.input
  let output = usage.output
  if (row['cache_read_mtok'] !== undefined) {
    input -= usage.cacheRead
    parts.push([usage.cacheRead, row['cache_read_mtok'], perMillion])
  }
  if (row['cache_write_mtok'] !== undefined) {
    input -= usage.cacheWrite
    parts.push([usage.cacheWrite, row['cache_write_mtok'], perMillion])
  }
  if (row['output_reasoning_mtok'] !== undefined) {
    output -= usage.reasoning
    parts.push([usage.reasoning, row['output_reasoning_mtok'], perMillion])
  }
  parts.push([input, row['input_mtok'], perMillion], [output, row['output_mtok'], perMillion])
  if (row['requests_kcount'] !== undefined) parts.push([1, row['requests_kcount'], perThousand])
  return sumExactly(parts, usage.input)
}

// USD per unit of the table, in nano-dollars per token or request.
const perMillion = 1_000
const perThousand = 1_000_000

interface ExclusiveUsage {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly reasoning: number
}

/**
 * Input as OpenTelemetry counts it includes the cached tokens; a sender whose input is smaller than its cached tokens
 * counts them apart (Anthropic's raw usage), so there they are added.
 */
function exclusiveUsage(tokens: TokenCounts, callsWithoutOutput: boolean): ExclusiveUsage | null {
  const { inputTokens, outputTokens } = tokens
  if (inputTokens === null || (outputTokens === null && !callsWithoutOutput)) return null
  const cacheRead = tokens.cacheReadTokens ?? 0
  const cacheWrite = tokens.cacheWriteTokens ?? 0
  const output = outputTokens ?? 0
  const input = countsCacheApart(tokens) ? inputTokens + cacheRead + cacheWrite : inputTokens
  return { input, output, cacheRead, cacheWrite, reasoning: Math.min(tokens.reasoningTokens ?? 0, output) }
}

/** Whether the cached tokens cannot be part of the input, so that the sender must have counted them apart. */
export function countsCacheApart(tokens: TokenCounts): boolean {
  return (tokens.inputTokens ?? 0) < (tokens.cacheReadTokens ?? 0) + (tokens.cacheWriteTokens ?? 0)
}

function sumExactly(parts: readonly [number, Price | undefined, number][], inputTokens: number): number | null {
  let whole = 0
  let exact: { mantissa: bigint; scale: number } | null = null
  for (const [count, price, nanoPerUsd] of parts) {
    if (count === 0) continue
    if (price === undefined) return null
    const usd = typeof price === 'number' ? price : priceOfTier(price, inputTokens)
    const nano = usd * nanoPerUsd
    // Prices have few decimals: most are whole nano-dollars per token, and the product is exact.
    if (Number.isInteger(nano) && Number.isSafeInteger(nano * count)) whole += nano * count
    else exact = addDecimals(exact, timesDecimal(usd, BigInt(count) * BigInt(nanoPerUsd)))
  }
  if (exact === null) return Number.isSafeInteger(whole) ? whole : null
  const total = addDecimals(exact, { mantissa: BigInt(whole), scale: 0 })
  const rounded = Number(roundHalfEven(total.mantissa, 10n ** BigInt(total.scale)))
  return Number.isSafeInteger(rounded) ? rounded : null
}

function priceOfTier(price: Exclude<Price, number>, inputTokens: number): number {
  let usd = price.base
  for (const tier of [...price.tiers].sort((a, b) => a.start - b.start)) if (inputTokens > tier.start) usd = tier.price
  return usd
}

interface Decimal {
  readonly mantissa: bigint
  /** The value is mantissa / 10^scale. */
  readonly scale: number
}

/** A float's shortest decimal form, which is what the price table was written with. */
function decimalOf(value: number): Decimal {
  const [digits = '0', exponent = '0'] = String(value).split('e')
  const [whole = '0', fraction = ''] = digits.split('.')
  const mantissa = BigInt(whole + fraction)
  const scale = fraction.length - Number(exponent)
  return scale >= 0 ? { mantissa, scale } : { mantissa: mantissa * 10n ** BigInt(-scale), scale: 0 }
}

function timesDecimal(value: number, factor: bigint): Decimal {
  const { mantissa, scale } = decimalOf(value)
  return { mantissa: mantissa * factor, scale }
}

function addDecimals(a: Decimal | null, b: Decimal): Decimal {
  if (a === null) return b
  const scale = Math.max(a.scale, b.scale)
  const raised = (of: Decimal) => of.mantissa * 10n ** BigInt(scale - of.scale)
  return { mantissa: raised(a) + raised(b), scale }
}

function roundHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  const twiceRest = 2n * (numerator % denominator)
  if (twiceRest > denominator || (twiceRest === denominator && quotient % 2n === 1n)) return quotient + 1n
  return quotient
}

/** A reported cost in USD as integer nano-dollars, rounded half to even; null when it is too large to be one. */
export function usdToNano(usd: number): number | null {
  const nano = usd * 1e9
  if (Number.isInteger(usd) && Number.isSafeInteger(nano)) return nano
  const { mantissa, scale } = decimalOf(usd)
  const rounded = Number(roundHalfEven(mantissa * 1_000_000_000n, 10n ** BigInt(scale)))
  return Number.isSafeInteger(rounded) ? rounded : null
}

/** A reported cost of exactly 0 beside tokens was never filled in: unknown. */
export function knownReportedCost(reportedNanoUsd: number | null, tokens: number): number | null {
  return reportedNanoUsd === 0 && tokens > 0 ? null : reportedNanoUsd
}
