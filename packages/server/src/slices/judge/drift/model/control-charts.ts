import type { DriftMethod } from './method.ts'

export interface CusumSettings {
  readonly mean: number
  readonly standardDeviation: number
  /** Allowance k and limit h in standard deviations. */
  readonly allowance: number
  readonly limit: number
}

/** On standard values; .5 and 5 give 465 rows between false alarms of independent normal values. */
export const cusumDefaults: CusumSettings = { mean: 0, standardDeviation: 1, allowance: 0.5, limit: 5 }

export interface TwoSums {
  readonly rise: number
  readonly fall: number
}

/** Page's two-sided CUSUM: the sum of what passes the mean by more than the allowance; it starts again at an alarm. */
export function cusum({
  mean,
  standardDeviation,
  allowance,
  limit,
}: CusumSettings = cusumDefaults): DriftMethod<TwoSums> {
  return {
    start: { rise: 0, fall: 0 },
    step: ({ rise, fall }, { value }) => {
      const off = (value - mean) / standardDeviation
      const next = { rise: Math.max(0, rise + off - allowance), fall: Math.max(0, fall - off - allowance) }
      const observed = Math.max(next.rise, next.fall)
      const alarm = observed > limit
      return { state: alarm ? { rise: 0, fall: 0 } : next, alarm, because: { rule: 'cusum', observed, limit } }
    },
  }
}

export interface PageHinkleySettings {
  readonly delta: number
  readonly limit: number
  readonly forgetting: number
  readonly rowsMin: number
}

/** River's defaults. They are in the units of the values: standardise first. */
export const pageHinkleyDefaults: PageHinkleySettings = { delta: 0.005, limit: 50, forgetting: 0.9999, rowsMin: 30 }

export interface PageHinkleyState extends TwoSums {
  readonly rows: number
  readonly mean: number
}

const pageHinkleyStart: PageHinkleyState = { rows: 0, mean: 0, rise: 0, fall: 0 }

/** Page–Hinkley on both sides: m = max(0, α·m ± (x − mean so far) − δ), alarm above the limit, then from the start. */
export function pageHinkley(settings: PageHinkleySettings = pageHinkleyDefaults): DriftMethod<PageHinkleyState> {
  const { delta, limit, forgetting, rowsMin } = settings
  return {
    start: pageHinkleyStart,
    step: (state, { value }) => {
      const rows = state.rows + 1
      const mean = state.mean + (value - state.mean) / rows
      const rise = Math.max(0, forgetting * state.rise + (value - mean) - delta)
      const fall = Math.max(0, forgetting * state.fall - (value - mean) - delta)
      const observed = rows < rowsMin ? null : Math.max(rise, fall)
      const alarm = observed !== null && observed > limit
      const because = { rule: 'page-hinkley', observed, limit }
      return { state: alarm ? pageHinkleyStart : { rows, mean, rise, fall }, alarm, because }
    },
  }
}
