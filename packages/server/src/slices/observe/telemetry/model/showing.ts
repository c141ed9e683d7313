import { knownReportedCost } from './cost.ts'

interface ReportedSums {
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly costNanoUsd: number | null
  readonly unpricedCalls: number
  readonly reportedCostNanoUsd: number | null
  readonly actionsReportedCostNanoUsd: number | null
}

/** What an execution cost by its reporter: its own figure, else the sum of its actions'; 0 beside tokens is unknown. */
export function reportedCostOf(sums: ReportedSums): number | null {
  const tokens = (sums.inputTokens ?? 0) + (sums.outputTokens ?? 0)
  return knownReportedCost(sums.reportedCostNanoUsd ?? sums.actionsReportedCostNanoUsd, tokens)
}

/** The cost to compare an execution by: computed where every call has a price, else reported, else unknown. */
export function comparableCost(sums: ReportedSums): number | null {
  return sums.costNanoUsd !== null && sums.unpricedCalls === 0 ? sums.costNanoUsd : reportedCostOf(sums)
}

/** Milliseconds from start to end; null while it runs or when its end is unknown. */
export function durationMs(startedAt: Date, endedAt: Date | null): number | null {
  return endedAt === null ? null : Math.max(0, endedAt.getTime() - startedAt.getTime())
}
