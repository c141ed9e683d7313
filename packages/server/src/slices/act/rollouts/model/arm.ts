import type { ArmEvidence } from '@metaagent/contract'
import type { Proportion } from '../../../../kernel/statistics/counts.ts'
import { meanOf } from '../../../../kernel/statistics/means.ts'
import type { Trial } from './trials.ts'

/** The figures of one arm by itself. Totals of which a part is unknown are `null`. */
export function armFigures(trials: readonly Trial[]): Omit<ArmEvidence, 'release'> {
  const outcomes = proportionOf(trials)
  const durations = known(trials.map((trial) => trial.durationMs)).sort(ascending)
  const costs = known(trials.map((trial) => trial.costNanoUsd))
  return {
    executions: trials.length,
    outcomesKnown: outcomes.trials,
    successes: outcomes.successes,
    successRate: rateOf(outcomes),
    meanDurationMs: durations.length === 0 ? null : meanOf(durations),
    durationsKnown: durations.length,
    costNanoUsd: costs.length === trials.length && costs.length > 0 ? costs.reduce((a, b) => a + b, 0) : null,
    costsKnown: costs.length,
  }
}

/** Successes among the known outcomes. */
export function proportionOf(trials: readonly Trial[]): Proportion {
  const outcomes = known(trials.map((trial) => trial.succeeded))
  return { successes: outcomes.filter(Boolean).length, trials: outcomes.length }
}

/** `null` without trials. */
export function rateOf({ successes, trials }: Proportion): number | null {
  return trials === 0 ? null : successes / trials
}

/** The values without the unknown ones. */
export function known<T>(values: readonly (T | null)[]): T[] {
  return values.filter((value) => value !== null)
}

/**
 * Order for numbers. Whatever is summed is sorted first, so that every figure is the same, to the last bit, whatever
 * order the executions came in.
 */
export function ascending(a: number, b: number): number {
  return a - b
}
