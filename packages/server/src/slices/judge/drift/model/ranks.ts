import { type RatesSettings, type RatesState, type RatesStep, ratesStart, ratesStep, withoutEvidence } from './rates.ts'

export interface RanksState {
  /** Time and value of the baseline, as they come, until there are enough; then the values alone, rising. */
  readonly first: readonly (readonly [atMs: number, value: number])[]
  readonly baseline: readonly number[] | null
  readonly rates: RatesState
}

export const ranksStart: RanksState = { first: [], baseline: null, rates: ratesStart }

/**
 * Values of any unit under an e-detector: each as its rank among the values of the baseline (0 to 1, ties in the middle),
 * which is a bounded value whose mean is about one half while nothing changes, whatever the values' distribution. The
 * baseline's own ranks choose the slot, as for rates.
 */
export function ranksStep(
  state: RanksState,
  { atMs, value }: { readonly atMs: number; readonly value: number },
  settings: RatesSettings,
): Omit<RatesStep, 'state'> & { readonly state: RanksState } {
  if (state.baseline !== null) {
    const step = ratesStep(state.rates, tickOf(state.baseline, atMs, value), settings)
    return { ...step, state: { ...state, rates: step.state } }
  }
  const first = [...state.first, [atMs, value] as const]
  const isEnough = first.length >= settings.baselineTicks && atMs - (first[0]?.[0] ?? atMs) >= settings.baselineMs
  const baseline = isEnough ? first.map(([, one]) => one).toSorted((a, b) => a - b) : null
  const rates = baseline === null ? state.rates : replayed(first, baseline, settings)
  const unknown = { observed: null, limit: null, alarm: false, isBack: false, eValue: null }
  return {
    ...unknown,
    state: { first: baseline === null ? first : [], baseline, rates },
    baseline: null,
    recentMean: null,
  }
}

/** The evidence begins anew, as after an alarm that is closed. */
export function ranksWithoutEvidence(state: RanksState): RanksState {
  return { ...state, rates: withoutEvidence(state.rates) }
}

function replayed(first: RanksState['first'], baseline: readonly number[], settings: RatesSettings): RatesState {
  return first.reduce(
    (rates, [atMs, value]) => ratesStep(rates, tickOf(baseline, atMs, value), settings).state,
    ratesStart,
  )
}

function tickOf(baseline: readonly number[], atMs: number, value: number) {
  const below = placeOf(baseline, (one) => one < value)
  const upTo = placeOf(baseline, (one) => one <= value)
  return { atMs, runs: 1, failures: (below + upTo) / (2 * baseline.length) }
}

/** How many of the first values hold; they rise, so a bisection finds it. */
function placeOf(rising: readonly number[], holds: (value: number) => boolean): number {
  let [from, to] = [0, rising.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(rising[middle] as number)) from = middle + 1
    else to = middle
  }
  return from
}
