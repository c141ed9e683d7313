import { calcPrice, findProvider } from '@pydantic/genai-prices'
import type { Instant } from '../../../../kernel/instant.ts'
import { costNanoUsd, type PriceRow } from '../model/cost.ts'
import { type ActionCost, type ActionRow, hasUsage } from '../model/rows.ts'

/** The price table's package and version; raised together with the dependency, as a test checks. */
export const priceTable = { table: '@pydantic/genai-prices', version: '0.1.8' } as const

/** Providers as OpenTelemetry names them → as the price table does. What is not listed is asked for as it is. */
const providerIds: Readonly<Record<string, string>> = {
  'aws.bedrock': 'aws',
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'az.ai.openai': 'azure',
  'az.ai.inference': 'azure',
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  gemini: 'google',
  vertex_ai: 'google',
  x_ai: 'x-ai',
  xai: 'x-ai',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
}

interface FoundPrice {
  readonly row: PriceRow
  readonly provenance: string
  /** Whether the row is another one at another time. */
  readonly dated: 'never' | 'daily' | 'always'
}

const mostRemembered = 5_000
const remembered = new Map<string, FoundPrice | null>()

/**
 * The price row of a model at a time, or null when the table does not know it. A known provider's models are not looked
 * for elsewhere: another host's price would be a guess. `provider/model` is split where the whole name is unknown, and
 * the provenance then names the alias.
 */
function findPrice(provider: string | null, model: string, at: Instant): FoundPrice | null {
  const key = `${provider ?? ''}\u0000${model}`
  const known = remembered.get(key)
  if (known !== undefined && (known === null || known.dated === 'never')) return known
  const day = Math.floor(at / 86_400_000)
  const dailyKey = `${key}\u0000${day}`
  const today = known?.dated === 'daily' ? remembered.get(dailyKey) : undefined
  if (today !== undefined) return today
  const found = lookUp(provider, model, at)
  if (remembered.size >= mostRemembered) remembered.clear()
  remembered.set(key, found)
  if (found?.dated === 'daily') remembered.set(dailyKey, found)
  return found
}

function lookUp(provider: string | null, model: string, at: Instant): FoundPrice | null {
  const named = provider === null ? undefined : (providerIds[provider.toLowerCase()] ?? provider)
  const providerId = named !== undefined && findProvider({ providerId: named }) !== undefined ? named : undefined
  const whole = tableRow(model, providerId, model, at)
  const slash = model.indexOf('/')
  if (whole !== null || slash <= 0) return whole
  const prefix = model.slice(0, slash)
  const prefixId = providerIds[prefix.toLowerCase()] ?? prefix
  return tableRow(
    model.slice(slash + 1),
    findProvider({ providerId: prefixId }) === undefined ? providerId : prefixId,
    model,
    at,
  )
}

function tableRow(model: string, providerId: string | undefined, alias: string, at: Instant): FoundPrice | null {
  const options = { timestamp: new Date(at), ...(providerId === undefined ? {} : { providerId }) }
  // No usage: only the row is asked for, the sum is made exactly in the model.
  const found = calcPrice({}, model, options)
  if (found === null) return null
  const prices = found.model.prices
  const constraints = Array.isArray(prices)
    ? prices.flatMap(({ constraint }) => (constraint === undefined ? [] : [constraint]))
    : []
  const row = `${found.provider.id}/${found.model.id}`
  return {
    row: found.model_price,
    provenance: JSON.stringify({
      ...priceTable,
      row,
      alias: alias === found.model.id ? null : alias,
      source: 'computed',
    }),
    dated:
      constraints.length === 0 ? 'never' : constraints.every(({ type }) => type === 'start_date') ? 'daily' : 'always',
  }
}

/** What an action cost by the price table, or null when it used no tokens or their price is unknown. */
export function priceOf(action: ActionRow): ActionCost | null {
  if (action.model === null || !hasUsage(action)) return null
  const found = findPrice(action.provider, action.model, action.startedAt)
  if (found === null) return null
  const nanoUsd = costNanoUsd(action, found.row, action.kind === 'embedding')
  return nanoUsd === null ? null : { nanoUsd, provenance: found.provenance }
}
