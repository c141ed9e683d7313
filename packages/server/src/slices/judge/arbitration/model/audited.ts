import { dependenceOf, designEffect, logOddsOf, pooledAccuracy, recordsOf, shrunkAccuracy } from './accuracy.ts'
import { type Calibration, calibrated, fitCalibration } from './calibration.ts'
import { fitConditionalLogit, type Prior, probabilitiesOf } from './conditional-logit.ts'
import { columnCount, type Features, featuresOf, rowsOf } from './features.ts'
import { foldsOf } from './folds.ts'
import { classShares } from './loss.ts'
import type { Opinion } from './opinion.ts'
import { type AuditedBallot, auditedOf, type Ballot, type Panel, withoutGold } from './votes.ts'

/** Weights per judge, learnt from audited items. */
export interface AuditedFit {
  readonly policy: 'audited'
  /** `prior` below 20 audited items: then the weights are the judges' Beta log-odds and nothing was fitted. */
  readonly basis: 'prior' | 'ridge'
  readonly audited: number
  readonly features: Features
  readonly weights: readonly number[]
  readonly calibration: Calibration | null
}

/** From so many audited items on weights are fitted; fixed before any data was seen (reference on 65 judges, 20 gold). */
export const auditsForRidge = 20
/** From so many on the probabilities are calibrated on predictions made without the item's own gold. */
const auditsForCalibration = 50
/** Precision of the prior of a weight, likewise fixed beforehand. The shares of the classes are left nearly free. */
const ridge = 5
const freeRidge = 0.01

/**
 * Ridge logistic regression over the judges' votes on audited items, l = 5, drawn to each judge's Beta log-odds divided
 * by the design effect 1 + (K − 1)ρ, so that judges who err together do not count as many. Weights may be negative: a
 * judge that is wrong more often than right speaks for the other side.
 */
export function fitAudited(panel: Panel, seed: number): AuditedFit {
  const fit = fitWeights(panel)
  if (fit.audited < auditsForCalibration) return fit
  const predictions = foldsOf(auditedOf(panel), 5, seed).flatMap((fold) => {
    const other = fitWeights(withoutGold(panel, fold))
    return auditedOf(panel)
      .filter(({ itemId }) => fold.has(itemId))
      .map((ballot) => ({ probabilities: auditedOpinion(other, ballot).probabilities, truth: ballot.gold }))
  })
  return { ...fit, calibration: fitCalibration(predictions, classShares(auditedOf(panel), fit.features.classes)) }
}

export function auditedOpinion(fit: AuditedFit, ballot: Omit<Ballot, 'gold' | 'itemId'>): Opinion {
  const raw = probabilitiesOf(rowsOf(fit.features, ballot), fit.weights)
  return { probabilities: fit.calibration === null ? raw : calibrated(fit.calibration, raw), named: null }
}

/** The weight of a judge in a group (of all groups where it is undefined): log-odds that its vote adds to its class. */
export function weightOf({ features, weights }: AuditedFit, judge: string, group?: string | null): number {
  const column = features.judges.get(judge)
  if (column === undefined) return 0
  const block = group === undefined ? undefined : features.groups.get(group)
  const own = block === undefined ? 0 : (weights[block * features.width + column] ?? 0)
  return (weights[column] ?? 0) + own
}

function fitWeights(panel: Panel): AuditedFit {
  const audited = auditedOf(panel)
  const features = featuresOf(panel)
  const prior = priorOf(panel, audited, features)
  const fitted = audited.length >= auditsForRidge
  const examples = fitted ? audited.map((ballot) => ({ rows: rowsOf(features, ballot), truth: ballot.gold })) : []
  return {
    policy: 'audited',
    basis: fitted ? 'ridge' : 'prior',
    audited: audited.length,
    features,
    weights: fitted ? fitConditionalLogit(examples, prior) : prior.centre,
    calibration: null,
  }
}

function priorOf(panel: Panel, audited: readonly AuditedBallot[], features: Features): Prior {
  const records = recordsOf(panel)
  const pooled = audited.length === 0 ? unauditedAccuracy : pooledAccuracy(records)
  const effect = designEffect(dependenceOf(panel))
  const centre = new Array<number>(columnCount(features)).fill(0)
  const precision = centre.map(() => ridge)
  const recordsIn = new Map([...features.groups.keys()].map((group) => [group, recordsOf(panel, group)]))
  const shares = classShares(audited, features.classes)
  for (let k = 1; k < features.classes; k++) {
    centre[k - 1] = audited.length === 0 ? 0 : Math.log((shares[k] ?? 1) / (shares[0] ?? 1))
    precision[k - 1] = freeRidge
  }
  const oddsOf = (accuracy: number) => logOddsOf(accuracy, features.classes) / effect
  for (const [judge, column] of features.judges) {
    const whole = shrunkAccuracy(records.get(judge), pooled)
    centre[column] = oddsOf(whole)
    for (const [group, block] of features.groups) {
      const own = shrunkAccuracy(recordsIn.get(group)?.get(judge), whole)
      centre[block * features.width + column] = oddsOf(own) - oddsOf(whole)
    }
  }
  return { centre, ridge: precision }
}

/** How right a judge is taken to be while nothing is audited: enough to count votes, too little to be sure. */
const unauditedAccuracy = 0.7
