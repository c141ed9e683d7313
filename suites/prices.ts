import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { multiply, parseDecimal, roundHalfEven } from '../packages/server/src/kernel/rational.ts'
import {
  type CallCost,
  compileRow,
  costOfUsage,
  type UnitUsage,
} from '../packages/server/src/slices/observe/prices/model/cost.ts'
import { extractUsage } from '../packages/server/src/slices/observe/prices/model/extract-usage.ts'
import { modelOf, type PriceTable, pricesAt } from '../packages/server/src/slices/observe/prices/model/price-table.ts'
import type { Run } from '../tools/run-named.ts'

/** The time at which the data set was priced (tests/dataset/extract_usages.py of its repository); prices have dates. */
const pricedAtMs = Date.parse('2025-11-06T12:00:00Z')

/**
 * Usage bodies of real providers, read and priced with the table beside them: `DIR` (or `DIR/genai-prices`) holds
 * `prices/new_data/v2/data.json` and `tests/dataset/usages.json`. Each expected price must come out to the nano-dollar,
 * and what has none must come out unknown.
 */
export const run: Run = async ({ dataDir }) => {
  const folder = [dataDir, join(dataDir, 'genai-prices')].find((path) => existsSync(join(path, usagesFile)))
  if (folder === undefined) {
    console.error(
      `NOT RUN: there is no ${usagesFile} in ${dataDir} or its genai-prices. Give the data with --data DIR.`,
    )
    return { passed: 0, failed: 0, result: {} }
  }
  const table = readJson(join(folder, tableFile)) as PriceTable
  const bodies = readJson(join(folder, usagesFile)) as readonly Body[]
  const counts = { priced: 0, unknown: 0, wrongPrices: 0, wrongUsages: 0 }
  for (const [at, { body, extracted }] of bodies.entries())
    for (const { usage, extractors } of extracted)
      for (const expected of extractors) {
        const fault = check(table, body, usage, expected)
        if (fault === null) counts[expected.input_price === undefined ? 'unknown' : 'priced'] += 1
        else {
          counts[fault.kind] += 1
          console.log(`FAIL body ${at + 1}, ${expected.provider_id} ${expected.api_flavor}: ${fault.text}`)
        }
      }
  const failed = counts.wrongPrices + counts.wrongUsages
  const passed = counts.priced + counts.unknown
  console.log(
    `${bodies.length} bodies: ${counts.priced} prices right, ${counts.unknown} rightly unknown, ${failed} wrong`,
  )
  return { passed, failed, result: { bodies: bodies.length, ...counts } }
}

const tableFile = 'prices/new_data/v2/data.json'
const usagesFile = 'tests/dataset/usages.json'

interface Expected {
  readonly provider_id: string
  readonly api_flavor: string
  readonly input_price?: string
  readonly output_price?: string
  /** Stated where it is not the sum of the two. */
  readonly total_price?: string
}

interface Body {
  readonly body: unknown
  readonly extracted: readonly { readonly usage: UnitUsage; readonly extractors: readonly Expected[] }[]
}

interface Fault {
  readonly kind: 'wrongPrices' | 'wrongUsages'
  readonly text: string
}

function check(table: PriceTable, body: unknown, usage: UnitUsage, expected: Expected): Fault | null {
  const provider = table.find(({ id }) => id === expected.provider_id)
  const extractor = provider?.extractors?.find(({ api_flavor: flavor }) => flavor === expected.api_flavor)
  const read = extractor === undefined ? null : extractUsage(extractor, body)
  if (provider === undefined || read === null) return { kind: 'wrongUsages', text: 'its usage could not be read' }
  const [got, wanted] = [usageText(read.usage), usageText(usage)]
  if (got !== wanted) return { kind: 'wrongUsages', text: `read ${got}, expected ${wanted}` }
  const model = read.model === null ? undefined : modelOf(table, provider, read.model)
  const cost = model === undefined ? null : costOfUsage(read.usage, compileRow(pricesAt(model, pricedAtMs)))
  const price = cost === null ? 'unknown' : costText(cost, expected)
  const right = expectedText(expected)
  return price === right ? null : { kind: 'wrongPrices', text: `${read.model} costs ${price}, expected ${right}` }
}

/** The data set leaves out what is 0. */
function usageText(usage: UnitUsage): string {
  const used = Object.entries(usage).filter(([, count]) => count !== undefined && count !== 0)
  return JSON.stringify(Object.fromEntries(used.sort(([a], [b]) => (a < b ? -1 : 1))))
}

function costText({ inputNanoUsd, outputNanoUsd, totalNanoUsd }: CallCost, { total_price: total }: Expected): string {
  return `${inputNanoUsd} + ${outputNanoUsd}${total === undefined ? '' : ` = ${totalNanoUsd}`} nano-USD`
}

function expectedText({ input_price: input, output_price: output, total_price: total }: Expected): string {
  if (input === undefined || output === undefined) return 'unknown'
  return `${nanoOf(input)} + ${nanoOf(output)}${total === undefined ? '' : ` = ${nanoOf(total)}`} nano-USD`
}

function nanoOf(usd: string): bigint {
  const exact = parseDecimal(usd)
  if (exact === null) throw new Error(`${usd} is not a decimal`)
  return roundHalfEven(multiply(exact, { numerator: 1_000_000_000n, denominator: 1n }))
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
