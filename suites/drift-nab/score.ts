import type { LabelledStream } from './streams.ts'

/** What mistakes cost: the benchmark's application profiles. */
export interface Profile {
  readonly falsePositive: number
  readonly falseNegative: number
}

export const profiles = {
  standard: { falsePositive: 0.11, falseNegative: 1 },
  lowFp: { falsePositive: 0.22, falseNegative: 1 },
  lowFn: { falsePositive: 0.11, falseNegative: 2 },
} as const satisfies Readonly<Record<string, Profile>>

interface Worth {
  readonly score: number
  readonly worth: number
  /** The window that the row lies in, or null. */
  readonly window: string | null
}

/**
 * The benchmark's score with the one threshold over all streams that is best for the profile: 0 for silence, 100 for
 * every window found at its start. The first 15 % of rows (at most 750) are probation.
 */
export function benchmarkScore(
  streams: readonly LabelledStream[],
  scores: ReadonlyMap<string, readonly number[]>,
  profile: Profile,
): { readonly score: number; readonly threshold: number | null } {
  const rows = streams
    .flatMap((stream) => worthsOf(stream, scores.get(stream.name) ?? [], profile))
    .toSorted((a, b) => b.score - a.score)
  const windows = streams.reduce((sum, { windows: own }) => sum + own.length, 0)
  const silence = -windows * profile.falseNegative
  let total = silence
  let best: { total: number; threshold: number | null } = { total, threshold: null }
  const found = new Map<string, number>()
  for (const [at, { score, worth, window }] of rows.entries()) {
    if (window === null) total += worth
    else {
      const known = found.get(window)
      total += known === undefined ? profile.falseNegative + worth : Math.max(0, worth - known)
      found.set(window, Math.max(worth, known ?? Number.NEGATIVE_INFINITY))
    }
    const isLast = (rows[at + 1]?.score ?? Number.NEGATIVE_INFINITY) < score
    if (isLast && total > best.total) best = { total, threshold: score }
  }
  return { score: (100 * (best.total - silence)) / (windows - silence), threshold: best.threshold }
}

function worthsOf({ name, rows, windows }: LabelledStream, scores: readonly number[], profile: Profile): Worth[] {
  const probation = Math.min(Math.floor(0.15 * rows.length), 750)
  return scores.flatMap((score, at): readonly Worth[] => {
    if (at < probation) return []
    const inside = windows.findIndex(([first, last]) => at >= first && at <= last)
    const window = windows[inside]
    if (window !== undefined) {
      const [first, last] = window
      const position = -(last - at + 1) / (last - first + 1)
      return [{ score, worth: scaled(position) / scaled(-1), window: `${name} ${inside}` }]
    }
    const before = windows.findLast(([, last]) => last < at)
    const worth = before === undefined ? -1 : scaled((at - before[1]) / (before[1] - before[0]))
    return [{ score, worth: worth * profile.falsePositive, window: null }]
  })
}

function scaled(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1
}
