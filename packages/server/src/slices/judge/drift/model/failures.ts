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

export interface RepeatedFailuresState {
  readonly before: { readonly runs: number; readonly failures: number }
  readonly window: readonly number[]
}

/**
 * Failures (1) of a test against its own rate: the Beta-binomial tail of the last rows given all rows before them, the
 * rate's prior being Jeffreys'. An alarm moves the window into the past, so that it is not told twice.
 */
export function repeatedFailures({
  windowRows,
  probabilityMax,
}: RepeatedFailuresSettings = repeatedFailuresDefaults): DriftMethod<RepeatedFailuresState> {
  return {
    start: { before: { runs: 0, failures: 0 }, window: [] },
    step: ({ before, window }, { value }): DriftStep<RepeatedFailuresState> => {
      const all = [...window, value]
      const kept = all.slice(-windowRows)
      const past = withRuns(before, all.slice(0, all.length - kept.length))
      const observed = betaBinomialTail(sumOf(kept), kept.length, past.failures + 0.5, past.runs - past.failures + 0.5)
      const alarm = value === 1 && past.runs > 0 && observed < probabilityMax
      const state = alarm ? { before: withRuns(past, kept), window: [] } : { before: past, window: kept }
      return { state, alarm, because: { rule: 'repeated-failures', observed, limit: probabilityMax } }
    },
  }
}

/** P(X ≥ successes) of `trials` whose probability is Beta(a, b). */
export function betaBinomialTail(successes: number, trials: number, a: number, b: number): number {
  const logBeta = (x: number, y: number) => logGamma(x) + logGamma(y) - logGamma(x + y)
  let tail = 0
  for (let count = successes; count <= trials; count += 1) {
    const ways = -Math.log(trials + 1) - logBeta(trials - count + 1, count + 1)
    tail += Math.exp(ways + logBeta(count + a, trials - count + b) - logBeta(a, b))
  }
  return Math.min(1, tail)
}

function withRuns(before: RepeatedFailuresState['before'], more: readonly number[]): RepeatedFailuresState['before'] {
  return { runs: before.runs + more.length, failures: before.failures + sumOf(more) }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
