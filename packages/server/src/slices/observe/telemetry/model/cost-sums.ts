import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { RollupOwner } from './rollup-sums.ts'
import type { Totals } from './totals.ts'

const counters = [
  'pricedCalls',
  'unpricedCalls',
  'inputTokens',
  'outputTokens',
  'unpricedTokens',
  'costNanoUsd',
  'reportedCalls',
  'reportedNanoUsd',
  'comparedCalls',
  'comparedCostNanoUsd',
  'comparedReportedNanoUsd',
] as const
type Counter = (typeof counters)[number]

interface Call {
  readonly provider: string | null
  readonly model: string | null
  readonly endedAt: Instant
}

type Sum = RollupOwner & Pick<Call, 'provider' | 'model'> & { readonly quarter: Instant } & Record<Counter, number>

const quarterMs = 900_000

/** Sums what calls cost by model and quarter of an hour (ports/costs.ts). Adding a call and taking it back leaves nothing. */
export class CostSums {
  readonly #sums = new Map<string, Sum>()

  /** Counts the totals of one action once (`times` 1) or takes them back (-1); one without tokens or cost is no call. */
  add(owner: RollupOwner, call: Call, totals: Totals, times: 1 | -1): void {
    const { pricedCalls, unpricedCalls, costNanoUsd: cost, reportedCostNanoUsd: reported } = totals
    if (pricedCalls + unpricedCalls === 0 && reported === null) return
    const sum = this.#sumOf(owner, call)
    const tokens = (totals.inputTokens ?? 0) + (totals.outputTokens ?? 0)
    sum.pricedCalls += times * pricedCalls
    sum.unpricedCalls += times * unpricedCalls
    sum.inputTokens += times * (totals.inputTokens ?? 0)
    sum.outputTokens += times * (totals.outputTokens ?? 0)
    if (unpricedCalls > 0) sum.unpricedTokens += times * tokens
    sum.costNanoUsd += times * (cost ?? 0)
    if (reported === null) return
    sum.reportedCalls += times
    sum.reportedNanoUsd += times * reported
    if (cost === null) return
    sum.comparedCalls += times
    sum.comparedCostNanoUsd += times * cost
    sum.comparedReportedNanoUsd += times * reported
  }

  /** The sums that are not zero. */
  deltas(): readonly Readonly<Sum>[] {
    return [...this.#sums.values()].filter((sum) => counters.some((counter) => sum[counter] !== 0))
  }

  #sumOf({ agentId, releaseId, environment }: RollupOwner, { provider, model, endedAt }: Call): Sum {
    const quarter = Math.floor(endedAt / quarterMs)
    const key = `${agentId}\n${releaseId ?? ''}\n${environment}\n${provider ?? ''}\n${model ?? ''}\n${quarter}`
    const known = this.#sums.get(key)
    if (known !== undefined) return known
    const zeros = Object.fromEntries(counters.map((counter) => [counter, 0])) as Record<Counter, number>
    const start = instantFromEpochMs(quarter * quarterMs)
    const sum = { ...zeros, agentId, releaseId, environment, provider, model, quarter: start }
    this.#sums.set(key, sum)
    return sum
  }
}
