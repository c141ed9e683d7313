import type { ModelPriceSet } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { compileRow, type PriceRow } from './cost.ts'

type PriceName = keyof ModelPriceSet

/** The contract's names of prices and the price table's keys for the same. */
const tableKeys = {
  inputUsdPerMillion: 'input_mtok',
  outputUsdPerMillion: 'output_mtok',
  cacheReadUsdPerMillion: 'cache_read_mtok',
  cacheWriteUsdPerMillion: 'cache_write_mtok',
  reasoningUsdPerMillion: 'output_reasoning_mtok',
  requestUsdPerThousand: 'requests_kcount',
} as const satisfies Record<PriceName, string>

const names = Object.keys(tableKeys) as readonly PriceName[]

/** The price table's row for prices that somebody set; refuses a set that could price no call rightly. */
export function rowOfPrices(prices: ModelPriceSet): Result<PriceRow> {
  const entries = names.flatMap((name) =>
    prices[name] === undefined ? [] : [[tableKeys[name], prices[name]] as const],
  )
  if (entries.length === 0) return refuse('not-processable', 'Give at least one price, such as inputUsdPerMillion.')
  if (prices.inputUsdPerMillion === undefined && (prices.cacheReadUsdPerMillion ?? prices.cacheWriteUsdPerMillion))
    return refuse('not-processable', 'Cached tokens are part of the input: give inputUsdPerMillion too.')
  if (prices.outputUsdPerMillion === undefined && prices.reasoningUsdPerMillion !== undefined)
    return refuse('not-processable', 'Reasoning tokens are part of the output: give outputUsdPerMillion too.')
  const row = Object.fromEntries(entries)
  const { fault } = compileRow(row)
  return fault === null ? ok(row) : refuse('not-processable', `These prices cannot be used: ${fault}.`)
}

/** The other way round; keys that are not among the names are left out. */
export function pricesOfRow(row: PriceRow): Record<string, string> {
  const found = names.flatMap((name) => {
    const price = row[tableKeys[name]]
    return typeof price === 'string' || typeof price === 'number' ? [[name, String(price)] as const] : []
  })
  return Object.fromEntries(found)
}
