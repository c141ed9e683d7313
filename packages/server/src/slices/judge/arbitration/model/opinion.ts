import { type LossMatrix, leastLoss } from './loss.ts'

/** What a policy holds of a ballot. */
export interface Opinion {
  /** Per class, in [0, 1], sum 1. */
  readonly probabilities: readonly number[]
  /**
   * The class that the policy names by its own rule (a vote count, a judge's word); null where the least expected loss
   * decides, which takes probabilities that mean what they say.
   */
  readonly named: number | null
}

/** The class that is said: the one named, else the least expected loss. */
export function winnerOf({ probabilities, named }: Opinion, loss: LossMatrix): number {
  return named ?? leastLoss(probabilities, loss)
}

/** Shares of weights as an opinion; the first class of equals is named, and without any weight all are equal. */
export function shareOpinion(weights: readonly number[]): Opinion {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const probabilities = weights.map((weight) => (sum > 0 ? weight / sum : 1 / weights.length))
  return { probabilities, named: probabilities.indexOf(Math.max(...probabilities)) }
}
