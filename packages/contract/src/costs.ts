import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { CostNanoUsd, IsoInstant, IsoInstantInput, Name, Uuid } from './primitives.ts'

/** An IANA time zone; days are days there. */
const TimeZone = z
  .string()
  .min(1)
  .max(64)
  .refine((name) => isTimeZone(name), 'must be an IANA time zone such as Europe/Berlin')
  .meta({ description: 'IANA time zone in which days begin and end.' })

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '' && !/^[+-]/.test(name)
  } catch {
    return false
  }
}

/** Which calls: those that ended in [from, to), rounded out to quarters of an hour. Default: the last 30 days. */
const costFilter = {
  from: IsoInstantInput.optional(),
  to: IsoInstantInput.optional(),
  timeZone: TimeZone.default('UTC'),
  agentId: Uuid.optional(),
  environment: Name.optional(),
  releaseId: Uuid.optional(),
  provider: Name.optional(),
  model: Name.optional(),
}

export const CostDimension = z.enum(['agent', 'model', 'release', 'day']).meta({ id: 'CostDimension' })
export type CostDimension = z.infer<typeof CostDimension>

/** What calls cost. Sums that nobody knows are null; calls without a price are counted beside the sum, not in it. */
export const CostSums = z.object({
  calls: z.int(),
  unpricedCalls: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  unpricedTokens: z.int(),
  costNanoUsd: CostNanoUsd,
  reportedCalls: z.int().meta({ description: 'Calls whose sender reported a cost.' }),
  reportedNanoUsd: CostNanoUsd,
  comparedCalls: z.int().meta({ description: 'Calls whose cost is known both ways.' }),
  comparedCostNanoUsd: CostNanoUsd,
  comparedReportedNanoUsd: CostNanoUsd,
  reportedRatio: z
    .number()
    .nullable()
    .meta({ description: 'Reported over computed, of the compared calls; null where nothing was computed.' }),
})

/** Whom or what a sum is about; null where the grouping does not say it, or the calls did not. */
const costOwner = {
  agentId: Uuid.nullable(),
  agent: z.string().nullable(),
  releaseId: Uuid.nullable(),
  release: z.string().nullable(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  day: z.iso.date().nullable(),
}

export const CostGroup = CostSums.extend(costOwner).meta({ id: 'CostGroup' })
export type CostGroup = z.infer<typeof CostGroup>
export const CostPage = pageOf(CostGroup)
  .extend({ from: IsoInstant, to: IsoInstant, timeZone: z.string(), total: CostSums })
  .meta({ id: 'CostPage' })
export type CostPage = z.infer<typeof CostPage>
export const CostQuery = PageQuery.extend({ groupBy: CostDimension.default('agent'), ...costFilter })

export const CostSeriesQuery = z.strictObject({
  splitBy: z.enum(['agent', 'model', 'release']).default('agent'),
  ...costFilter,
})
/** Cost per day, split. `costNanoUsd` has one value per day; null: no priced call on it. */
export const CostSeries = z
  .object({
    timeZone: z.string(),
    days: z.array(z.iso.date()),
    series: z.array(
      z.object({
        label: z.string(),
        rest: z.boolean().meta({ description: 'True for the sum of all that have no line of their own.' }),
        costNanoUsd: z.array(CostNanoUsd),
        unpricedCalls: z.array(z.int()),
      }),
    ),
  })
  .meta({ id: 'CostSeries' })
export type CostSeries = z.infer<typeof CostSeries>

/** A model whose calls have no price. */
export const UnpricedModel = z
  .object({
    provider: z.string().nullable(),
    model: z.string().nullable(),
    calls: z.int(),
    tokens: z.int(),
    lastCalledAt: IsoInstant.meta({ description: 'Start of the quarter of an hour of the last call.' }),
    pricedNow: z.boolean().meta({ description: 'There is a price by now: re-pricing would find it.' }),
  })
  .meta({ id: 'UnpricedModel' })
export type UnpricedModel = z.infer<typeof UnpricedModel>
export const UnpricedPage = pageOf(UnpricedModel).meta({ id: 'UnpricedPage' })
export type UnpricedPage = z.infer<typeof UnpricedPage>
export const UnpricedQuery = PageQuery.extend(costFilter)

/** How far reported costs lie from computed ones per agent and day, of calls by model; the largest difference first. */
export const CostDifference = z
  .object({
    of: z.enum(['calls', 'executions']).meta({
      description: '`executions`: runs that report their cost as a whole, and none of a call.',
    }),
    agentId: Uuid,
    agent: z.string(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    day: z.iso.date(),
    comparedCalls: z.int(),
    comparedExecutions: z.int(),
    comparedCostNanoUsd: z.int(),
    comparedReportedNanoUsd: z.int(),
    differenceNanoUsd: z.int().meta({ description: 'Reported minus computed.' }),
    reportedRatio: z.number().nullable(),
  })
  .meta({ id: 'CostDifference' })
export type CostDifference = z.infer<typeof CostDifference>
export const CostDifferencePage = pageOf(CostDifference).meta({ id: 'CostDifferencePage' })
export type CostDifferencePage = z.infer<typeof CostDifferencePage>
export const CostDifferenceQuery = PageQuery.extend(costFilter)

/** Prices stored calls again by what holds now: those that began in [from, to), of one provider or model where named. */
export const NewRepricing = z
  .strictObject({
    from: IsoInstantInput,
    to: IsoInstantInput,
    provider: Name.nullable().default(null).meta({ description: 'As reported.' }),
    model: Name.nullable().default(null).meta({ description: 'As reported, whole.' }),
    reason: z.string().trim().min(1).max(500),
  })
  .meta({ id: 'NewRepricing' })
export type NewRepricing = z.input<typeof NewRepricing>

export const Repricing = z
  .object({
    repricingId: Uuid,
    state: z.enum(['running', 'done', 'cancelled']),
    from: IsoInstant,
    to: IsoInstant,
    provider: z.string().nullable(),
    model: z.string().nullable(),
    reason: z.string(),
    expectedCalls: z.int().meta({ description: 'About how many calls there were when it was asked for.' }),
    calls: z.int().meta({ description: 'Priced again so far.' }),
    changedCalls: z.int(),
    newlyPricedCalls: z.int(),
    noLongerPricedCalls: z.int(),
    beforeNanoUsd: z.int().meta({ description: 'What the calls so far cost before, without the unpriced.' }),
    afterNanoUsd: z.int(),
    requestedBy: z.string(),
    requestedAt: IsoInstant,
    finishedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'Repricing' })
export type Repricing = z.infer<typeof Repricing>
export const RepricingPage = pageOf(Repricing).meta({ id: 'RepricingPage' })
export type RepricingPage = z.infer<typeof RepricingPage>
