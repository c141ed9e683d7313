import type { Instant } from '../kernel/instant.ts'
import type { Tx } from './store.ts'

/** What stored calls add to the costs of one quarter of an hour. Counts are negative where something is taken back. */
export interface CostDelta {
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
  readonly provider: string | null
  readonly model: string | null
  /** Start of the UTC quarter of an hour in which the calls ended: every time zone's day begins with one. */
  readonly quarter: Instant
  readonly pricedCalls: number
  readonly unpricedCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Tokens, in and out, of the calls without a price. */
  readonly unpricedTokens: number
  /** Sum over priced calls; the unpriced ones are counted, not added as 0. */
  readonly costNanoUsd: number
  readonly reportedCalls: number
  readonly reportedNanoUsd: number
  /** Calls whose cost is known both ways, with both sums. */
  readonly comparedCalls: number
  readonly comparedCostNanoUsd: number
  readonly comparedReportedNanoUsd: number
}

/** Adds to the costs by model in the caller's transaction; telemetry calls it, `app/` fills it with the costs slice. */
export type CostWriter = (tx: Tx, deltas: readonly CostDelta[]) => void
