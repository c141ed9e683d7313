import { logGamma } from '../../../../kernel/statistics/gamma.ts'
import type { DriftMethod, DriftStep } from './method.ts'

export interface DdmSettings {
  readonly rowsMin: number
  readonly deviations: number
}

export const ddmDefaults: DdmSettings = { rowsMin: 30, deviations: 3 }

export interface DdmState {
  readonly rows: number
  readonly rate: number
  /** Rate and its standard error where their sum was least; null before `rowsMin` rows. */
  readonly best: { readonly rate: number; readonly error: number } | null
}

/** Gama et al. 2004 over failures (1) and successes (0): p + s > p_min + 3·s_min, after which it starts again. */
export function ddm({ rowsMin, deviations }: DdmSettings = ddmDefaults): DriftMethod<DdmState> {
  const start: DdmState = { rows: 0, rate: 0, best: null }
  return {
    start,
    step: (state, { value }) => {
      const rows = state.rows + 1
      const rate = state.rate + (value - state.rate) / rows
      const error = Math.sqrt((rate * (1 - rate)) / rows)
      const known = rows >= rowsMin
      const better = known && (state.best === null || rate + error <= state.best.rate + state.best.error)
      const best = better ? { rate, error } : state.best
      const limit = best === null ? 0 : best.rate + deviations * best.error
      const observed = best === null ? null : rate + error
      const alarm = observed !== null && !better && observed > limit
      return { state: alarm ? start : { rows, rate, best }, alarm, because: { rule: 'ddm', observed, limit } }
    },
  }
}

export interface WindowedCountsSettings {
  readonly windowRows: number
  readonly failuresMin: number
}

export const windowedCountsDefaults: WindowedCountsSettings = { windowRows: 20, failuresMin: 5 }

/** The specification's rule: so many failures (1) in the last so many rows. An alarm empties the window. */
export function windowedCounts({
  windowRows,
  failuresMin,
}: WindowedCountsSettings = windowedCountsDefaults): DriftMethod<{ readonly window: readonly number[] }> {
  return {
    start: { window: [] },
    step: ({ window }, { value }) => {
      const next = [...window, value].slice(-windowRows)
      const observed = sumOf(next)
      const alarm = observed >= failuresMin
      const because = { rule: 'windowed-counts', observed, limit: failuresMin }
      return { state: { window: alarm ? [] : next }, alarm, because }
    },
  }
}

export interface RepeatedFailuresSettings {
  readonly windowRows: number
  /** Below this probability by the test's own rate, failures are no chance. */
  readonly probabilityMax: number
}

export const repeatedFailuresDefaults: RepeatedFailuresSettings = { windowRows: 20, probabilityMax: 1e-3 }

/** Runs that were, and what followed a failure: whether failures come in streaks by themselves. */
interface PastRuns {
  readonly runs: number
  readonly failures: number
  readonly afterFailure: number
  readonly failuresAfterFailure: number
  readonly last: number | null
}

export interface RepeatedFailuresState {
  readonly before: PastRuns
  readonly window: readonly number[]
}

const noRuns: PastRuns = { runs: 0, failures: 0, afterFailure: 0, failuresAfterFailure: 0, last: null }

/**
 * Failures (1) of a test against its own rate: the Beta-binomial tail of the last 3, 6, 12 and `windowRows` rows, each given
 * all rows before them, the least of them times their number (Bonferroni); the rate's prior is Jeffreys'. Failures that
 * come in streaks by the test's own history count as fewer rows (design effect (1 + ρ) / (1 − ρ), ρ from what followed
 * failures before). An alarm moves the window into the past, so that it is not told twice.
 */
export function repeatedFailures({
  windowRows,
  probabilityMax,
}: RepeatedFailuresSettings = repeatedFailuresDefaults): DriftMethod<RepeatedFailuresState> {
  const lengths = [...shortWindows.filter((length) => length < windowRows), windowRows]
  return {
    start: { before: noRuns, window: [] },
    step: ({ before, window }, { value }): DriftStep<RepeatedFailuresState> => {
      const all = [...window, value]
      const kept = all.slice(-windowRows)
      const past = all.slice(0, all.length - kept.length).reduce(withRun, before)
      const tails = lengths.map((length) => {
        const own = kept.slice(-length)
        return streakTail(sumOf(own), own.length, kept.slice(0, kept.length - own.length).reduce(withRun, past))
      })
      const observed = Math.min(1, lengths.length * Math.min(...tails))
      const alarm = value === 1 && past.runs + kept.length > 1 && observed < probabilityMax
      const state = alarm ? { before: kept.reduce(withRun, past), window: [] } : { before: past, window: kept }
      return { state, alarm, because: { rule: 'repeated-failures', observed, limit: probabilityMax } }
    },
  }
}

const shortWindows = [3, 6, 12]

function streakTail(failures: number, rows: number, past: PastRuns): number {
  const effect = designEffect(past)
  const trials = Math.max(1, Math.round(rows / effect))
  const successes = past.runs - past.failures
  return betaBinomialTail(
    Math.min(trials, Math.floor(failures / effect + 1e-9)),
    trials,
    past.failures / effect + 0.5,
    successes / effect + 0.5,
  )
}

/** How many rows say as much as one independent row. */
function designEffect({ runs, failures, afterFailure, failuresAfterFailure }: PastRuns): number {
  const rate = (failures + 0.5) / (runs + 1)
  // Two rows of caution: a test that hardly failed has not shown that its failures come alone.
  const again = (failuresAfterFailure + 0.25) / (afterFailure + 2)
  const correlation = Math.min(0.95, Math.max(0, (again - rate) / (1 - rate)))
  return (1 + correlation) / (1 - correlation)
}

function withRun(past: PastRuns, value: number): PastRuns {
  const after = past.last === 1 ? 1 : 0
  return {
    runs: past.runs + 1,
    failures: past.failures + value,
    afterFailure: past.afterFailure + after,
    failuresAfterFailure: past.failuresAfterFailure + after * value,
    last: value,
  }
}

/** P(X ≥ successes) of `trials` whose probability is Beta(a, b). */
export function betaBinomialTail(successes: number, trials: number, a: number, b: number): number {
  if (successes <= 0) return 1
  const logBeta = (x: number, y: number) => logGamma(x) + logGamma(y) - logGamma(x + y)
  let tail = 0
  for (let count = successes; count <= trials; count += 1) {
    const ways = -Math.log(trials + 1) - logBeta(trials - count + 1, count + 1)
    tail += Math.exp(ways + logBeta(count + a, trials - count + b) - logBeta(a, b))
  }
  return Math.min(1, tail)
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
