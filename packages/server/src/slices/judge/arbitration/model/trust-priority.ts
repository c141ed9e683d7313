import { pooledAccuracy, recordsOf, shrunkAccuracy } from './accuracy.ts'
import { type Opinion, shareOpinion } from './opinion.ts'
import { type Ballot, judgesOf, type Panel } from './votes.ts'

/** Trust × governance priority per judge; a judge that is not in it counts as the average one of priority 1. */
export interface TrustPriorityFit {
  readonly policy: 'trust-priority'
  readonly classes: number
  readonly weights: ReadonlyMap<string, number>
  readonly unknownJudge: number
}

/**
 * The rule of the specification: each vote weighs trust × priority, trust being the mean of the Beta evidence. The shares
 * are no probabilities of being right, and the same mistake made by many judges counts as often.
 */
export function fitTrustPriority(panel: Panel, priorities: ReadonlyMap<string, number>): TrustPriorityFit {
  const records = recordsOf(panel)
  const pooled = records.size === 0 ? 1 : pooledAccuracy(records)
  const trust = (judge: string) => (records.size === 0 ? 1 : shrunkAccuracy(records.get(judge), pooled))
  const weights = new Map(judgesOf(panel).map((judge) => [judge, trust(judge) * (priorities.get(judge) ?? 1)]))
  return { policy: 'trust-priority', classes: panel.classes.length, weights, unknownJudge: pooled }
}

export function trustPriorityOpinion(fit: TrustPriorityFit, { votes }: Pick<Ballot, 'votes'>): Opinion {
  const weights = new Array<number>(fit.classes).fill(0)
  for (const { judge, label } of votes)
    if (label !== null) weights[label] = (weights[label] ?? 0) + (fit.weights.get(judge) ?? fit.unknownJudge)
  return shareOpinion(weights)
}
