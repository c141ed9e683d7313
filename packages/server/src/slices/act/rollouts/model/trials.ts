import { assertInvariant } from '../../../../kernel/assert.ts'

/** One execution as evidence. `null` is unknown: it is left out and counted, never taken for 0 or for a failure. */
export interface Trial {
  /** What was worked on (a task, a conversation), so that both releases can be compared on the same work. */
  readonly unit: string | null
  readonly succeeded: boolean | null
  /** Not negative; 0 has no logarithm and is left out of ratios. */
  readonly durationMs: number | null
  /** Whole nano-dollars. */
  readonly costNanoUsd: number | null
}

/** The executions of two releases of one agent. Their order means nothing. */
export interface Arms {
  readonly control: readonly Trial[]
  readonly candidate: readonly Trial[]
}

/**
 * `unit`: a unit tried by both arms is one comparison, whatever else varies between units cancels.
 * `none`: every execution stands for itself.
 */
export type Pairing = 'unit' | 'none'

/** The trials of one unit in both arms, each at least one. */
export interface PairedUnit {
  readonly unit: string
  readonly control: readonly Trial[]
  readonly candidate: readonly Trial[]
}

/** Units that both arms tried, in the order of their names. Trials without a unit or a counterpart are not in it. */
export function pairedUnits({ control, candidate }: Arms): readonly PairedUnit[] {
  const candidates = byUnit(candidate)
  const paired: PairedUnit[] = []
  for (const [unit, trials] of byUnit(control)) {
    const counterpart = candidates.get(unit)
    if (counterpart !== undefined) paired.push({ unit, control: trials, candidate: counterpart })
  }
  return paired.sort((a, b) => (a.unit < b.unit ? -1 : 1))
}

/**
 * How to compare when nobody said: by unit where that keeps at least half of the executions of each arm, else unpaired.
 * Releases tried on the same tasks share nearly all units; live traffic split by conversation shares none.
 */
export function pairingFor(arms: Arms): Pairing {
  const units = pairedUnits(arms)
  const kept = (arm: 'control' | 'candidate') => units.reduce((count, unit) => count + unit[arm].length, 0)
  const worthwhile =
    units.length > 0 && 2 * kept('control') >= arms.control.length && 2 * kept('candidate') >= arms.candidate.length
  return worthwhile ? 'unit' : 'none'
}

/** Throws when a trial holds what no execution can have: a programming error of whoever loaded it. */
export function assertTrials(trials: readonly Trial[]): void {
  for (const { durationMs, costNanoUsd } of trials) {
    assertInvariant(durationMs === null || (durationMs >= 0 && Number.isFinite(durationMs)), 'a duration is ≥ 0 ms')
    assertInvariant(costNanoUsd === null || (costNanoUsd >= 0 && Number.isSafeInteger(costNanoUsd)), 'a cost is ≥ 0')
  }
}

function byUnit(trials: readonly Trial[]): ReadonlyMap<string, readonly Trial[]> {
  const units = new Map<string, Trial[]>()
  for (const trial of trials) {
    if (trial.unit === null) continue
    const known = units.get(trial.unit)
    if (known === undefined) units.set(trial.unit, [trial])
    else known.push(trial)
  }
  return units
}
