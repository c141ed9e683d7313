import { changePointsOf } from './change-points.ts'

/** A value with the runs that it stands for. */
export interface DatedValue {
  readonly atMs: number
  readonly runs: number
  readonly value: number
}

export interface DatedChange {
  readonly atMs: number
  /** Means of the segments on both sides. */
  readonly before: number
  readonly after: number
  readonly because: { readonly rule: string; readonly observed: number; readonly limit: number }
}

export interface DatedChanges {
  readonly changes: readonly DatedChange[]
  readonly shape: 'constant' | 'linear'
  readonly autocorrelation: number
  /** In values as they came; null: no season. */
  readonly period: number | null
}

/** So many points take about 20 ms; the time grows with their square, and nobody else is served meanwhile. */
export const pointsMax = 300

/** Where a series changed, with the levels around. A longer one has as many neighbours merged as make it short enough. */
export function changesOf(values: readonly DatedValue[], mostPoints = pointsMax): DatedChanges {
  const each = Math.max(1, Math.ceil(values.length / mostPoints))
  const points = Array.from({ length: Math.ceil(values.length / each) }, (_, at) =>
    merged(values.slice(at * each, (at + 1) * each)),
  )
  const found = changePointsOf(points.map(({ value }) => value))
  const starts = [0, ...found.changes.map(({ index }) => index), points.length]
  const changes = found.changes.flatMap(({ index, because }, at): DatedChange[] => {
    const point = points[index]
    if (point === undefined) return []
    const before = merged(points.slice(starts[at], index)).value
    const after = merged(points.slice(index, starts[at + 2])).value
    return [{ atMs: point.atMs, before, after, because }]
  })
  const period = found.period === null ? null : found.period * each
  return { changes, shape: found.shape, autocorrelation: found.autocorrelation, period }
}

function merged(values: readonly DatedValue[]): DatedValue {
  const runs = values.reduce((sum, one) => sum + one.runs, 0)
  const value = values.reduce((sum, one) => sum + (one.value * one.runs) / runs, 0)
  return { atMs: values[0]?.atMs ?? 0, runs, value }
}
