import type { GuardrailEvidence } from '@metaagent/contract'
import { meanOf } from '../../../../kernel/statistics/means.ts'
import { independentRatio, pairedRatio, type RatioEstimate } from '../../../../kernel/statistics/ratios.ts'
import { ascending, known } from './arm.ts'
import { type Arms, type PairedUnit, type Pairing, pairedUnits, type Trial } from './trials.ts'

/** When a metric that should not get worse is proven safe or harmful, as candidate / control. */
export interface Guardrail {
  readonly metric: 'duration'
  /** Harm is proven when the lower bound of the ratio lies above. */
  readonly harmAbove: number
  /** Safety is proven when the upper bound of the ratio lies below. */
  readonly safeBelow: number
  /** Of the two-sided interval, .95 for 95 %. */
  readonly confidence: number
}

/**
 * Whether a guardrail is proven safe, proven harmful or neither. What was not measured is no evidence, and without
 * evidence the verdict is HOLD. Where both bounds are crossed (a small slowdown, measured sharply) harm wins.
 */
export function guardrailEvidence(arms: Arms, pairing: Pairing, guardrail: Guardrail): GuardrailEvidence {
  const { estimate, pairs, controlMeasured, candidateMeasured } =
    pairing === 'unit'
      ? pairedDuration(pairedUnits(arms), guardrail.confidence)
      : independentDuration(arms, guardrail.confidence)
  return {
    metric: guardrail.metric,
    verdict: guardrailVerdict(estimate, guardrail),
    ratio: estimate?.ratio ?? null,
    ratioLow: estimate?.low ?? null,
    ratioHigh: estimate?.high ?? null,
    confidence: guardrail.confidence,
    harmLimit: guardrail.harmAbove,
    limit: guardrail.safeBelow,
    pairs,
    controlMeasured,
    candidateMeasured,
  }
}

function guardrailVerdict(estimate: RatioEstimate | null, guardrail: Guardrail): GuardrailEvidence['verdict'] {
  if (estimate === null) return 'HOLD'
  if (estimate.low > guardrail.harmAbove) return 'PROVEN_HARM'
  if (estimate.high < guardrail.safeBelow) return 'PROVEN_SAFE'
  return 'HOLD'
}

interface MeasuredRatio {
  readonly estimate: RatioEstimate | null
  readonly pairs: number | null
  readonly controlMeasured: number
  readonly candidateMeasured: number
}

/** One log ratio per unit, of the geometric means of its trials. */
function pairedDuration(units: readonly PairedUnit[], confidence: number): MeasuredRatio {
  const measured = units
    .map((unit) => ({ control: logDurations(unit.control), candidate: logDurations(unit.candidate) }))
    .filter(({ control, candidate }) => control.length > 0 && candidate.length > 0)
  const logRatios = measured.map(({ control, candidate }) => meanOf(candidate) - meanOf(control)).sort(ascending)
  return {
    estimate: pairedRatio(logRatios, confidence),
    pairs: measured.length,
    controlMeasured: measured.reduce((count, unit) => count + unit.control.length, 0),
    candidateMeasured: measured.reduce((count, unit) => count + unit.candidate.length, 0),
  }
}

function independentDuration(arms: Arms, confidence: number): MeasuredRatio {
  const control = logDurations(arms.control)
  const candidate = logDurations(arms.candidate)
  return {
    estimate: independentRatio(control, candidate, confidence),
    pairs: null,
    controlMeasured: control.length,
    candidateMeasured: candidate.length,
  }
}

function logDurations(trials: readonly Trial[]): readonly number[] {
  return known(trials.map((trial) => trial.durationMs))
    .filter((durationMs) => durationMs > 0)
    .map(Math.log)
    .sort(ascending)
}
