import type {
  CostDifference,
  CostDimension,
  CostGroup,
  CostPage,
  CostSeries,
  ModelPrice,
  Repricing,
  UnpricedModel,
} from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json } from './replies.ts'

const DAY = 86_400_000
const dayOf = (nowMs: number, daysAgo: number) => iso(nowMs - daysAgo * DAY).slice(0, 10)

type Sums = CostPage['total']

/** Sums without a single call. */
export const noSums: Sums = {
  calls: 0,
  unpricedCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  unpricedTokens: 0,
  costNanoUsd: null,
  reportedCalls: 0,
  reportedNanoUsd: null,
  comparedCalls: 0,
  comparedCostNanoUsd: null,
  comparedReportedNanoUsd: null,
  reportedRatio: null,
}

const noOwner = { agentId: null, agent: null, releaseId: null, release: null, provider: null, model: null, day: null }

/** Calls that all have a price and report a cost of their own. */
const priced: Sums = {
  ...noSums,
  calls: 1_200,
  inputTokens: 2_400_000,
  outputTokens: 310_000,
  costNanoUsd: 61_420_000_000,
  reportedCalls: 1_200,
  reportedNanoUsd: 64_491_000_000,
  comparedCalls: 1_200,
  comparedCostNanoUsd: 61_420_000_000,
  comparedReportedNanoUsd: 64_491_000_000,
  reportedRatio: 1.05,
}

/** Calls of which some have a price. */
const partly: Sums = { ...noSums, calls: 300, unpricedCalls: 40, inputTokens: 9_000, outputTokens: 4_200 }

/** Groups of each dimension: one whose owner is told and whose calls have a price, others where one or both lack. */
function groupsOf(by: CostDimension, nowMs: number): readonly CostGroup[] {
  const costly = { ...priced, ...noOwner }
  const cheap = { ...partly, costNanoUsd: 1_500_000_000, ...noOwner }
  const unknown = { ...partly, unpricedCalls: 300, ...noOwner }
  switch (by) {
    case 'agent':
      return [
        { ...costly, agentId: uuid(1), agent: 'telecom-care' },
        { ...cheap, agentId: uuid(4), agent: 'invoice-reader' },
        unknown,
      ]
    case 'model':
      return [{ ...costly, provider: 'openai', model: 'gpt-4.1' }, { ...cheap, model: 'house-llm' }, unknown]
    case 'release':
      return [
        { ...costly, agent: 'telecom-care', releaseId: uuid(20), release: 'gpt-4.1-sft-telecom' },
        { ...cheap, agent: 'invoice-reader' },
      ]
    case 'day':
      return [
        { ...costly, day: dayOf(nowMs, 1) },
        { ...cheap, day: dayOf(nowMs, 2) },
      ]
  }
}

/** What `GET /costs` says. */
export function costPageOf(by: CostDimension, nowMs: number): CostPage {
  return {
    items: [...groupsOf(by, nowMs)],
    nextCursor: null,
    from: iso(nowMs - 30 * DAY),
    to: iso(nowMs),
    timeZone: 'UTC',
    total: { ...priced, calls: 1_500, unpricedCalls: 40, costNanoUsd: 62_920_000_000 },
  }
}

/** What `GET /costs` says where nothing was called. */
export function noCosts(nowMs: number): CostPage {
  return { ...costPageOf('agent', nowMs), items: [], total: noSums }
}

export function costSeriesOf(splitBy: string, nowMs: number): CostSeries {
  const labels = { agent: 'telecom-care', model: 'gpt-4.1', release: 'gpt-4.1-sft-telecom' }
  const label = Object.entries(labels).find(([key]) => key === splitBy)?.[1] ?? splitBy
  return {
    timeZone: 'UTC',
    days: [dayOf(nowMs, 2), dayOf(nowMs, 1)],
    series: [
      { label, rest: false, costNanoUsd: [30_000_000_000, 31_420_000_000], unpricedCalls: [0, 0] },
      { label: 'All others', rest: true, costNanoUsd: [null, 1_500_000_000], unpricedCalls: [40, 0] },
    ],
  }
}

/** Models without a price: one that nothing knows, one that has a price by now, and calls that name no model. */
export function unpricedOf(nowMs: number): readonly UnpricedModel[] {
  const common = { tokens: 52_000, lastCalledAt: iso(nowMs - 3_600_000), pricedNow: false }
  return [
    { ...common, provider: 'vllm', model: 'house-llm-70b', calls: 214 },
    { ...common, provider: null, model: 'clauses-ft', calls: 31, pricedNow: true },
    { ...common, provider: null, model: null, calls: 7 },
  ]
}

export function differencesOf(nowMs: number): readonly CostDifference[] {
  const common = {
    of: 'calls',
    agentId: uuid(1),
    agent: 'telecom-care',
    provider: 'openai',
    model: 'gpt-4.1',
    comparedCalls: 12,
    comparedExecutions: 0,
  } as const
  const of = (daysAgo: number, comparedCostNanoUsd: number, comparedReportedNanoUsd: number): CostDifference => ({
    ...common,
    day: dayOf(nowMs, daysAgo),
    comparedCostNanoUsd,
    comparedReportedNanoUsd,
    differenceNanoUsd: comparedReportedNanoUsd - comparedCostNanoUsd,
    reportedRatio: comparedCostNanoUsd === 0 ? null : comparedReportedNanoUsd / comparedCostNanoUsd,
  })
  const whole = { of: 'executions', provider: null, model: null, comparedCalls: 0, comparedExecutions: 3 } as const
  return [
    of(1, 4_000_000_000, 6_000_000_000),
    { ...of(1, 1_000_000_000, 2_000_000_000), ...whole },
    of(2, 5_000_000_000, 3_750_000_000),
    of(3, 0, 0),
  ]
}

/** A price of the organization's own. */
export function priceOf(nowMs: number, change: Partial<ModelPrice> = {}): ModelPrice {
  return {
    priceId: uuid(900),
    revision: 1,
    provider: 'openai',
    match: { kind: 'equals', value: 'gpt-4.1' },
    prices: { inputUsdPerMillion: '1.80', outputUsdPerMillion: '7.20' },
    effectiveFrom: iso(nowMs - 20 * DAY),
    effectiveTo: null,
    note: null,
    state: 'active',
    createdBy: `user:${uuid(70)}`,
    createdAt: iso(nowMs - 20 * DAY),
    withdrawnAt: null,
    ...change,
  }
}

const hosted = (nowMs: number) =>
  priceOf(nowMs, {
    priceId: uuid(901),
    provider: null,
    match: { kind: 'starts_with', value: 'house-' },
    prices: { inputUsdPerMillion: '0.10' },
    effectiveFrom: null,
    effectiveTo: iso(nowMs - DAY),
    state: 'ended',
  })

/** The last pricing of stored calls: under way, or in another state. */
export function repricingOf(nowMs: number, change: Partial<Repricing> = {}): Repricing {
  return {
    repricingId: uuid(910),
    state: 'running',
    from: iso(nowMs - 30 * DAY),
    to: iso(nowMs),
    provider: null,
    model: null,
    reason: 'The contract with the provider was corrected.',
    expectedCalls: 400,
    calls: 100,
    changedCalls: 60,
    newlyPricedCalls: 25,
    noLongerPricedCalls: 0,
    beforeNanoUsd: 0,
    afterNanoUsd: 2_500_000_000,
    requestedBy: `user:${uuid(70)}`,
    requestedAt: iso(nowMs - 60_000),
    finishedAt: null,
    ...change,
  }
}

const page = (items: readonly unknown[]) => json({ items, nextCursor: null })
const dimensionOf = (asked: string | null): CostDimension =>
  (['model', 'release', 'day'] as const).find((by) => by === asked) ?? 'agent'

/** What the fixture server says about costs and prices. */
export const costAnswers: readonly (readonly [
  method: string,
  pattern: RegExp,
  answer: (question: Question, state: ServerState, parts: readonly string[]) => Response,
])[] = [
  ['GET', /^\/costs$/, ({ query }, { nowMs }) => json(costPageOf(dimensionOf(query.get('groupBy')), nowMs))],
  ['GET', /^\/costs\/series$/, ({ query }, { nowMs }) => json(costSeriesOf(query.get('splitBy') ?? 'agent', nowMs))],
  ['GET', /^\/costs\/unpriced$/, (_, { nowMs }) => page(unpricedOf(nowMs))],
  ['GET', /^\/costs\/differences$/, (_, { nowMs }) => page(differencesOf(nowMs))],
  ['GET', /^\/costs\/repricings$/, () => page([])],
  ['POST', /^\/costs\/repricings$/, ({ body }, { nowMs }) => json(repricingOf(nowMs, Object(body)), 201)],
  [
    'POST',
    /^\/costs\/repricings\/([^/]+)\/cancel$/,
    (_, { nowMs }) => json(repricingOf(nowMs, { state: 'cancelled', finishedAt: iso(nowMs) })),
  ],
  ['GET', /^\/prices$/, (_, { nowMs }) => page([priceOf(nowMs), hosted(nowMs)])],
  ['POST', /^\/prices$/, ({ body }, { nowMs }) => json(priceOf(nowMs, Object(body)), 201)],
  [
    'DELETE',
    /^\/prices\/([^/]+)$/,
    (_, { nowMs }) => json(priceOf(nowMs, { state: 'withdrawn', withdrawnAt: iso(nowMs) })),
  ],
]
