import type { Instant } from '../kernel/instant.ts'
import type { Tx } from './store.ts'

/** What one stored batch adds to one minute of one agent, release and environment. Counts may be negative on re-attribution. */
export interface RollupDelta {
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
  /** Start of the UTC minute: of the execution's end for executions, of the action's end for actions. */
  readonly minute: Instant
  readonly successes: number
  readonly failures: number
  readonly cancelled: number
  readonly actions: number
  readonly actionErrors: number
  readonly llmCalls: number
  readonly toolCalls: number
  readonly toolErrors: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Sum over priced calls; the unpriced ones are counted, not added as 0. */
  readonly costNanoUsd: number
  readonly pricedCalls: number
  readonly unpricedCalls: number
  /** Duration of finished executions, counts per bucket of `kernel/latency-histogram.ts`. */
  readonly executionLatency: ReadonlyMap<number, number>
}

/**
 * Adds deltas to the minute rollups in the caller's transaction, in key order so that concurrent writers cannot deadlock.
 * Telemetry calls it for rows that are new; `app/` fills it with the health slice's writer.
 */
export type RollupWriter = (tx: Tx, deltas: readonly RollupDelta[]) => Promise<void>
