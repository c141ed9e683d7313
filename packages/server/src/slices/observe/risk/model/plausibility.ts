import { logBinomialProbability } from '../../../../kernel/statistics/binomial.ts'
import type { Finding } from './silence.ts'
import { median } from './usual.ts'

/** An agent's runs by unit: how many, and how many succeeded. */
export type UnitOutcomes = ReadonlyMap<string, { readonly runs: number; readonly successes: number }>

export const plausibleProbabilityMin = 0.005
const peersMin = 5
const commonRunsMin = 10
/** Peers that look alike by chance must not make everybody else an outlier. */
const spreadMin = 0.5
const normalSteps = 400

/**
 * Whether an agent succeeds far more often than its peers on the same units. Rates of agents are taken as logit-normal
 * around the peers' median with 1.4826 times their median absolute deviation, so that one or two impossible peers do not
 * hide another; the finding is the probability that a new agent does as well or better. Needs five peers with ten runs
 * each on common units: fewer say nothing.
 */
export function judgeSuccess(own: UnitOutcomes, peers: readonly UnitOutcomes[]): Finding | null {
  const compared = peers.map((peer) => onCommonUnits(own, peer)).filter(({ theirs }) => theirs.runs >= commonRunsMin)
  if (compared.length < peersMin) return null
  const logits = compared.map(({ theirs }) => logitOf(theirs))
  const centre = median(logits)
  const spread = Math.max(spreadMin, 1.4826 * median(logits.map((logit) => Math.abs(logit - centre))))
  const mine = totalOf(own)
  if (mine.runs < commonRunsMin) return null
  const probability = probabilityOfAtLeast(mine, centre, spread)
  if (probability >= plausibleProbabilityMin) return null
  const usual = 1 / (1 + Math.exp(-centre))
  return {
    probability,
    because: [
      {
        rule: 'success-beyond-peers',
        observed: mine.successes / mine.runs,
        limit: usual,
        text: `${percent(mine.successes / mine.runs)} succeeded; of ${compared.length} peers on the same units half reach ${percent(usual)} or less.`,
      },
      {
        rule: 'probability-under-peers',
        observed: probability,
        limit: plausibleProbabilityMin,
        text: `An agent of this kind does as well with probability ${probability.toExponential(1)}: check how its outcomes come about.`,
      },
    ],
  }
}

interface Total {
  readonly runs: number
  readonly successes: number
}

function onCommonUnits(own: UnitOutcomes, peer: UnitOutcomes): { readonly theirs: Total } {
  return { theirs: totalOf(new Map([...peer].filter(([unit]) => own.has(unit)))) }
}

function totalOf(outcomes: UnitOutcomes): Total {
  let runs = 0
  let successes = 0
  for (const unit of outcomes.values()) {
    runs += unit.runs
    successes += unit.successes
  }
  return { runs, successes }
}

/** Half a success and half a failure are added, so that none and all have a logit. */
const logitOf = ({ runs, successes }: Total) => Math.log((successes + 0.5) / (runs - successes + 0.5))

/** P(S ≥ successes), S binomial with a logit-normal rate; midpoint rule over ±8 standard deviations. */
function probabilityOfAtLeast({ runs, successes }: Total, centre: number, spread: number): number {
  let sum = 0
  let weight = 0
  for (let step = 0; step < normalSteps; step++) {
    const z = -8 + (16 * (step + 0.5)) / normalSteps
    const density = Math.exp(-0.5 * z * z)
    const rate = 1 / (1 + Math.exp(-(centre + spread * z)))
    let tail = 0
    for (let count = successes; count <= runs; count++)
      tail += Math.exp(logBinomialProbability(count, runs, rate, 1 - rate))
    sum += density * Math.min(1, tail)
    weight += density
  }
  return sum / weight
}

/** Reported and computed cost of one run; both known. */
export interface CostPair {
  readonly reportedNanoUsd: number
  readonly computedNanoUsd: number
}

const costRunsMin = 10
/** The deepest published discounts together: cached input (90 % off) in a batch (50 % off). Less cannot be paid. */
export const costRatioMin = 0.05
/** Ten times the list price of the same tokens is no surcharge that anybody publishes. */
export const costRatioMax = 10

/** Whether reported costs fit the tokens: their sum against the list price of the same runs. */
export function judgeCost(runs: readonly CostPair[]): Finding | null {
  const priced = runs.filter(({ computedNanoUsd }) => computedNanoUsd > 0)
  if (priced.length < costRunsMin) return null
  const reported = priced.reduce((sum, run) => sum + run.reportedNanoUsd, 0)
  const computed = priced.reduce((sum, run) => sum + run.computedNanoUsd, 0)
  const ratio = reported / computed
  if (ratio >= costRatioMin && ratio <= costRatioMax) return null
  const low = ratio < costRatioMin
  return {
    probability: null,
    because: [
      {
        rule: low ? 'cost-under-tokens' : 'cost-over-tokens',
        observed: ratio,
        limit: low ? costRatioMin : costRatioMax,
        text: `${dollars(reported)} reported for ${priced.length} runs whose tokens cost ${dollars(computed)} by list price: ${percent(ratio)}.`,
      },
    ],
  }
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const dollars = (nanoUsd: number) => `$${(nanoUsd / 1e9).toFixed(4)}`
