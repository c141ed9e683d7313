import type { CostProvenance, PriceLookup } from '@metaagent/contract'
import type { z } from 'zod'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { costOfCall, type PricedCall } from '../model/call.ts'
import { type CompiledRow, compileRow, type PriceRow } from '../model/cost.ts'
import { type Override, overrideFor, scopeText } from '../model/overrides.ts'
import { presentPrices, presentRevision } from '../store.ts'
import { findInTable } from './table.ts'

/** A cost that was computed, and by which price. */
export interface PricedCost {
  readonly nanoUsd: number
  /** `CostProvenance` as JSON text; the same text for all calls priced by one row. */
  readonly provenance: string
}

/** The prices of one organization as they stood when the book was opened. */
export interface PriceBook {
  /** Null: the call used no tokens that it told of, or their price is unknown. */
  priceOf(call: PricedCall): PricedCost | null
  lookUp(provider: string | null, model: string, at: Instant): PriceLookup
}

interface OwnPrice extends Override {
  readonly prices: PriceRow
}

interface Remembered {
  readonly revision: number
  readonly overrides: readonly OwnPrice[]
}

const rememberedByStore = new WeakMap<Deps['store'], Map<string, Remembered>>()

/** Opens the organization's prices: its own before the table's. One look at the revision while nothing has changed. */
export async function openPriceBook(deps: Deps, tx: Tx): Promise<PriceBook> {
  const overrides = await overridesOf(deps, tx)
  return {
    priceOf: (call) => priceOf(overrides, call),
    lookUp: (provider, model, at) => {
      const found = find(overrides, provider, model, at)
      if (found === null) return null
      const provenance = JSON.parse(found.provenance) as z.output<typeof CostProvenance>
      return { provenance, prices: JSON.parse(JSON.stringify(found.row)) as Record<string, never> }
    },
  }
}

async function overridesOf(deps: Deps, tx: Tx): Promise<readonly OwnPrice[]> {
  const ofStore = rememberedByStore.get(deps.store) ?? new Map<string, Remembered>()
  rememberedByStore.set(deps.store, ofStore)
  const revision = await presentRevision(tx)
  const known = ofStore.get(tx.organizationId)
  if (known?.revision === revision) return known.overrides
  const stored = revision === 0 ? [] : await presentPrices(tx)
  const overrides = stored.map((price): OwnPrice => ({ ...price, row: compileRow(price.row), prices: price.row }))
  // A change that commits while these are read is a revision that they do not have yet: it is read again next time.
  ofStore.set(tx.organizationId, { revision, overrides })
  return overrides
}

interface Found {
  readonly row: PriceRow
  readonly compiled: CompiledRow
  readonly provenance: string
}

function find(overrides: readonly OwnPrice[], provider: string | null, model: string, at: Instant): Found | null {
  const own = overrides.length === 0 ? null : overrideFor(overrides, provider, model, at)
  if (own === null) return findInTable(provider, model, at)
  const prices = overrides.find(({ revision }) => revision === own.revision)?.prices ?? {}
  return { row: prices, compiled: own.row, provenance: provenanceOf(own, model) }
}

function provenanceOf(own: Override, model: string): string {
  const row = scopeText(own)
  const alias = own.matchKind === 'equals' && own.matchValue === model ? null : model
  return JSON.stringify({ table: 'organization', version: String(own.revision), row, alias, source: 'computed' })
}

function priceOf(overrides: readonly OwnPrice[], call: PricedCall): PricedCost | null {
  if (call.model === null || (call.inputTokens === null && call.outputTokens === null)) return null
  const found = find(overrides, call.provider, call.model, call.startedAt)
  if (found === null) return null
  const nanoUsd = costOfCall(call, found.compiled)
  return nanoUsd === null ? null : { nanoUsd, provenance: found.provenance }
}
