import type { DayFigures } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import { quantile } from '../../../../kernel/latency-histogram.ts'
import { wilsonInterval } from '../../../../kernel/statistics/proportions.ts'
import { addDays, localDay, startOfLocalDay } from '../../../../kernel/time-zone.ts'

/** The counts of a day, which add up over days, agents, environments and releases. */
export const dayCounts = [
  'successes',
  'failures',
  'cancelled',
  'actions',
  'actionErrors',
  'llmCalls',
  'toolCalls',
  'toolErrors',
  'inputTokens',
  'outputTokens',
  'costNanoUsd',
  'pricedCalls',
  'unpricedCalls',
] as const
export type DayCount = (typeof dayCounts)[number]

/** Counts with the histogram of durations: finished executions per bucket of `kernel/latency-histogram.ts`. */
export type DaySums = Readonly<Record<DayCount, number>> & { readonly latency: Readonly<Record<string, number>> }

export const emptySums: DaySums = {
  ...(Object.fromEntries(dayCounts.map((count) => [count, 0])) as Record<DayCount, number>),
  latency: {},
}

/** Sums of several rows or days; in any order the same. */
export function addUp(all: readonly DaySums[]): DaySums {
  const counts = { ...emptySums } as Record<DayCount, number>
  const latency: Record<string, number> = {}
  for (const sums of all) {
    for (const count of dayCounts) counts[count] += sums[count]
    for (const [bucket, executions] of Object.entries(sums.latency))
      latency[bucket] = (latency[bucket] ?? 0) + executions
  }
  return { ...counts, latency }
}

/** Executions per bucket as the kernel's histogram takes them. */
export function histogramOf(sums: DaySums): ReadonlyMap<number, number> {
  return new Map(Object.entries(sums.latency).map(([bucket, executions]) => [Number(bucket), executions]))
}

/**
 * The figures that people read. A cost is null when calls were made and none has a price; a cost per success is null as
 * soon as one call has none, since a lower bound is no price of a success.
 */
export function figuresOfDay(sums: DaySums): DayFigures {
  const { latency: _, ...counts } = sums
  const judged = sums.successes + sums.failures
  const interval = judged === 0 ? null : wilsonInterval({ successes: sums.successes, trials: judged }, 0.95)
  const histogram = histogramOf(sums)
  const noPrice = sums.pricedCalls === 0 && sums.unpricedCalls > 0
  const priced = sums.pricedCalls > 0 && sums.unpricedCalls === 0
  return {
    ...counts,
    executions: judged + sums.cancelled,
    successRate: judged === 0 ? null : sums.successes / judged,
    successRateLow: interval?.low ?? null,
    successRateHigh: interval?.high ?? null,
    latencyP50Ms: quantile(histogram, 0.5),
    latencyP95Ms: quantile(histogram, 0.95),
    latencyP99Ms: quantile(histogram, 0.99),
    costNanoUsd: noPrice ? null : sums.costNanoUsd,
    costPerSuccessNanoUsd: priced && sums.successes > 0 ? Math.round(sums.costNanoUsd / sums.successes) : null,
  }
}

const hourMs = 3_600_000

/** Which days have to be computed again, and for which agents, when these hours changed. A day may begin at half past. */
export function daysOfHours(
  hours: readonly { readonly agentId: string; readonly hourAt: Instant }[],
  zone: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const days = new Map<string, Set<string>>()
  const dayByHour = new Map<number, readonly string[]>()
  for (const { agentId, hourAt } of hours) {
    const touched = dayByHour.get(hourAt) ?? [
      ...new Set([localDay(hourAt, zone), localDay(addMs(hourAt, hourMs - 1), zone)]),
    ]
    dayByHour.set(hourAt, touched)
    for (const day of touched) {
      const agents = days.get(day) ?? new Set<string>()
      agents.add(agentId)
      days.set(day, agents)
    }
  }
  return new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** From where to where a day lasts, 23 to 25 hours. */
export function boundsOfDay(day: string, zone: string): { readonly from: Instant; readonly until: Instant } {
  return { from: startOfLocalDay(day, zone), until: startOfLocalDay(addDays(day, 1), zone) }
}
