import type { HealthFigures, HealthWindow } from '@metaagent/contract'
import { healthWindows } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { quantile } from '../../../../kernel/latency-histogram.ts'
import { wilsonInterval } from '../../../../kernel/statistics/proportions.ts'

/** Sums over rollup rows, as the store returns them. */
export interface RollupSums {
  readonly successes: number
  readonly failures: number
  readonly cancelled: number
  readonly actions: number
  readonly actionErrors: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNanoUsd: number
  readonly pricedCalls: number
  readonly unpricedCalls: number
  readonly executionsByBucket: ReadonlyMap<number, number>
}

export const noSums: RollupSums = {
  successes: 0,
  failures: 0,
  cancelled: 0,
  actions: 0,
  actionErrors: 0,
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  pricedCalls: 0,
  unpricedCalls: 0,
  executionsByBucket: new Map(),
}

/** Adds two sums; histograms merge bucket by bucket. */
export function addSums(a: RollupSums, b: RollupSums): RollupSums {
  const executionsByBucket = new Map(a.executionsByBucket)
  for (const [bucket, count] of b.executionsByBucket)
    executionsByBucket.set(bucket, (executionsByBucket.get(bucket) ?? 0) + count)
  return {
    successes: a.successes + b.successes,
    failures: a.failures + b.failures,
    cancelled: a.cancelled + b.cancelled,
    actions: a.actions + b.actions,
    actionErrors: a.actionErrors + b.actionErrors,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costNanoUsd: a.costNanoUsd + b.costNanoUsd,
    pricedCalls: a.pricedCalls + b.pricedCalls,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    executionsByBucket,
  }
}

/**
 * The figures that people read. Cost is null when no call was priced although calls were made; a cost with unpriced
 * calls beside it is a lower bound, and `unpricedCalls` says so.
 */
export function figuresOf(
  sums: RollupSums,
  open: { readonly running: number; readonly waiting: number },
): HealthFigures {
  const judged = sums.successes + sums.failures
  const interval = judged === 0 ? null : wilsonInterval({ successes: sums.successes, trials: judged }, 0.95)
  const noPrice = sums.pricedCalls === 0 && sums.unpricedCalls > 0
  const costNanoUsd = noPrice ? null : sums.costNanoUsd
  const at = (q: number) => quantile(sums.executionsByBucket, q)
  return {
    executions: judged + sums.cancelled,
    successes: sums.successes,
    failures: sums.failures,
    cancelled: sums.cancelled,
    running: open.running,
    waiting: open.waiting,
    successRate: judged === 0 ? null : sums.successes / judged,
    successRateLow: interval?.low ?? null,
    successRateHigh: interval?.high ?? null,
    latencyP50Ms: at(0.5),
    latencyP95Ms: at(0.95),
    latencyP99Ms: at(0.99),
    actions: sums.actions,
    actionErrors: sums.actionErrors,
    inputTokens: sums.inputTokens,
    outputTokens: sums.outputTokens,
    costNanoUsd,
    unpricedCalls: sums.unpricedCalls,
    // With unpriced calls the total is a lower bound only, and a bound must not be shown as the price of a success.
    costPerSuccessNanoUsd:
      costNanoUsd === null || sums.successes === 0 || sums.pricedCalls === 0 || sums.unpricedCalls > 0
        ? null
        : Math.round(costNanoUsd / sums.successes),
  }
}

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const floorTo = (at: Instant, stepMs: number) => instantFromEpochMs(Math.floor(at / stepMs) * stepMs)
const ceilTo = (at: Instant, stepMs: number) => instantFromEpochMs(Math.ceil(at / stepMs) * stepMs)

/** Lengths of time for which sums are kept. A day is one of UTC. */
export type Grain = 'minute' | 'hour' | 'day'

/** Which rollup rows make up a window that ends now: whole days at the end, hours before them, minutes at its ragged start. */
export interface WindowCover {
  /** Minutes in [from, until); empty when both are equal. */
  readonly minutes: { readonly from: Instant; readonly until: Instant }
  /** Hours in [from, until), null: without end; empty when both are equal. */
  readonly hours: { readonly from: Instant; readonly until: Instant | null }
  /** Days from here on; null: no day is needed. */
  readonly daysFrom: Instant | null
}

/** Covers a named window that ends with the minute of `now`. */
export function coverOf(window: HealthWindow, now: Instant): WindowCover {
  const lengthSeconds = healthWindows[window]
  if (lengthSeconds !== null) return coverOfSeconds(lengthSeconds, now)
  const epoch = instantFromEpochMs(0)
  const nothing = { from: epoch, until: epoch }
  return { minutes: nothing, hours: nothing, daysFrom: epoch }
}

/** Covers the window that ends with the minute of `now`. A window of n minutes holds exactly n minute slots. */
export function coverOfSeconds(lengthSeconds: number, now: Instant): WindowCover {
  const end = addMs(floorTo(now, minuteMs), minuteMs)
  const from = addMs(end, -lengthSeconds * 1000)
  const [firstHour, firstDay] = [ceilTo(from, hourMs), ceilTo(from, dayMs)]
  if (firstHour >= end) return { minutes: { from, until: end }, hours: { from: end, until: end }, daysFrom: null }
  const minutes = { from, until: firstHour }
  return firstDay >= end
    ? { minutes, hours: { from: firstHour, until: null }, daysFrom: null }
    : { minutes, hours: { from: firstHour, until: firstDay }, daysFrom: firstDay }
}

/** Step of a chart with at most 400 points: minutes up to six hours, else hours, else days. */
export function seriesStep(from: Instant, until: Instant): { readonly grain: Grain; readonly stepSeconds: number } {
  const spanMs = until - from
  if (spanMs <= 6 * hourMs) return { grain: 'minute', stepSeconds: 60 }
  if (spanMs <= 16 * dayMs) return { grain: 'hour', stepSeconds: 3_600 }
  return { grain: 'day', stepSeconds: 86_400 }
}

/** Length of the windows that are told as `processing_metrics`. */
export const metricsWindowMs = 5 * minuteMs

/** Start of the newest window that is closed at `now`. */
export function lastClosedWindow(now: Instant): Instant {
  return addMs(floorTo(now, metricsWindowMs), -metricsWindowMs)
}
