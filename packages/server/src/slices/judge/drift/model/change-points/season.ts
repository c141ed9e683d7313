import { medianOf } from './whitening.ts'

/** What repeats: the period in rows and what each phase adds, the sum over a period being about 0. */
export interface Season {
  readonly period: number
  readonly byPhase: readonly number[]
}

const periodMin = 3
const repeatsMin = 4
const correlationMin = 0.3

/**
 * The strongest season of a series, or null: the lag at which the series less its moving median correlates best with
 * itself, if that is a local peak over .3 and at least four periods were seen; per phase the median of the rest.
 */
export function seasonOf(values: Float64Array): Season | null {
  const lagMax = Math.min(400, Math.floor(values.length / repeatsMin))
  if (lagMax < periodMin + 1) return null
  const steps = Array.from(values.subarray(1), (value, at) => value - (values[at] as number))
  const correlations = Array.from({ length: lagMax + 2 }, (_, lag) => correlationAt(steps, lag))
  let period = 0
  for (let lag = periodMin; lag <= lagMax; lag += 1) {
    const [before, here, after] = [lag - 1, lag, lag + 1].map((at) => correlations[at] ?? 0) as [number, number, number]
    if (
      here > correlationMin &&
      here >= before &&
      here >= after &&
      here > (correlations[period] ?? 0) + (period === 0 ? -1 : 0.1)
    )
      period = lag
  }
  return period === 0 ? null : { period, byPhase: phasesOf(values, period) }
}

/** The series less its season. */
export function deseasonalised(values: Float64Array, season: Season): Float64Array {
  return values.map((value, at) => value - (season.byPhase[at % season.period] ?? 0))
}

function correlationAt(values: readonly number[], lag: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [product, squares] = [0, 0]
  for (const [at, value] of values.entries()) {
    squares += (value - mean) ** 2
    if (at >= lag) product += (value - mean) * ((values[at - lag] as number) - mean)
  }
  return squares > 0 ? product / squares : 0
}

/** Per phase the median of what is left of a centred moving mean over one period. */
function phasesOf(values: Float64Array, period: number): readonly number[] {
  const half = Math.floor(period / 2)
  const rest = Array.from({ length: period }, (): number[] => [])
  for (let at = half; at + half < values.length; at += 1) {
    let sum = 0
    for (let near = at - half; near <= at + half; near += 1)
      sum += (values[near] as number) * (period % 2 === 0 && Math.abs(near - at) === half ? 0.5 : 1)
    rest[at % period]?.push((values[at] as number) - sum / period)
  }
  const medians = rest.map(medianOf)
  const mean = medians.reduce((sum, value) => sum + value, 0) / period
  return medians.map((median) => median - mean)
}
