import type { Because, ChaosLine, ChaosReading } from '@metaagent/contract'
import { quantile } from '../../../../kernel/latency-histogram.ts'
import { wilsonInterval } from '../../../../kernel/statistics/proportions.ts'

/** What was seen of a line's figure. Null is unknown. */
export interface Seen {
  readonly observed: number | null
  readonly low: number | null
  readonly high: number | null
  readonly count: number | null
}

/** Of fewer executions a rate or a percentile says next to nothing. */
const executionsMin = 3
const unknown: Seen = { observed: null, low: null, high: null, count: null }

export function seenRate(successes: number, failures: number): Seen {
  const trials = successes + failures
  if (trials < executionsMin) return { ...unknown, count: trials }
  const { low, high } = wilsonInterval({ successes, trials }, 0.95)
  return { observed: successes / trials, low, high, count: trials }
}

/** The 95th percentile with its interval by order statistics: the ranks that np ± 1.96·√(np(1−p)) names. */
export function seenLatency(executionsByBucket: ReadonlyMap<number, number>): Seen {
  let count = 0
  for (const executions of executionsByBucket.values()) count += executions
  if (count < executionsMin) return { ...unknown, count }
  const half = (1.96 * Math.sqrt(count * 0.95 * 0.05)) / count
  return {
    observed: quantile(executionsByBucket, 0.95),
    low: quantile(executionsByBucket, 0.95 - half),
    high: quantile(executionsByBucket, Math.min(1, 0.95 + half)),
    count,
  }
}

export function seenExactly(observed: number | null, count: number | null = null): Seen {
  return { ...unknown, observed, count }
}

/** Nearest rank of exact values; null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? null
}

/** Holds a line against what was seen. */
export function readingOf(line: ChaosLine, seen: Seen): ChaosReading {
  const { limit, atLeast } = limitOf(line)
  const { observed } = seen
  const holds = observed === null ? null : atLeast ? observed >= limit : observed <= limit
  const rule = holds === null ? `${line.kind}-unknown` : holds ? line.kind : `${line.kind}-broken`
  const because: Because = { rule, observed, limit, text: sentence(line, seen, limit) }
  return { line, ...seen, holds, because }
}

function limitOf(line: ChaosLine): { readonly limit: number; readonly atLeast: boolean } {
  switch (line.kind) {
    case 'success-rate':
      return { limit: line.min, atLeast: true }
    case 'error-budget':
      return { limit: line.minShare, atLeast: true }
    case 'latency-p95':
    case 'delivery-p95':
      return { limit: line.maxMs, atLeast: false }
    case 'open-alerts':
      return { limit: line.max, atLeast: false }
  }
}

const share = (value: number) => `${Math.round(value * 1000) / 10} %`
const ms = (value: number) => `${Math.round(value)} ms`

function sentence({ kind }: ChaosLine, { observed, low, high, count }: Seen, limit: number): string {
  const of = count === null ? '' : ` of ${count}`
  const between = (show: (value: number) => string) =>
    low === null || high === null ? '' : ` (${show(low)} to ${show(high)})`
  switch (kind) {
    case 'success-rate':
      if (observed === null) return `Too few executions ended to tell how many succeed: ${count ?? 0}.`
      return `${share(observed)}${between(share)}${of} executions succeeded; ${share(limit)} is the least.`
    case 'latency-p95':
      if (observed === null) return `Too few executions ended to tell how long they take: ${count ?? 0}.`
      return `95 %${of} executions ended within ${ms(observed)}${between(ms)}; ${ms(limit)} is the most.`
    case 'delivery-p95':
      if (observed === null) return 'No signal was received yet.'
      return `95 %${of} signals were received within ${ms(observed)}; ${ms(limit)} is the most.`
    case 'open-alerts':
      return `${observed ?? 0} alerts fire; ${limit} are allowed.`
    case 'error-budget':
      if (observed === null) return 'No service level tells what is left of its budget.'
      return `${share(observed)} of the error budget is left; ${share(limit)} is the least.`
  }
}
