import type { AgentHealth, Because, HealthFigures, HealthState } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'

/** The lines that health is measured against; tunables of this slice. Defaults: the targets of seed 2, "Primary Goals". */
export interface HealthPolicy {
  readonly successTarget: number
  readonly latencyP95TargetMs: number
  readonly costPerSuccessTargetNanoUsd: number
  readonly silentAfterMs: number
}

export const defaultHealthPolicy: HealthPolicy = {
  successTarget: 0.98,
  latencyP95TargetMs: 3_000,
  costPerSuccessTargetNanoUsd: 50_000_000,
  silentAfterMs: 24 * 3_600_000,
}

/** Below this success rate, as far as the evidence can tell, an agent is failing. */
const failingUnder = 0.8
/** With fewer finished executions an interval says next to nothing, so no state is claimed. */
const executionsMin = 3
/** A ratio to the target of 10 or more earns nothing. */
const hopelessRatio = 10
const weights = { success: 0.6, latency: 0.25, cost: 0.15 }

export interface HealthVerdict {
  readonly state: HealthState
  readonly score: number | null
  readonly because: readonly Because[]
}

/**
 * Judges one window of one agent. The score is 100 · Σ wᵢ·pᵢ / Σ wᵢ over the parts that are known (weights .6 success,
 * .25 latency, .15 cost); the state is the worst that the evidence proves: `failing` when even the upper end of the
 * success interval is under 80 %, `degraded` when it is under the target or p95 is ten times its target. Doubt is
 * never held against an agent, and a part without evidence is left out and said so.
 */
export function judgeHealth(input: {
  readonly figures: HealthFigures
  readonly lastExecutionAt: Instant | null
  readonly policy: HealthPolicy
  readonly now: Instant
  /** False for windows that look at history (30 days, all), where being quiet now is told but decides nothing. */
  readonly silenceCounts?: boolean
}): HealthVerdict {
  const { figures, policy, silenceCounts = true } = input
  const silence = silent(input)
  if (figures.successRate === null || figures.successRateHigh === null)
    return silence === null
      ? { state: 'unknown', score: null, because: [nothingFinished] }
      : { state: 'silent', score: null, because: [silence] }
  const parts = [successPart(figures.successRate, policy), latencyPart(figures, policy), costPart(figures, policy)]
  const state = worstProven(figures, policy)
  const reasons = parts.map((part) => part.because)
  return {
    state: silence === null || !silenceCounts ? state.state : 'silent',
    score: weighted(parts),
    because:
      silence !== null && silenceCounts
        ? [silence, state.because, ...reasons]
        : [state.because, ...(silence === null ? [] : [silence]), ...reasons],
  }
}

const nothingFinished: Because = {
  rule: 'no-finished-execution',
  observed: 0,
  limit: 1,
  text: 'No execution finished in this window, so there is nothing to judge.',
}

function silent(input: { lastExecutionAt: Instant | null; policy: HealthPolicy; now: Instant }): Because | null {
  if (input.lastExecutionAt === null) return null
  const quietMs = input.now - input.lastExecutionAt
  if (quietMs <= input.policy.silentAfterMs) return null
  return {
    rule: 'silent',
    observed: quietMs,
    limit: input.policy.silentAfterMs,
    text: `Nothing was heard for ${hours(quietMs)}; ${hours(input.policy.silentAfterMs)} is the limit.`,
  }
}

interface Part {
  readonly weight: number
  /** 0 to 1; null when there is no evidence. */
  readonly points: number | null
  readonly because: Because
}

function successPart(successRate: number, policy: HealthPolicy): Part {
  // Half of the runs succeeding is worth nothing: at that rate an agent is a coin.
  const points = clamp((successRate - 0.5) / (policy.successTarget - 0.5))
  return {
    weight: weights.success,
    points,
    because: {
      rule: 'score-success',
      observed: successRate,
      limit: policy.successTarget,
      text: `${percent(successRate)} of the finished executions succeeded; the target is ${percent(policy.successTarget)}. ${worth(points, weights.success)}`,
    },
  }
}

function latencyPart(figures: HealthFigures, policy: HealthPolicy): Part {
  const p95 = figures.latencyP95Ms
  const points = p95 === null ? null : ratioPoints(p95 / policy.latencyP95TargetMs)
  return {
    weight: weights.latency,
    points,
    because: {
      rule: 'score-latency',
      observed: p95 === null ? null : Math.round(p95),
      limit: policy.latencyP95TargetMs,
      text:
        p95 === null
          ? 'No duration is known, so latency is left out of the score.'
          : `95 % of the executions ended within ${seconds(p95)}; the target is ${seconds(policy.latencyP95TargetMs)}. ${worth(points, weights.latency)}`,
    },
  }
}

function costPart(figures: HealthFigures, policy: HealthPolicy): Part {
  const cost = figures.costPerSuccessNanoUsd
  const points = cost === null ? null : ratioPoints(cost / policy.costPerSuccessTargetNanoUsd)
  return {
    weight: weights.cost,
    points,
    because: {
      rule: 'score-cost',
      observed: cost,
      limit: policy.costPerSuccessTargetNanoUsd,
      text:
        cost === null
          ? 'The cost per success is unknown, so it is left out of the score.'
          : `One success costs ${dollars(cost)}; the target is ${dollars(policy.costPerSuccessTargetNanoUsd)}. ${worth(points, weights.cost)}`,
    },
  }
}

/** 1 up to the target, then falling with the logarithm of the ratio to 0 at ten times the target. */
function ratioPoints(ratio: number): number {
  return ratio <= 1 ? 1 : clamp(1 - Math.log(ratio) / Math.log(hopelessRatio))
}

function weighted(parts: readonly Part[]): number | null {
  let sum = 0
  let weight = 0
  for (const part of parts)
    if (part.points !== null) {
      sum += part.weight * part.points
      weight += part.weight
    }
  return weight === 0 ? null : Math.round((1000 * sum) / weight) / 10
}

function worstProven(figures: HealthFigures, policy: HealthPolicy): { state: HealthState; because: Because } {
  const high = figures.successRateHigh ?? 1
  const judged = figures.successes + figures.failures
  if (judged < executionsMin)
    return {
      state: 'unknown',
      because: {
        rule: 'too-few-executions',
        observed: judged,
        limit: executionsMin,
        text: `Only ${judged} finished; from ${executionsMin} on the state is judged.`,
      },
    }
  if (high < failingUnder)
    return {
      state: 'failing',
      because: {
        rule: 'success-proven-under-floor',
        observed: high,
        limit: failingUnder,
        text: `Success is at most ${percent(high)} (95 % interval), under the floor of ${percent(failingUnder)}.`,
      },
    }
  if (high < policy.successTarget)
    return {
      state: 'degraded',
      because: {
        rule: 'success-proven-under-target',
        observed: high,
        limit: policy.successTarget,
        text: `Success is at most ${percent(high)} (95 % interval), under the target of ${percent(policy.successTarget)}.`,
      },
    }
  const latencyLimitMs = hopelessRatio * policy.latencyP95TargetMs
  if (figures.latencyP95Ms !== null && figures.latencyP95Ms > latencyLimitMs)
    return {
      state: 'degraded',
      because: {
        rule: 'latency-far-over-target',
        observed: Math.round(figures.latencyP95Ms),
        limit: latencyLimitMs,
        text: `The p95 duration of ${seconds(figures.latencyP95Ms)} is over ten times its target.`,
      },
    }
  return {
    state: 'healthy',
    because: {
      rule: 'nothing-proven-wrong',
      observed: high,
      limit: policy.successTarget,
      text: `Success may be as high as ${percent(high)} (95 % interval): the target of ${percent(policy.successTarget)} is within reach.`,
    },
  }
}

/** The states from worst to best, as lists are sorted and as a fleet is summed up. */
export const stateOrder: readonly HealthState[] = ['failing', 'degraded', 'silent', 'unknown', 'healthy']

/** Orders agents so that what needs a look comes first: by state, then score, then name. */
export function byUrgency(
  a: Pick<AgentHealth, 'state' | 'score' | 'agent'>,
  b: Pick<AgentHealth, 'state' | 'score' | 'agent'>,
): number {
  return (
    stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) ||
    (a.score ?? 101) - (b.score ?? 101) ||
    (a.agent < b.agent ? -1 : a.agent > b.agent ? 1 : 0)
  )
}

const clamp = (value: number) => Math.min(1, Math.max(0, value))
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const seconds = (durationMs: number) => `${(durationMs / 1000).toFixed(durationMs < 10_000 ? 2 : 1)} s`
const hours = (durationMs: number) =>
  durationMs < 48 * 3_600_000
    ? `${(durationMs / 3_600_000).toFixed(1)} h`
    : `${Math.round(durationMs / 86_400_000)} days`
const dollars = (nanoUsd: number) => `$${(nanoUsd / 1e9).toFixed(4)}`
const worth = (points: number | null, weight: number) =>
  `Worth ${(100 * weight * (points ?? 0)).toFixed(1)} of ${(100 * weight).toFixed(0)} points.`
