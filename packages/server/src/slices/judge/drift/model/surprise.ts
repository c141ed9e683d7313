import type { DriftStep, Reading } from './method.ts'
import { emptySketch, type TailSketch, tailProbability, withValue } from './surprise/tail-sketch.ts'
import { median, reachOf, type ViewName, views } from './surprise/views.ts'

export interface SurpriseSettings {
  /** Mean of −log10 p over the views from which a row is an alarm. */
  readonly limit: number
  /** The share of all rows so far in which only a higher score than before counts. */
  readonly refractoryShare: number
  readonly refractoryRowsMax: number
  readonly recentRowsMax: number
}

/** One setting for every metric series. */
export const surpriseDefaults: SurpriseSettings = {
  limit: 2.2,
  refractoryShare: 0.07,
  refractoryRowsMax: 2000,
  recentRowsMax: 4096,
}

export interface SurpriseState {
  readonly rows: number
  readonly lastAtMs: number | null
  /** Distances of the first 100 rows; their median says how many rows make a day. */
  readonly gapsMs: readonly number[]
  readonly recent: readonly number[]
  readonly sketches: Readonly<Partial<Record<ViewName, TailSketch>>>
  /** Rows whose raw score no later one has passed, oldest first: their row number and score. */
  readonly peaks: readonly (readonly [row: number, score: number])[]
}

export interface SurpriseStep extends DriftStep<SurpriseState> {
  /** The row's own score; 0 where a row within the refractory span was as odd. */
  readonly score: number
}

/** A `DriftMethod` whose steps also tell the score. */
export interface SurpriseMethod {
  readonly start: SurpriseState
  step(state: SurpriseState, seen: Reading): SurpriseStep
}

const gapsKnown = 100
const dayMs = 86_400_000
/** A view can be sure of itself up to 1 in 10^10. */
const surpriseMax = 10

/**
 * The anomaly score of a metric series: value, residual, level, spread and season each under the tail of its own history,
 * mean of −log10 p. A score counts only while it is the highest of the refractory span. Each row costs the same, whatever
 * came before; only the past is used. Rows with a value that is not finite change nothing.
 */
export function surprise(settings: SurpriseSettings = surpriseDefaults): SurpriseMethod {
  const start = { rows: 0, lastAtMs: null, gapsMs: [], recent: [], sketches: {}, peaks: [] }
  return { start, step: (state, seen) => surpriseStep(state, seen, settings) }
}

function surpriseStep(state: SurpriseState, { atMs, value }: Reading, settings: SurpriseSettings): SurpriseStep {
  if (!Number.isFinite(value))
    return { state, alarm: false, score: 0, because: { rule: 'surprise', observed: null, limit: settings.limit } }
  const { rows, lastAtMs } = state
  const gapsMs =
    lastAtMs === null || state.gapsMs.length >= gapsKnown ? state.gapsMs : [...state.gapsMs, atMs - lastAtMs]
  const gap = gapsMs.length < gapsKnown ? 0 : median(gapsMs)
  const rowsPerDay = gap > 0 ? Math.round(dayMs / gap) : 0
  const reach = reachOf(gap > 0 ? rowsPerDay : settings.recentRowsMax, settings.recentRowsMax)
  const recent = [...state.recent.slice(-(reach - 1)), value]
  const { raw, sketches } = lookedAt({ values: recent, rowsPerDay }, state.sketches)
  const span = Math.min(settings.refractoryRowsMax, Math.floor(settings.refractoryShare * rows))
  const within = state.peaks.filter(([row]) => row >= rows - span)
  const score = within.some(([, peak]) => peak >= raw) ? 0 : raw
  return {
    state: {
      rows: rows + 1,
      lastAtMs: atMs,
      gapsMs,
      recent,
      sketches,
      peaks: [...within.filter(([, peak]) => peak > raw), [rows, raw]],
    },
    score,
    alarm: score >= settings.limit,
    because: { rule: 'surprise', observed: score, limit: settings.limit },
  }
}

function lookedAt(
  recent: { readonly values: readonly number[]; readonly rowsPerDay: number },
  before: SurpriseState['sketches'],
): { readonly raw: number; readonly sketches: SurpriseState['sketches'] } {
  const sketches: Partial<Record<ViewName, TailSketch>> = { ...before }
  const found = new Map<ViewName, number>()
  for (const name of Object.keys(views) as ViewName[]) {
    const seen = views[name](recent)
    if (seen === null) continue
    const sketch = before[name] ?? emptySketch
    found.set(name, Math.min(surpriseMax, -Math.log10(tailProbability(sketch, seen))))
    sketches[name] = withValue(sketch, seen)
  }
  // High and low are the two sides of one view.
  const either = Math.max(found.get('high') ?? 0, found.get('low') ?? 0)
  found.delete('low')
  found.set('high', either)
  return { raw: [...found.values()].reduce((sum, one) => sum + one, 0) / found.size, sketches }
}
