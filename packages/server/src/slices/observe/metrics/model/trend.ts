import type { Trend } from '@metaagent/contract'
import { bucketOf, quantile } from '../../../../kernel/latency-histogram.ts'
import type { Proportion } from '../../../../kernel/statistics/counts.ts'
import { fisherExact } from '../../../../kernel/statistics/fisher.ts'
import { type DaySums, figuresOfDay, histogramOf } from './day.ts'

/** A difference that chance makes in fewer than 1 of 20 equal days is told. */
const alpha = 0.05
/** Costs have no interval here: a change counts from this ratio on, among at least so many successes. */
const costRatio = 1.2
const costSuccessesMin = 30

/**
 * How a day lies to the days before it. Success: the rates differ by Fisher's exact test. Latency: so does the share of
 * executions that took longer than the usual p95. Cost per success: a change by a fifth. What the evidence does not show is steady; without evidence on
 * either side nothing is claimed.
 */
export function trendOf(day: DaySums, usual: DaySums): readonly Trend[] {
  return [
    { figure: 'successRate', ...successTrend(day, usual) },
    { figure: 'latencyP95Ms', ...latencyTrend(day, usual) },
    { figure: 'costPerSuccessNanoUsd', ...costTrend(day, usual) },
  ]
}

type Judged = Pick<Trend, 'verdict' | 'because'>

const noEvidence = (what: string): Judged => ({
  verdict: 'unknown',
  because: { rule: 'nothing-to-compare', observed: null, limit: null, text: `${what} is not known on both sides.` },
})

function successTrend(day: DaySums, usual: DaySums): Judged {
  const now = { successes: day.successes, trials: day.successes + day.failures }
  const before = { successes: usual.successes, trials: usual.successes + usual.failures }
  if (now.trials === 0 || before.trials === 0) return noEvidence('The success rate')
  const rate = shareOf(now)
  const limit = shareOf(before)
  const p = fisherExact(now, before)
  const text = `${percent(rate)} of ${now.trials} executions succeeded, usually ${percent(limit)} do (p = ${p.toFixed(3)}).`
  const of = (verdict: Trend['verdict'], rule: string): Judged => ({
    verdict,
    because: { rule, observed: rate, limit, text },
  })
  if (p >= alpha) return of('steady', 'success-as-usual')
  return rate < limit ? of('worse', 'success-under-usual') : of('better', 'success-over-usual')
}

function latencyTrend(day: DaySums, usual: DaySums): Judged {
  const usualP95 = quantile(histogramOf(usual), 0.95)
  const dayP95 = quantile(histogramOf(day), 0.95)
  if (usualP95 === null || dayP95 === null) return noEvidence('The duration')
  const limit = bucketOf(usualP95)
  const now = over(day, limit)
  const before = over(usual, limit)
  const p = fisherExact(now, before)
  const text = `${percent(shareOf(now))} took longer than the usual p95 of ${seconds(usualP95)}, usually ${percent(shareOf(before))} do (p = ${p.toFixed(3)}).`
  const of = (verdict: Trend['verdict'], rule: string): Judged => ({
    verdict,
    because: { rule, observed: Math.round(dayP95), limit: Math.round(usualP95), text },
  })
  if (p >= alpha) return of('steady', 'as-fast-as-usual')
  return shareOf(now) > shareOf(before) ? of('worse', 'slower-than-usual') : of('better', 'faster-than-usual')
}

const shareOf = ({ successes, trials }: Proportion) => successes / trials

/** Executions beyond a bucket, among all that have a duration. */
function over(sums: DaySums, bucket: number): Proportion {
  let successes = 0
  let trials = 0
  for (const [at, executions] of histogramOf(sums)) {
    trials += executions
    if (at > bucket) successes += executions
  }
  return { successes, trials }
}

function costTrend(day: DaySums, usual: DaySums): Judged {
  const now = figuresOfDay(day).costPerSuccessNanoUsd
  const before = figuresOfDay(usual).costPerSuccessNanoUsd
  if (now === null || before === null || before === 0) return noEvidence('The cost per success')
  const ratio = now / before
  const text = `One success costs ${dollars(now)}, usually ${dollars(before)}.`
  const of = (verdict: Trend['verdict'], rule: string, more = ''): Judged => ({
    verdict,
    because: { rule, observed: now, limit: before, text: `${text}${more}` },
  })
  if (Math.min(day.successes, usual.successes) < costSuccessesMin)
    return of('unknown', 'too-few-successes', ` From ${costSuccessesMin} successes on both sides it is compared.`)
  if (ratio >= costRatio) return of('worse', 'dearer-than-usual')
  if (ratio <= 1 / costRatio) return of('better', 'cheaper-than-usual')
  return of('steady', 'as-dear-as-usual', ' Changes under a fifth are not told.')
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const seconds = (durationMs: number) => `${(durationMs / 1000).toFixed(2)} s`
const dollars = (nanoUsd: number) => `$${(nanoUsd / 1e9).toFixed(4)}`
