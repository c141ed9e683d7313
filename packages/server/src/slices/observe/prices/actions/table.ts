import { waitForUpdate } from '@pydantic/genai-prices'
import type { Instant } from '../../../../kernel/instant.ts'
import { type CompiledRow, compileRow, type PriceRow } from '../model/cost.ts'
import {
  type Dating,
  datingOf,
  modelOf,
  type PriceTable,
  pricesAt,
  providerByName,
  providerOfModel,
  type TableProvider,
} from '../model/price-table.ts'
import { providerId } from '../model/providers.ts'

/** The price table's package and version; raised together with the dependency, as a test checks. */
export const priceTable = { table: '@pydantic/genai-prices', version: '0.1.8' } as const

// The package's own way to its data; without a source of updates it is the table that was installed.
const table = ((await waitForUpdate()) ?? []) as unknown as PriceTable

/** A row of the table that prices a model, and how long that holds. */
export interface FoundPrice {
  readonly row: PriceRow
  readonly compiled: CompiledRow
  /** `CostProvenance` as JSON text. */
  readonly provenance: string
  readonly dated: Dating
}

const mostRemembered = 5_000
const remembered = new Map<string, FoundPrice | null>()

/**
 * The price row of a model at a time, or null when the table does not know it. A known provider's models are not looked
 * for elsewhere: another host's price would be a guess. `provider/model` is split where the whole name is unknown, and
 * the provenance then names the alias.
 */
export function findInTable(provider: string | null, model: string, at: Instant): FoundPrice | null {
  const key = `${provider ?? ''}\u0000${model}`
  const known = remembered.get(key)
  if (known !== undefined && (known === null || known.dated === 'never')) return known
  const dailyKey = `${key}\u0000${Math.floor(at / 86_400_000)}`
  const today = known?.dated === 'daily' ? remembered.get(dailyKey) : undefined
  if (today !== undefined) return today
  const found = lookUp(provider, model, at)
  if (remembered.size >= mostRemembered) remembered.clear()
  remembered.set(key, found)
  if (found?.dated === 'daily') remembered.set(dailyKey, found)
  return found
}

function lookUp(provider: string | null, model: string, at: Instant): FoundPrice | null {
  const named = provider === null ? undefined : providerByName(table, providerId(provider))
  const whole = tableRow(named ?? providerOfModel(table, model.toLowerCase().trim()), model, model, at)
  const slash = model.indexOf('/')
  if (whole !== null || slash <= 0) return whole
  const rest = model.slice(slash + 1)
  const prefixed = providerByName(table, providerId(model.slice(0, slash)))
  return tableRow(prefixed ?? named ?? providerOfModel(table, rest.toLowerCase().trim()), rest, model, at)
}

function tableRow(provider: TableProvider | undefined, name: string, alias: string, at: Instant): FoundPrice | null {
  const model = provider === undefined ? undefined : modelOf(table, provider, name)
  if (provider === undefined || model === undefined) return null
  const row = pricesAt(model, at)
  const found = { row: `${provider.id}/${model.id}`, alias: alias === model.id ? null : alias, source: 'computed' }
  return {
    row,
    compiled: compileRow(row),
    provenance: JSON.stringify({ ...priceTable, ...found }),
    dated: datingOf(model),
  }
}
