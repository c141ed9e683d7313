import { type Example, fitConditionalLogit, softmax } from './conditional-logit.ts'

/** ln p′_k = ln π_k + slope · (ln p_k − ln π_k) + constant. */
export interface Calibration {
  /** π: how usual each class is. */
  readonly shares: readonly number[]
  readonly slope: number
}

/** As much doubt that the probabilities are right as they are as about five audited items take away. */
const ridge = 5

/**
 * Platt's scaling about the base rates, for any number of classes: one slope, out of predictions that were made without the
 * gold they are held against. A ridge draws probabilities towards the base rates and counting votes twice draws them away;
 * the slope undoes either. Drawn to 1: few audits change little.
 */
export function fitCalibration(
  predictions: readonly { readonly probabilities: readonly number[]; readonly truth: number }[],
  shares: readonly number[],
): Calibration {
  // The base rates enter as a second column whose weight is fixed at 1 by its ridge.
  const examples = predictions.map(
    ({ probabilities, truth }): Example => ({
      rows: evidenceOf(probabilities, shares).map((evidence, k) => ({
        at: [0, 1],
        values: [evidence, Math.log(shares[k] ?? 1)],
      })),
      truth,
    }),
  )
  const [slope = 1] = fitConditionalLogit(examples, { centre: [1, 1], ridge: [ridge, fixed] })
  return { shares, slope }
}

const fixed = 1e9

export function calibrated({ shares, slope }: Calibration, probabilities: readonly number[]): readonly number[] {
  return softmax(evidenceOf(probabilities, shares).map((evidence, k) => Math.log(shares[k] ?? 1) + slope * evidence))
}

/** ln p − ln π, the evidence beside the base rates; a probability below 1e-12 counts as that. */
function evidenceOf(probabilities: readonly number[], shares: readonly number[]): readonly number[] {
  return probabilities.map((probability, k) => Math.log(Math.max(probability, 1e-12)) - Math.log(shares[k] ?? 1))
}
