import type { SuccessEvidence } from '@metaagent/contract'
import { exactMcNemar } from '../../../../kernel/statistics/binomial.ts'
import type { Proportion } from '../../../../kernel/statistics/counts.ts'
import { fisherExact } from '../../../../kernel/statistics/fisher.ts'
import { meanInterval, meanOf } from '../../../../kernel/statistics/means.ts'
import {
  type Interval,
  independentDifferenceInterval,
  pairedDifferenceInterval,
} from '../../../../kernel/statistics/proportions.ts'
import { type Fraction, signFlipTest } from '../../../../kernel/statistics/sign-flip.ts'
import { ascending, proportionOf, rateOf } from './arm.ts'
import { type Arms, type PairedUnit, type Pairing, pairedUnits } from './trials.ts'

/** How surely the two arms succeed at different rates, and how different they are. */
export function successEvidence(arms: Arms, pairing: Pairing, alpha: number): SuccessEvidence {
  return pairing === 'unit' ? pairedSuccess(pairedUnits(arms), alpha) : independentSuccess(arms, alpha)
}

interface UnitOutcomes {
  readonly control: Proportion
  readonly candidate: Proportion
}

/**
 * Compares unit by unit. A unit tried once by each arm is a pair of McNemar's table. As soon as a unit was tried
 * several times, each unit counts once with its success rate per arm, whichever trial came first, and the sign-flip
 * test takes over, which is McNemar's when all rates are 0 or 1. Repeating a task therefore never fakes more units.
 */
function pairedSuccess(units: readonly PairedUnit[], alpha: number): SuccessEvidence {
  const compared = units
    .map((unit) => ({ control: proportionOf(unit.control), candidate: proportionOf(unit.candidate) }))
    .filter(({ control, candidate }) => control.trials > 0 && candidate.trials > 0)
  const differences = compared.map(differenceOf)
  const counts = {
    pairs: compared.length,
    onlyFirst: differences.filter(({ numerator }) => numerator < 0).length,
    onlySecond: differences.filter(({ numerator }) => numerator > 0).length,
  }
  const once = compared.every(({ control, candidate }) => control.trials === 1 && candidate.trials === 1)
  const tested = once ? mcNemar(counts, alpha) : signFlip(differences, alpha)
  return {
    test: tested.test,
    pairs: counts.pairs,
    onlyControlSucceeded: counts.onlyFirst,
    onlyCandidateSucceeded: counts.onlySecond,
    ...meanRates(compared),
    difference: compared.length === 0 ? null : meanOf(differences.map(valueOf).sort(ascending)),
    differenceLow: tested.interval?.low ?? null,
    differenceHigh: tested.interval?.high ?? null,
    pValue: compared.length === 0 ? null : tested.pValue,
    alpha,
  }
}

interface TestedDifference {
  readonly test: SuccessEvidence['test']
  readonly pValue: number
  readonly interval: Interval | null
}

function mcNemar(counts: { pairs: number; onlyFirst: number; onlySecond: number }, alpha: number): TestedDifference {
  return {
    test: 'exact-mcnemar',
    pValue: exactMcNemar(counts.onlyFirst, counts.onlySecond),
    interval: counts.pairs === 0 ? null : pairedDifferenceInterval(counts, 1 - alpha),
  }
}

function signFlip(differences: readonly Fraction[], alpha: number): TestedDifference {
  const { pValue, exact } = signFlipTest(differences)
  const interval = meanInterval(differences.map(valueOf).sort(ascending), 1 - alpha)
  return {
    test: exact ? 'exact-sign-flip' : 'normal-sign-flip',
    pValue,
    // Units that all differ alike say nothing about how others would: no interval rather than a point.
    interval:
      interval === null || interval.low === interval.high
        ? null
        : { low: Math.max(-1, interval.low), high: Math.min(1, interval.high) },
  }
}

/** Compares the arms execution by execution; Fisher's test, see `fisherExact` for why. */
function independentSuccess(arms: Arms, alpha: number): SuccessEvidence {
  const control = proportionOf(arms.control)
  const candidate = proportionOf(arms.candidate)
  const comparable = control.trials > 0 && candidate.trials > 0
  const interval = comparable ? independentDifferenceInterval(control, candidate, 1 - alpha) : null
  const controlRate = rateOf(control)
  const candidateRate = rateOf(candidate)
  return {
    test: 'fisher-exact',
    pairs: null,
    onlyControlSucceeded: null,
    onlyCandidateSucceeded: null,
    controlRate,
    candidateRate,
    difference: controlRate === null || candidateRate === null ? null : candidateRate - controlRate,
    differenceLow: interval?.low ?? null,
    differenceHigh: interval?.high ?? null,
    pValue: comparable ? fisherExact(control, candidate) : null,
    alpha,
  }
}

/** Every unit counts once, however often it was tried. */
function meanRates(units: readonly UnitOutcomes[]): { controlRate: number | null; candidateRate: number | null } {
  if (units.length === 0) return { controlRate: null, candidateRate: null }
  const mean = (arm: 'control' | 'candidate') =>
    meanOf(units.map((unit) => unit[arm].successes / unit[arm].trials).sort(ascending))
  return { controlRate: mean('control'), candidateRate: mean('candidate') }
}

/** Candidate's rate − control's, without rounding. */
function differenceOf({ control, candidate }: UnitOutcomes): Fraction {
  return {
    numerator: candidate.successes * control.trials - control.successes * candidate.trials,
    denominator: control.trials * candidate.trials,
  }
}

function valueOf({ numerator, denominator }: Fraction): number {
  return numerator / denominator
}
