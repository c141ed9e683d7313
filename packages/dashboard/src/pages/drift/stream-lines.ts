import type { DriftChangePoints, DriftReading, DriftStreamDetail } from '@metaagent/contract'

type Point = readonly [atMs: number, value: number | null]

/** The mean between changes at each reading, so that it can be read beside it. */
export function levelPoints(
  readings: readonly DriftReading[],
  changes: DriftChangePoints['changes'],
): readonly Point[] {
  return readings.map(({ at }) => {
    const latest = changes.findLast((change) => change.at <= at)
    return [Date.parse(at), latest?.after ?? changes[0]?.before ?? null] as const
  })
}

/** Evidence as powers of ten, 0 where there is none; nothing while the stream learns. */
export function evidencePoints(readings: readonly DriftReading[]): readonly Point[] {
  return readings.flatMap(({ at, observed }) =>
    observed === null ? [] : [[Date.parse(at), Math.max(0, Math.log10(Math.max(observed, 1e-9)))] as const],
  )
}

/** When alarms were opened, as far as the readings reach. */
export function unusualPoints({ alarms, readings }: Pick<DriftStreamDetail, 'alarms' | 'readings'>): readonly number[] {
  const [from = 0, to = 0] = [readings[0], readings.at(-1)].map((reading) =>
    reading === undefined ? 0 : Date.parse(reading.at),
  )
  // An alarm is opened a moment after its reading began.
  return alarms.map(({ openedAt }) => Math.min(Date.parse(openedAt), to)).filter((at) => at >= from)
}
