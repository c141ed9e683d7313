/** The rows up to now, oldest first, and how many of them make a day (0 while unknown or under 3). */
export interface Recent {
  readonly values: readonly number[]
  readonly rowsPerDay: number
}

const shortRows = 5
const seasonRows = 12
const daysMax = 7

/** Ways to look at the newest row. Each answers a number that is large when the row is odd, or null if it cannot tell. */
export const views = {
  high: ({ values }: Recent) => values.at(-1) ?? null,
  low: ({ values }: Recent) => -(values.at(-1) ?? 0),
  residual: ({ values }: Recent) =>
    values.length < 2 ? null : Math.abs(newest(values) - median(values.slice(-shortRows - 1, -1))),
  level40: (recent: Recent) => levelStep(recent, 40),
  level120: (recent: Recent) => levelStep(recent, 120),
  spread40: (recent: Recent) => spread(recent, 40),
  spread120: (recent: Recent) => spread(recent, 120),
  season: (recent: Recent) => {
    const { values } = recent
    const same = daysBack(recent, 2, 2).flatMap((at) => values.slice(at - 2, at + 3))
    return same.length === 0 ? null : Math.abs(newest(values) - median(same))
  },
  seasonLevel: (recent: Recent) => {
    const { values } = recent
    const same = daysBack(recent, seasonRows, 0).map((at) => mean(values.slice(at + 1 - seasonRows, at + 1)))
    return same.length === 0 ? null : Math.abs(mean(values.slice(-seasonRows)) - median(same))
  },
  seasonStep: (recent: Recent) => {
    const { values } = recent
    const steps = daysBack(recent, 1, 0).map((at) => (values[at] as number) - (values[at - 1] as number))
    return steps.length === 0 ? null : Math.abs(newest(values) - (values.at(-2) as number) - median(steps))
  },
} as const satisfies Readonly<Record<string, (recent: Recent) => number | null>>

export type ViewName = keyof typeof views

/** How many rows the views look back on at most, for a stream of so many rows a day. */
export function reachOf(rowsPerDay: number, rowsMax: number): number {
  return Math.min(rowsMax, Math.max(240, daysMax * rowsPerDay + seasonRows + 1))
}

/** Rows of the same time on up to seven days before, once two days are known; room is kept around each. */
function daysBack({ values, rowsPerDay }: Recent, before: number, after: number): readonly number[] {
  const last = values.length - 1
  if (rowsPerDay < 3 || last < 2 * rowsPerDay) return []
  const days = Math.min(daysMax, Math.floor((last - before) / rowsPerDay))
  return Array.from({ length: days }, (_, day) => last - (day + 1) * rowsPerDay).filter((at) => at + after < last)
}

/** How far the mean of the last rows lies from that of as many before. */
function levelStep({ values }: Recent, rows: number): number | null {
  if (values.length < 2 * rows) return null
  return Math.abs(mean(values.slice(-rows)) - mean(values.slice(-2 * rows, -rows)))
}

function spread({ values }: Recent, rows: number): number | null {
  if (values.length < rows) return null
  const last = values.slice(-rows)
  const centre = mean(last)
  return Math.sqrt(last.reduce((sum, value) => sum + (value - centre) ** 2, 0) / rows)
}

function newest(values: readonly number[]): number {
  return values.at(-1) as number
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
