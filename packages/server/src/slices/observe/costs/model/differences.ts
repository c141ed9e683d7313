import type { Instant } from '../../../../kernel/instant.ts'

/** Both costs of one agent on one day, in its place in the list of differences. */
export interface Difference {
  readonly of: 'calls' | 'executions'
  readonly agentId: string
  readonly provider: string | null
  readonly model: string | null
  readonly day: string
  readonly comparedCalls: number
  readonly comparedExecutions: number
  readonly comparedCostNanoUsd: number
  readonly comparedReportedNanoUsd: number
  /** What the list is sorted by: how far the two lie apart. */
  readonly rank: number
  readonly key: string
}

interface WholeCost {
  readonly agentId: string
  readonly at: Instant
  readonly executions: number
  readonly reportedNanoUsd: number
  readonly computedNanoUsd: number
}

/** Runs that were reported as a whole, per agent and day in a time zone. */
export function wholesByDay(wholes: readonly WholeCost[], timeZone: string): readonly Difference[] {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const groups = Map.groupBy(wholes, ({ agentId, at }) => `${format.format(at)}${agentId}`)
  return [...groups].map(([key, parts]) => {
    const sum = (of: (part: WholeCost) => number) => parts.reduce((all, part) => all + of(part), 0)
    const reported = sum(({ reportedNanoUsd }) => reportedNanoUsd)
    const computed = sum(({ computedNanoUsd }) => computedNanoUsd)
    return {
      of: 'executions',
      agentId: key.slice(10),
      provider: null,
      model: null,
      day: key.slice(0, 10),
      comparedCalls: 0,
      comparedExecutions: sum(({ executions }) => executions),
      comparedCostNanoUsd: computed,
      comparedReportedNanoUsd: reported,
      rank: Math.abs(reported - computed),
      // Not the key of any calls of that day and agent.
      key: `${key} whole`,
    }
  })
}

interface Place {
  readonly rank: number
  readonly key: string
}

/** The order of the list: the farthest apart first, then by key from behind. */
export const byRank = (a: Place, b: Place): number => b.rank - a.rank || (a.key === b.key ? 0 : a.key < b.key ? 1 : -1)

/** Whether a row stands behind where a page ended. */
export const behind = (row: Place, after: Place | null): boolean => after === null || byRank(after, row) < 0
