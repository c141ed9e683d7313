import type { RiskFeatures } from './features.ts'

/** Counts that are compared with what the agent usually does. */
export const comparedCounts = ['steps', 'modelCalls', 'toolCalls', 'outputChars', 'durationMs', 'longestGapMs'] as const
export type ComparedCount = (typeof comparedCounts)[number]

/** Centre and spread of ln(1 + count) over an agent's runs: median and 1.4826 · median absolute deviation. */
export interface UsualCount {
  readonly centre: number
  readonly spread: number
}

/** What one agent usually does; null when too few of its runs are known to say. */
export type Usual = Readonly<Record<ComparedCount, UsualCount>> | null

/** Fewer runs than this have no usual. */
export const usualRunsMin = 4
/** How many of an agent's latest runs make its usual. */
export const usualRunsMax = 200
/** A spread under a quarter (e^.25 ≈ 1.28) would call every small difference unusual. */
const spreadMin = 0.25

/** The usual of an agent out of the features of its latest runs. */
export function usualOf(runs: readonly Pick<RiskFeatures, ComparedCount>[]): Usual {
  if (runs.length < usualRunsMin) return null
  return Object.fromEntries(
    comparedCounts.map((count) => [count, usualCount(runs.map((run) => Math.log1p(run[count])))]),
  ) as Record<ComparedCount, UsualCount>
}

function usualCount(values: readonly number[]): UsualCount {
  const centre = median(values)
  return { centre, spread: Math.max(spreadMin, 1.4826 * median(values.map((value) => Math.abs(value - centre)))) }
}

/** The middle value; of an even number the mean of the two in the middle; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}
