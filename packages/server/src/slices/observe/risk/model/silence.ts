import type { Because } from '@metaagent/contract'
import { logGamma } from '../../../../kernel/statistics/gamma.ts'

/** How success rates of agents are spread: Beta(a, b). */
export interface RateSpread {
  readonly a: number
  readonly b: number
  /** How many agents it was learnt from; null: the published one. */
  readonly agents: number | null
}

/**
 * For agents that have no peers: the maximum-likelihood fit to 18 recorded agents of three benchmarks (success .18 to .98,
 * 715 runs). Mean .59, and wide: alone, it calls nothing under about 60 equal outcomes strange.
 */
export const publishedSpread: RateSpread = { a: 2.38, b: 1.66, agents: null }

/** One in two thousand: of 50 agents judged afresh, one false alarm in forty. */
export const silenceProbabilityMax = 0.0005
/** Fewer equal outcomes than this are never strange. */
export const equalOutcomesMin = 20
const pastMin = 20
const peersMin = 5
const peerRunsMin = 10

/** How peers' rates are spread, by moments; the published spread with fewer than five peers of ten runs. */
export function spreadOfPeers(peers: readonly { readonly runs: number; readonly successes: number }[]): RateSpread {
  const rates = peers.filter(({ runs }) => runs >= peerRunsMin).map(({ runs, successes }) => successes / runs)
  if (rates.length < peersMin) return publishedSpread
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (rates.length - 1)
  const bounded = Math.min(0.95, Math.max(0.05, mean))
  // As narrow as if twenty runs were known of each agent, never narrower: few peers may look alike by chance.
  const size = Math.min(20, Math.max(0.5, (bounded * (1 - bounded)) / Math.max(variance, 1e-9) - 1))
  return { a: bounded * size, b: (1 - bounded) * size, agents: rates.length }
}

/** Probability that n further outcomes are all successes (or all failures), where rates are spread so. */
export function probabilityOfAll(outcome: boolean, runs: number, { a, b }: Pick<RateSpread, 'a' | 'b'>): number {
  const [own, other] = outcome ? [a, b] : [b, a]
  return Math.exp(logGamma(own + runs) + logGamma(own + other) - logGamma(own) - logGamma(own + other + runs))
}

/**
 * Probability that a streak grows to this length where outcomes come in streaks anyway: of the outcomes of this kind in
 * the past, so many were followed by their like. Work that comes sorted by difficulty fails and succeeds in blocks.
 */
function probabilityOfStreak(outcome: boolean, length: number, past: readonly boolean[]): number {
  const pairs = past.slice(1).map((next, index) => [past[index], next])
  const followed = pairs.filter(([first]) => first === outcome)
  const continued = followed.filter(([, next]) => next === outcome).length
  return probabilityOfAll(true, length - 1, { a: continued + 1, b: followed.length - continued + 1 })
}

export interface Finding {
  readonly probability: number | null
  readonly because: readonly Because[]
}

/**
 * Whether outcomes stopped varying: the newest are all equal, and under the agent's own past (else under its peers, else
 * under the published spread) that happens less than once in two thousand. `outcomes` are newest first and leave out runs
 * that ended with an error of their own, whose failure needs no evaluator to be explained.
 */
export function judgeSilence(
  outcomes: readonly boolean[],
  peers: readonly { readonly runs: number; readonly successes: number }[],
  judged = 'judged executions',
): Finding | null {
  const [newest] = outcomes
  if (newest === undefined) return null
  const firstOther = outcomes.indexOf(!newest)
  const equal = firstOther === -1 ? outcomes.length : firstOther
  if (equal < equalOutcomesMin) return null
  const past = outcomes.slice(equal)
  const successes = past.filter(Boolean).length
  const ownPast = past.length >= pastMin
  const spread: RateSpread = ownPast
    ? { a: successes + 1, b: past.length - successes + 1, agents: 1 }
    : spreadOfPeers(peers)
  const probability = Math.max(
    probabilityOfAll(newest, equal, spread),
    ownPast ? probabilityOfStreak(newest, equal, past) : 0,
  )
  if (probability >= silenceProbabilityMax) return null
  const against = ownPast
    ? `${successes} of the ${past.length} before succeeded`
    : spread.agents === null
      ? 'agents as a rule succeed and fail'
      : `its ${spread.agents} peers succeed and fail`
  return {
    probability,
    because: [
      {
        rule: newest ? 'all-passed' : 'all-failed',
        observed: equal,
        limit: equalOutcomesMin,
        text: `The latest ${equal} ${judged} all ${newest ? 'passed' : 'failed'}, though ${against}: look at what judges them.`,
      },
      {
        rule: ownPast ? 'probability-under-own-past' : 'probability-under-peers',
        observed: probability,
        limit: silenceProbabilityMax,
        text: `Were all in order, this would happen with probability ${probability.toExponential(1)}.`,
      },
    ],
  }
}

/** One call or reply: what went in and what came out, as digests. */
export interface Sample {
  readonly input: string
  readonly output: string
}

/**
 * Whether a tool or agent answers everything alike: its newest answers to different questions are all the same, though
 * its earlier ones, or those of the same tool elsewhere, varied. Newest first.
 */
export function judgeSameAnswers(
  samples: readonly Sample[],
  elsewhere: readonly Sample[],
  answered = 'different questions got one and the same answer',
): Finding | null {
  const [newest] = samples
  if (newest === undefined) return null
  const firstOther = samples.findIndex(({ output }) => output !== newest.output)
  const stretch = firstOther === -1 ? samples : samples.slice(0, firstOther)
  const questions = new Set(stretch.map(({ input }) => input)).size
  if (questions < equalOutcomesMin) return null
  const before = [...samples.slice(stretch.length), ...elsewhere]
  if (before.length < pastMin) return null
  const same = before.filter(({ output }) => output === newest.output).length
  const probability = probabilityOfAll(true, questions, { a: same + 1, b: before.length - same + 1 })
  if (probability >= silenceProbabilityMax) return null
  return {
    probability,
    because: [
      {
        rule: 'same-answer',
        observed: questions,
        limit: equalOutcomesMin,
        text: `The latest ${questions} ${answered}; of ${before.length} others ${same} had it.`,
      },
      {
        rule: 'probability-under-own-past',
        observed: probability,
        limit: silenceProbabilityMax,
        text: `Were all in order, this would happen with probability ${probability.toExponential(1)}.`,
      },
    ],
  }
}
