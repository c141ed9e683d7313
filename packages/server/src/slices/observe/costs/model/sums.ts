/** Sums over calls, as they are added up; without calls everything is 0. */
export interface Counts {
  readonly pricedCalls: number
  readonly unpricedCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly unpricedTokens: number
  readonly costNanoUsd: number
  readonly reportedCalls: number
  readonly reportedNanoUsd: number
  readonly comparedCalls: number
  readonly comparedCostNanoUsd: number
  readonly comparedReportedNanoUsd: number
}

/** What calls cost, for people: a sum over no call is unknown. */
export interface Sums {
  readonly calls: number
  readonly unpricedCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly unpricedTokens: number
  readonly costNanoUsd: number | null
  readonly reportedCalls: number
  readonly reportedNanoUsd: number | null
  readonly comparedCalls: number
  readonly comparedCostNanoUsd: number | null
  readonly comparedReportedNanoUsd: number | null
  /** Reported over computed; null where nothing, or nothing but free calls, was computed. */
  readonly reportedRatio: number | null
}

export function sumsOf(counts: Counts): Sums {
  const { pricedCalls, unpricedCalls, reportedCalls, comparedCalls } = counts
  return {
    calls: pricedCalls + unpricedCalls,
    unpricedCalls,
    inputTokens: counts.inputTokens,
    outputTokens: counts.outputTokens,
    unpricedTokens: counts.unpricedTokens,
    costNanoUsd: pricedCalls > 0 ? counts.costNanoUsd : null,
    reportedCalls,
    reportedNanoUsd: reportedCalls > 0 ? counts.reportedNanoUsd : null,
    comparedCalls,
    comparedCostNanoUsd: comparedCalls > 0 ? counts.comparedCostNanoUsd : null,
    comparedReportedNanoUsd: comparedCalls > 0 ? counts.comparedReportedNanoUsd : null,
    reportedRatio: ratioOf(counts),
  }
}

/** Reported over computed cost of the compared calls. */
export function ratioOf(counts: Pick<Counts, 'comparedCostNanoUsd' | 'comparedReportedNanoUsd'>): number | null {
  return counts.comparedCostNanoUsd > 0 ? counts.comparedReportedNanoUsd / counts.comparedCostNanoUsd : null
}

/** One day of one agent, model or release. */
export interface DayCost {
  readonly day: string
  readonly key: string
  readonly pricedCalls: number
  readonly unpricedCalls: number
  readonly costNanoUsd: number
}

export interface Line {
  /** Null: the rest, everything that has no line of its own. */
  readonly key: string | null
  readonly costNanoUsd: readonly (number | null)[]
  readonly unpricedCalls: readonly number[]
}

/** Lines over the days, the costliest first; what is beyond `mostLines` is added up in one last line. */
export function linesOf(costs: readonly DayCost[], days: readonly string[], mostLines: number): readonly Line[] {
  const totals = new Map<string, number>()
  // Calls without a price come last, but they come.
  for (const { key, costNanoUsd, unpricedCalls } of costs)
    totals.set(key, (totals.get(key) ?? 0) + costNanoUsd + (unpricedCalls > 0 ? 0.5 : 0))
  const ranked = [...totals.keys()].sort((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0) || (a < b ? -1 : 1))
  const own = ranked.slice(0, mostLines)
  const rest = new Set(ranked.slice(mostLines))
  const lines: Line[] = own.map((key) =>
    lineOf(
      key,
      costs.filter((cost) => cost.key === key),
      days,
    ),
  )
  if (rest.size === 0) return lines
  return [
    ...lines,
    lineOf(
      null,
      costs.filter((cost) => rest.has(cost.key)),
      days,
    ),
  ]
}

function lineOf(key: string | null, costs: readonly DayCost[], days: readonly string[]): Line {
  const place = new Map(days.map((day, at) => [day, at]))
  const costNanoUsd: (number | null)[] = days.map(() => null)
  const unpricedCalls = days.map(() => 0)
  for (const cost of costs) {
    const at = place.get(cost.day)
    if (at === undefined) continue
    if (cost.pricedCalls > 0) costNanoUsd[at] = (costNanoUsd[at] ?? 0) + cost.costNanoUsd
    unpricedCalls[at] = (unpricedCalls[at] ?? 0) + cost.unpricedCalls
  }
  return { key, costNanoUsd, unpricedCalls }
}
