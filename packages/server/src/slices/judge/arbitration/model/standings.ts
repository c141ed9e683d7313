import { foldsOf } from './folds.ts'
import { type LossMatrix, missCosts } from './loss.ts'
import { lowerBound } from './lower-bound.ts'
import { type Opinion, winnerOf } from './opinion.ts'
import { type FitOptions, fitPolicy, opinionOf, type PolicyName, policyNames } from './policy.ts'
import { type AuditedBallot, type Panel, withoutGold } from './votes.ts'

/** What a policy said of an audited item whose gold it had not seen. */
export interface HeldOutCase {
  readonly truth: number
  readonly probabilities: readonly number[]
  readonly said: number
  /** How many items it stands for: 1 over the probability with which it was drawn. */
  readonly weight: number
}

/** How many items an audited one stands for, by item; 1 where it is not named. */
export type AuditWeights = ReadonlyMap<string, number>

/** How well a policy did on audited items whose gold it had not seen. */
export interface Standing {
  readonly policy: PolicyName
  /** The costs by which it turned probabilities into a class. */
  readonly loss: LossMatrix
  /** Cost-weighted share that was right; with equal costs the accuracy. */
  readonly estimate: number
  readonly lowerBound: number
  /** How many equally weighted items the estimate rests on (Kish). */
  readonly effectiveCount: number
  readonly cases: readonly HeldOutCase[]
}

export interface StandingOptions extends FitOptions {
  readonly losses: readonly LossMatrix[]
  readonly folds: number
  readonly weights?: AuditWeights
}

/**
 * Every policy, each tested on parts of the audited items that it was not fitted on. A policy that gives probabilities is
 * tested with each of `losses` and stands with the one that did best; which share is best is measured by `loss` alone.
 * Yields after each fit, as many of them take long: whoever drives it may let others work in between.
 */
export function* standingsOf(
  panel: Panel,
  audited: readonly AuditedBallot[],
  options: StandingOptions,
): Generator<void, readonly Standing[]> {
  const folds = foldsOf(audited, options.folds, options.seed)
  const parts = folds.map((fold) => ({
    shown: withoutGold(panel, fold),
    tested: audited.filter(({ itemId }) => fold.has(itemId)),
  }))
  const costs = missCosts(options.loss)
  const standings: Standing[] = []
  for (const policy of policyNames) {
    const opinions: { readonly ballot: AuditedBallot; readonly opinion: Opinion }[] = []
    for (const { shown, tested } of parts) {
      const fit = fitPolicy(policy, shown, options)
      opinions.push(...tested.map((ballot) => ({ ballot, opinion: opinionOf(fit, ballot) })))
      yield
    }
    const tried = options.losses.map((loss) => {
      const cases = opinions.map(({ ballot: { itemId, gold }, opinion }): HeldOutCase => {
        const weight = options.weights?.get(itemId) ?? 1
        return { truth: gold, probabilities: opinion.probabilities, said: winnerOf(opinion, loss), weight }
      })
      return { policy, loss, cases, ...boundOf(cases, costs) }
    })
    standings.push(tried.reduce((best, other) => (other.lowerBound > best.lowerBound ? other : best)))
  }
  return standings
}

/** One-sided 5 %. */
const z = 1.645

/** With fewer audited items per judge than this, half of what regressions usually ask, weights are mostly prior. */
const auditsPerJudge = 5

/**
 * The policy with the best lower bound, unless one that is preferred beforehand cannot be told from it: a paired
 * difference on the same items within 1.645 standard errors. Changing on less follows the noise of a few audits (measured:
 * worse than either policy by itself). Preferred are those in the order of `policyNames`, with Dawid–Skene before them
 * while fewer than 5 items per judge are audited, as it learns from all votes.
 */
export function pickStanding(
  standings: readonly Standing[],
  loss: LossMatrix,
  { judges, audited }: { readonly judges: number; readonly audited: number },
): Standing | null {
  const costs = missCosts(loss)
  const [first] = standings
  if (first === undefined) return null
  const best = standings.reduce((top, other) => (other.lowerBound > top.lowerBound ? other : top))
  const rankOf = ({ policy }: Standing) =>
    policy === 'dawid-skene' && audited < auditsPerJudge * judges ? -1 : policyNames.indexOf(policy)
  const preferred = [...standings].sort((a, b) => rankOf(a) - rankOf(b))
  return preferred.find((other) => other === best || !surelyWorse(other, best, costs)) ?? best
}

function surelyWorse(other: Standing, best: Standing, costs: readonly number[]): boolean {
  const meanWeight = other.cases.reduce((sum, { weight }) => sum + weight, 0) / other.cases.length
  const differences = other.cases.map((own, at) => {
    const theirs = best.cases[at]
    return (own.weight / meanWeight) * (costs[own.truth] ?? 1) * (rightOf(theirs) - rightOf(own))
  })
  const count = differences.length
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / count
  const squares = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0)
  return mean > z * Math.sqrt(squares / (count - 1) / count)
}

function rightOf(one: HeldOutCase | undefined): number {
  return one !== undefined && one.said === one.truth ? 1 : 0
}

function boundOf(cases: readonly HeldOutCase[], costs: readonly number[]) {
  const weights = cases.map(({ truth, weight }) => weight * (costs[truth] ?? 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0)
  const right = cases.reduce((sum, one, at) => sum + rightOf(one) * (weights[at] ?? 0), 0)
  const effectiveCount = squares === 0 ? 0 : (total * total) / squares
  return { effectiveCount, ...lowerBound(total === 0 ? 0 : right / total, effectiveCount) }
}
