import { deseasonalised, type Season, seasonOf } from './change-points/season.ts'
import {
  bestSegmentations,
  type SegmentCost,
  type SegmentShape,
  segmentCost,
  totalCost,
} from './change-points/segments.ts'
import { robustAutocorrelation, standardised, whitened, withoutSpikes } from './change-points/whitening.ts'

/** What a search looks through. The defaults are the one setting for every series. */
export interface ChangePointSettings {
  readonly changesMax: number
  /** Share of the series that a segment has at least. */
  readonly segmentShareMin: number
  readonly segmentLengthMin: number
  readonly shapes: readonly SegmentShape[]
  readonly seasons: boolean
  /** McQuarrie's small-sample factor n / (n − parameters − 2) on the penalty. */
  readonly smallSample: boolean
  /** Whether single far values are drawn to their neighbours first. */
  readonly spikes: boolean
}

export const changePointDefaults: ChangePointSettings = {
  changesMax: 8,
  segmentShareMin: 0.05,
  segmentLengthMin: 3,
  shapes: ['constant', 'linear'],
  seasons: true,
  smallSample: true,
  spikes: true,
}

export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly index: number
  /** `observed`: by how much the criterion, in units of log-likelihood, is worse without this change. */
  readonly because: { readonly rule: 'segments-bic'; readonly observed: number; readonly limit: number }
}

export interface ChangePoints {
  readonly changes: readonly ChangePoint[]
  readonly shape: SegmentShape
  /** AR(1) coefficient taken out before the search; 0 where none helped. */
  readonly autocorrelation: number
  /** Period in rows of the season taken out, or null. */
  readonly period: number | null
}

interface Candidate {
  readonly cost: SegmentCost
  readonly shape: SegmentShape
  readonly autocorrelation: number
  readonly season: Season | null
}

const positionsMax = 1000
/** Residual variance, as a share of the series' own, below which a fit counts as exact: rounding decides nothing. */
const varianceFloor = 1e-4

/**
 * Where a whole series changed, seen from its end: the segmentation of least joint criterion over level or straight line
 * per segment, with or without an AR(1) coefficient, with or without a season; BIC with one parameter per place of a
 * change (Yao 1988) and one per number fitted. Null values are skipped. Fewer than two least segments: no change.
 */
export function changePointsOf(
  values: readonly (number | null)[],
  settings: ChangePointSettings = changePointDefaults,
): ChangePoints {
  const rows = values.flatMap((value, index) => (value === null || !Number.isFinite(value) ? [] : [{ value, index }]))
  const length = rows.length
  const lengthMin = Math.max(settings.segmentLengthMin, Math.floor(settings.segmentShareMin * length))
  let best = { score: Number.POSITIVE_INFINITY, changes: [] as readonly number[], candidate: null as Candidate | null }
  if (length >= 2 * lengthMin)
    for (const candidate of candidatesOf(
      prepared(
        rows.map(({ value }) => value),
        settings,
      ),
      settings,
    ))
      for (const { changes, residualSumOfSquares } of bestSegmentations(length, candidate.cost, {
        changesMax: settings.changesMax,
        lengthMin,
        positionsMax,
      })) {
        const score = criterion(candidate, changes.length, residualSumOfSquares, length, settings)
        if (score < best.score) best = { score, changes, candidate }
      }
  const { candidate, changes, score } = best
  if (candidate === null) return { changes: [], shape: 'constant', autocorrelation: 0, period: null }
  return {
    changes: changes.map((change): ChangePoint => {
      const without = changes.filter((other) => other !== change)
      const cost = totalCost(without, length, candidate.cost)
      const observed = criterion(candidate, without.length, cost, length, settings) - score
      return { index: rows[change]?.index ?? 0, because: { rule: 'segments-bic', observed, limit: 0 } }
    }),
    shape: candidate.shape,
    autocorrelation: candidate.autocorrelation,
    period: candidate.season?.period ?? null,
  }
}

function prepared(values: readonly number[], { spikes }: ChangePointSettings): Float64Array {
  const scaled = standardised(values)
  return spikes ? standardised([...withoutSpikes(scaled)]) : scaled
}

function candidatesOf(values: Float64Array, { shapes, seasons }: ChangePointSettings): readonly Candidate[] {
  const season = seasons ? seasonOf(values) : null
  return [null, ...(season === null ? [] : [season])].flatMap((own) => {
    const plain = own === null ? values : deseasonalised(values, own)
    return [...new Set([0, robustAutocorrelation(plain)])].flatMap((autocorrelation) =>
      shapes.map((shape) => ({
        cost: segmentCost(whitened(plain, autocorrelation), shape),
        shape,
        autocorrelation,
        season: own,
      })),
    )
  })
}

/** Minus twice the log-likelihood, halved, plus half of log n per parameter; smaller is better. */
function criterion(
  { shape, autocorrelation, season }: Candidate,
  changes: number,
  residualSumOfSquares: number,
  length: number,
  { smallSample }: ChangePointSettings,
): number {
  const variance = Math.max(residualSumOfSquares / length, varianceFloor)
  const perSegment = shape === 'constant' ? 1 : 2
  const coefficients =
    perSegment * (changes + 1) + (autocorrelation > 0 ? 1 : 0) + (season === null ? 0 : season.period - 1)
  const room = length - coefficients - 2
  const factor = !smallSample ? 1 : room > 0 ? length / room : Number.POSITIVE_INFINITY
  return (
    (length / 2) * Math.log(variance) -
    0.5 * Math.log(1 - autocorrelation ** 2) +
    ((factor * coefficients + changes) * Math.log(length)) / 2
  )
}
