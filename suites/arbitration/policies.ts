import { autoOpinion, fitAuto } from '../../packages/server/src/slices/judge/arbitration/model/auto.ts'
import type { Judged } from '../../packages/server/src/slices/judge/arbitration/model/figures.ts'
import type { LossMatrix } from '../../packages/server/src/slices/judge/arbitration/model/loss.ts'
import { type Opinion, winnerOf } from '../../packages/server/src/slices/judge/arbitration/model/opinion.ts'
import {
  fitPolicy,
  opinionOf,
  type PolicyName,
} from '../../packages/server/src/slices/judge/arbitration/model/policy.ts'
import type { AuditedBallot, Panel } from '../../packages/server/src/slices/judge/arbitration/model/votes.ts'

export type Contestant = PolicyName | 'auto'

export interface Trial {
  /** What the policy may see: the gold of tested items is hidden. */
  readonly shown: Panel
  readonly tested: readonly AuditedBallot[]
  /** What mistakes cost, and what `auto` may try on top to keep that low. */
  readonly loss: LossMatrix
  readonly losses: readonly LossMatrix[]
  readonly seed: number
  readonly folds: number
}

/** Fits on what is shown and judges what is tested; for `auto` also which policy it chose. */
export function judge(contestant: Contestant, { shown, tested, loss, losses, seed, folds }: Trial) {
  const options = { loss, losses, priorities: new Map<string, number>(), seed, folds }
  if (contestant === 'auto') {
    const auto = fitAuto(shown, options)
    const judged = tested.map((ballot) => judgedBy(autoOpinion(auto, ballot), ballot, auto.loss))
    return { chosen: auto.fit.policy, judged }
  }
  const fit = fitPolicy(contestant, shown, options)
  return { chosen: contestant, judged: tested.map((ballot) => judgedBy(opinionOf(fit, ballot), ballot, loss)) }
}

function judgedBy(opinion: Opinion, { gold }: AuditedBallot, loss: LossMatrix): Judged {
  const said = winnerOf(opinion, loss)
  return { truth: gold, said, confidence: opinion.probabilities[said] ?? 0 }
}
