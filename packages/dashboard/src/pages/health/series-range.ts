import type { HealthSeries, HealthWindow } from '@metaagent/contract'
import type { z } from 'zod'

/** What to ask of the series of an agent, and the key under which the answer is kept. */
export interface SeriesQuestion {
  /** Bounds of the request; none for `all`: the server then takes all that the agent has. */
  readonly bounds: { readonly from?: string; readonly to?: string }
  /** Moves on only when a step of the chart has passed, so that the same question is not asked at every event. */
  readonly asOf: string
}

const DAY_MS = 86_400_000
const lengths = {
  '5m': 300_000,
  '1h': 3_600_000,
  '24h': DAY_MS,
  '7d': 7 * DAY_MS,
  '30d': 30 * DAY_MS,
  all: 30 * DAY_MS,
}

/** The question for a window that ends at `latestMs`, for a chart of `steps` steps. */
export function seriesQuestion(window: HealthWindow, latestMs: number, steps: number): SeriesQuestion {
  const stepMs = Math.max(60_000, lengths[window] / steps)
  const toMs = Math.ceil(latestMs / stepMs) * stepMs
  const to = new Date(toMs).toISOString()
  if (window === 'all') return { bounds: {}, asOf: to }
  return { bounds: { from: new Date(toMs - lengths[window]).toISOString(), to }, asOf: to }
}

/** The stretch of time that a chart of the answer shows: what was asked for, or from the first to the last point. */
export function drawnRange(
  { bounds }: SeriesQuestion,
  series: z.infer<typeof HealthSeries>,
): { readonly fromMs: number; readonly toMs: number } {
  if (bounds.from !== undefined && bounds.to !== undefined) {
    return { fromMs: Date.parse(bounds.from), toMs: Date.parse(bounds.to) }
  }
  const [first, last] = [series.points[0], series.points.at(-1)]
  if (first === undefined || last === undefined) return { fromMs: 0, toMs: 1 }
  return { fromMs: Date.parse(first.at), toMs: Date.parse(last.at) + series.stepSeconds * 1000 }
}
