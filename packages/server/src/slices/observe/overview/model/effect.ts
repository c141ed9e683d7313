import type { Because, ChangeEffect, EffectSpan, HealthFigures } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import { independentDifferenceInterval } from '../../../../kernel/statistics/proportions.ts'

/** Fewer runs on a side say next to nothing, as with the states of health. */
const runsMin = 3
/** Durations and costs have no test here: they are told from a ratio on that nobody takes for noise, with runs enough. */
const ratioRunsMin = 20
const latencyRatio = 1.25
const costRatio = 1.2
const minuteMs = 60_000
const spanMaxMs = 86_400_000

/** The times that are compared around a change. */
export interface EffectTimes {
  readonly before: { readonly from: Instant; readonly until: Instant }
  readonly after: { readonly from: Instant; readonly until: Instant }
}

/** The day before, and what came after up to a day and from five minutes on, in whole minutes. */
export function timesAround(at: Instant, now: Instant): EffectTimes {
  const cut = instantFromEpochMs(Math.floor(at / minuteMs) * minuteMs)
  const end = instantFromEpochMs(Math.floor(now / minuteMs) * minuteMs + minuteMs)
  const length = Math.min(spanMaxMs, Math.max(5 * minuteMs, end - cut))
  return { before: { from: addMs(cut, -spanMaxMs), until: cut }, after: { from: cut, until: addMs(cut, length) } }
}

type Side = Pick<
  HealthFigures,
  'executions' | 'successes' | 'failures' | 'successRate' | 'latencyP95Ms' | 'costPerSuccessNanoUsd'
>
type Turn = 'better' | 'worse' | 'steady'

/** Sets the figures after a change beside those before it. Claims a difference of success only where the interval shows one. */
export function compareSides(times: EffectTimes, before: Side, after: Side): ChangeEffect {
  const sides = { before: spanOf(times.before, before), after: spanOf(times.after, after) }
  const few = [before, after].find((side) => side.successes + side.failures < runsMin)
  if (few !== undefined)
    return {
      ...sides,
      verdict: 'unknown',
      because: [
        {
          rule: 'too-few-runs',
          observed: few.successes + few.failures,
          limit: runsMin,
          text: `Only ${few.successes + few.failures} finished on the side with fewer runs; from ${runsMin} on they are compared.`,
        },
      ],
    }
  const parts = [successTurn(before, after), latencyTurn(before, after), costTurn(before, after)].flatMap(
    (part) => part ?? [],
  )
  return { ...sides, verdict: verdictOf(parts), because: parts.map(({ because }) => because) }
}

function spanOf({ from, until }: EffectTimes['before'], side: Side): EffectSpan {
  const { executions, successRate, latencyP95Ms, costPerSuccessNanoUsd } = side
  return { from: toIso(from), until: toIso(until), executions, successRate, latencyP95Ms, costPerSuccessNanoUsd }
}

interface Part {
  readonly turn: Turn
  readonly because: Because
}

function verdictOf(parts: readonly Part[]): ChangeEffect['verdict'] {
  const better = parts.some(({ turn }) => turn === 'better')
  const worse = parts.some(({ turn }) => turn === 'worse')
  if (better && worse) return 'mixed'
  return worse ? 'worse' : better ? 'better' : 'steady'
}

function successTurn(before: Side, after: Side): Part {
  const of = (side: Side) => ({ successes: side.successes, trials: side.successes + side.failures })
  const { low, high } = independentDifferenceInterval(of(before), of(after), 0.95)
  const turn = high < 0 ? 'worse' : low > 0 ? 'better' : 'steady'
  const points = (share: number) => `${(100 * share).toFixed(1)}`
  const shown = `${percent(before.successRate)} → ${percent(after.successRate)}`
  return {
    turn,
    because: {
      rule: 'success-difference',
      observed: (after.successRate ?? 0) - (before.successRate ?? 0),
      limit: 0,
      text:
        turn === 'steady'
          ? `Success ${shown}: the 95 % interval of the difference (${points(low)} to ${points(high)} points) holds 0.`
          : `Success ${shown}: ${turn}, by ${points(low)} to ${points(high)} points (95 % interval).`,
    },
  }
}

function latencyTurn(before: Side, after: Side): Part | null {
  if (before.latencyP95Ms === null || after.latencyP95Ms === null || before.latencyP95Ms === 0) return null
  if (Math.min(before.executions, after.executions) < ratioRunsMin) return null
  const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
  const ratio = after.latencyP95Ms / before.latencyP95Ms
  const shown = `p95 ${seconds(before.latencyP95Ms)} → ${seconds(after.latencyP95Ms)}`
  return ratioPart('latency-ratio', ratio, latencyRatio, shown)
}

function costTurn(before: Side, after: Side): Part | null {
  const [was, is] = [before.costPerSuccessNanoUsd, after.costPerSuccessNanoUsd]
  if (was === null || is === null || was === 0) return null
  if (Math.min(before.successes, after.successes) < ratioRunsMin) return null
  const dollars = (nanoUsd: number) => `$${(nanoUsd / 1e9).toFixed(4)}`
  return ratioPart('cost-ratio', is / was, costRatio, `Cost per success ${dollars(was)} → ${dollars(is)}`)
}

function ratioPart(rule: string, ratio: number, limit: number, shown: string): Part {
  const turn: Turn = ratio >= limit ? 'worse' : ratio <= 1 / limit ? 'better' : 'steady'
  const words = turn === 'steady' ? `within a factor of ${limit}` : `${ratio.toFixed(2)} times`
  return { turn, because: { rule, observed: ratio, limit, text: `${shown}: ${words}.` } }
}

const percent = (share: number | null) => (share === null ? 'unknown' : `${(100 * share).toFixed(1)} %`)
