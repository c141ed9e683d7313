import type { Confusion } from './evidence.ts'
import { authorityOf, type Reliability, reliabilityOf } from './reliability.ts'

/** What a model of trust says of a judge on a metric. */
export interface Figures {
  /** 0 to 1; null where nothing was audited. */
  readonly reliability: number | null
  readonly lowerBound: number | null
  /** How much it may decide, 0 to 1; 0 where nothing was audited. */
  readonly authority: number
  /** Audited verdicts that still count, abstentions not among them. */
  readonly effectiveCount: number
}

export type TrustModelName = 'confusion' | 'accuracy' | 'mean'

/** Reads figures out of evidence. Another model in its place changes figures and authority, never the evidence. */
export interface TrustModel {
  readonly name: TrustModelName
  figuresOf(confusion: Confusion): Figures
}

export const noFigures: Figures = { reliability: null, lowerBound: null, authority: 0, effectiveCount: 0 }

/** What is left of verdicts whose gold was taken back, by rounding, is no evidence. */
const leastCount = 1e-6

/**
 * Mean of the two rates of finding passes and fails, each the mean of its Beta(1, 1) posterior, one standard deviation
 * below for the bound. A judge that calls everything a pass has no authority however often passes are right, which a scalar
 * cannot see: on Bluebirds a scalar loses 3.7 points to the majority where the confusion table gains 13.9.
 */
const confusionModel: TrustModel = {
  name: 'confusion',
  figuresOf: (counts) => {
    const passes = rateOf(counts.passSaidPass, counts.passSaidFail)
    const fails = rateOf(counts.failSaidFail, counts.failSaidPass)
    const estimate = (passes.mean + fails.mean) / 2
    const deviation = Math.sqrt(passes.variance + fails.variance) / 2
    return figuresIn({
      estimate,
      lowerBound: Math.max(0, estimate - deviation),
      effectiveCount: passes.count + fails.count,
    })
  },
}

/** Share of right verdicts with one standard deviation as the margin; base rates are not looked at. */
const accuracyModel: TrustModel = { name: 'accuracy', figuresOf: (counts) => figuresIn(reliabilityOf(counts)) }

/** The scalar of seed 1, “Bayesian-style”: the mean of the Beta posterior itself, without a margin for thin evidence. */
const meanModel: TrustModel = {
  name: 'mean',
  figuresOf: (counts) => {
    const reliability = reliabilityOf(counts)
    return figuresIn({ ...reliability, lowerBound: reliability.estimate })
  },
}

const models: Readonly<Record<TrustModelName, TrustModel>> = {
  confusion: confusionModel,
  accuracy: accuracyModel,
  mean: meanModel,
}

export const defaultTrustModel: TrustModelName = 'confusion'
export const trustModelNames = Object.keys(models) as readonly TrustModelName[]

/** The model of a name. */
export function trustModel(name: TrustModelName): TrustModel {
  return models[name]
}

function figuresIn(reliability: Reliability): Figures {
  const { estimate, lowerBound, effectiveCount } = reliability
  if (effectiveCount < leastCount) return noFigures
  return { reliability: estimate, lowerBound, authority: authorityOf(reliability), effectiveCount }
}

function rateOf(right: number, wrong: number) {
  const count = right + wrong
  const mean = (right + 1) / (count + 2)
  return { count, mean, variance: (mean * (1 - mean)) / (count + 3) }
}
