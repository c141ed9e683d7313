import type { AuditedBallot } from './votes.ts'

/** `loss[truth][said]`: what it costs to say one class where another is right. */
export type LossMatrix = readonly (readonly number[])[]

/** Every mistake costs the same: the least expected loss is the most probable class. */
export function equalLoss(classes: number): LossMatrix {
  return matrix(classes, () => 1)
}

/**
 * Half the mistakes, half the mistakes per class: cost of missing class z is ½ + 1/(2·K·π_z), so that the least expected
 * loss is the highest mean of accuracy and balanced accuracy. π from audited items, one of each class added.
 */
export function evenLoss(audited: readonly AuditedBallot[], classes: number): LossMatrix {
  const shares = classShares(audited, classes)
  return matrix(classes, (truth) => 0.5 + 0.5 / (classes * (shares[truth] ?? 1)))
}

/** Every class costs the same, however rare: cost of missing class z is 1/(K·π_z), for the highest balanced accuracy. */
export function balancedLoss(audited: readonly AuditedBallot[], classes: number): LossMatrix {
  const shares = classShares(audited, classes)
  return matrix(classes, (truth) => 1 / (classes * (shares[truth] ?? 1)))
}

/** Share of each class among the audited items; one of each class added (Laplace), so that none is 0. */
export function classShares(audited: readonly AuditedBallot[], classes: number): readonly number[] {
  const counts = new Array<number>(classes).fill(1)
  for (const { gold } of audited) counts[gold] = (counts[gold] ?? 0) + 1
  return counts.map((count) => count / (audited.length + classes))
}

/**
 * argmin over a of Σ_z p(z)·L(a, z): governance priority enters here and never as a factor on trust, which would
 * destroy the calibration. The first of equals, which for verdicts is `fail`.
 */
export function leastLoss(probabilities: readonly number[], loss: LossMatrix): number {
  const risks = probabilities.map((_, said) =>
    probabilities.reduce((sum, probability, truth) => sum + probability * (loss[truth]?.[said] ?? 0), 0),
  )
  return risks.indexOf(Math.min(...risks))
}

/** What missing each class costs on average over the ways of missing it. */
export function missCosts(loss: LossMatrix): readonly number[] {
  return loss.map((row, truth) => {
    const others = row.filter((_, said) => said !== truth)
    return others.length === 0 ? 0 : others.reduce((sum, cost) => sum + cost, 0) / others.length
  })
}

function matrix(classes: number, cost: (truth: number) => number): LossMatrix {
  return Array.from({ length: classes }, (_, truth) =>
    Array.from({ length: classes }, (_, said) => (said === truth ? 0 : cost(truth))),
  )
}
