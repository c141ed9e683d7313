import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, IsoInstantInput, Json, Name, Uuid } from './primitives.ts'
import { CostProvenance } from './telemetry.ts'

/** USD exactly as written: up to 9 digits before and after the point. A text, since binary fractions are not exact. */
export const UsdDecimal = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,9})?$/, 'must be a decimal number of USD such as "2.50"')
  .meta({ id: 'UsdDecimal', description: 'USD as a decimal text.' })

/** What a model costs. Cached and reasoning tokens are part of input and output; a price of their own takes them out. */
export const ModelPriceSet = z
  .strictObject({
    inputUsdPerMillion: UsdDecimal.optional(),
    outputUsdPerMillion: UsdDecimal.optional(),
    cacheReadUsdPerMillion: UsdDecimal.optional(),
    cacheWriteUsdPerMillion: UsdDecimal.optional(),
    reasoningUsdPerMillion: UsdDecimal.optional(),
    requestUsdPerThousand: UsdDecimal.optional(),
  })
  .meta({ id: 'ModelPriceSet' })
export type ModelPriceSet = z.infer<typeof ModelPriceSet>

/** Which model names a price is for; upper and lower case are the same. */
export const ModelMatch = z
  .strictObject({
    kind: z.enum(['equals', 'starts_with', 'ends_with', 'contains']),
    value: Name,
  })
  .meta({ id: 'ModelMatch' })
export type ModelMatch = z.infer<typeof ModelMatch>

/** A price of the organization's own. It comes before the price table for calls that begin in its period. */
export const NewModelPrice = z
  .strictObject({
    provider: Name.nullable().default(null).meta({ description: 'As reported, `openai`; null: whoever serves it.' }),
    match: ModelMatch,
    prices: ModelPriceSet,
    effectiveFrom: IsoInstantInput.nullable().default(null).meta({ description: 'First instant; null: always.' }),
    effectiveTo: IsoInstantInput.nullable().default(null).meta({ description: 'First instant without; null: no end.' }),
    note: z.string().trim().max(500).optional(),
  })
  .meta({ id: 'NewModelPrice' })
export type NewModelPrice = z.input<typeof NewModelPrice>

export const ModelPriceState = z
  .enum(['scheduled', 'active', 'ended', 'withdrawn'])
  .meta({ id: 'ModelPriceState', description: 'By its period and the present; `withdrawn` counts for no call.' })
export type ModelPriceState = z.infer<typeof ModelPriceState>

export const ModelPrice = z
  .object({
    priceId: Uuid,
    revision: z.int().meta({ description: 'The change of these prices by which it came; costs name it as version.' }),
    provider: z.string().nullable(),
    match: ModelMatch,
    prices: ModelPriceSet,
    effectiveFrom: IsoInstant.nullable(),
    effectiveTo: IsoInstant.nullable(),
    note: z.string().nullable(),
    state: ModelPriceState,
    createdBy: z.string(),
    createdAt: IsoInstant,
    withdrawnAt: IsoInstant.nullable(),
  })
  .meta({ id: 'ModelPrice' })
export type ModelPrice = z.infer<typeof ModelPrice>
export const ModelPricePage = pageOf(ModelPrice).meta({ id: 'ModelPricePage' })
export type ModelPricePage = z.infer<typeof ModelPricePage>
export const ModelPriceQuery = PageQuery.extend({ withdrawn: z.stringbool().default(false) })

/** Asks what a call would be priced by. */
export const PriceLookupQuery = z.strictObject({
  provider: Name.optional(),
  model: Name,
  at: IsoInstantInput.optional(),
})

/** The price that counts for a model at a time, by the price table's keys; null when it is unknown. */
export const PriceLookup = z
  .object({
    provenance: CostProvenance,
    prices: z.record(z.string(), Json).meta({ description: 'Keys of the price table to USD, tiers as there.' }),
  })
  .nullable()
  .meta({ id: 'PriceLookup' })
export type PriceLookup = z.infer<typeof PriceLookup>
