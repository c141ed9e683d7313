import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { changePointsOf } from '../packages/server/src/slices/judge/drift/model/change-points.ts'
import type { Run } from '../tools/run-named.ts'
import { cover, fMeasure, meanOf } from './drift-tcpd/metrics.ts'
import { type MarkedSeries, readMarkedSeries } from './drift-tcpd/series.ts'

interface Scored {
  readonly series: MarkedSeries
  readonly cover: number
  readonly f1: number
  readonly never: { readonly cover: number; readonly f1: number }
}

/**
 * Retrospective change points against people's marks (Turing Change Point Dataset), one default for every series. The
 * first figures are over the series that have published default scores, beside the best published detector for each
 * measure and beside never answering; `all` is over every univariate series. `DIR` (or `DIR/tcpd`) holds `datasets`,
 * `annotations.json` and, for the comparison, `tcpdbench_default_scores.tsv`.
 */
export const run: Run = async ({ dataDir }) => {
  const folder = [join(dataDir, 'tcpd'), dataDir].find((path) => existsSync(join(path, 'annotations.json')))
  const all = folder === undefined ? [] : readMarkedSeries(folder).map(scored)
  if (all.length === 0) {
    console.error(`NOT RUN: ${dataDir} holds no tcpd/annotations.json with datasets. Give the data with --data DIR.`)
    return { passed: 0, failed: 0, result: {} }
  }
  const shared = all.filter(({ series }) => series.published !== null)
  const own = shared.length > 0 ? shared : all
  const published = shared.length > 0 ? bestPublished(shared) : null
  const figures = figuresOf(own)
  const neverAlarm = figuresOf(own.map(({ series, never }) => ({ series, ...never, never })))
  const checks = [
    ['cover above the best published default', figures.cover > (published?.cover ?? neverAlarm.cover)],
    ['F1 above the best published default', figures.f1 > (published?.f1 ?? neverAlarm.f1)],
  ] as const
  for (const [name, holds] of checks) console.log(`${holds ? 'ok  ' : 'FAIL'} ${name}`)
  return {
    passed: checks.filter(([, holds]) => holds).length,
    failed: checks.filter(([, holds]) => !holds).length,
    result: {
      ...figures,
      published,
      neverAlarm,
      series: own.length,
      all: {
        ...figuresOf(all),
        series: all.length,
        neverAlarm: figuresOf(all.map(({ series, never }) => ({ series, ...never, never }))),
      },
    },
  }
}

function scored(series: MarkedSeries): Scored {
  const found = changePointsOf(series.values).changes.map(({ index }) => index)
  const { values, annotations, name } = series
  const figures = { cover: cover(annotations, found, values.length), f1: fMeasure(annotations, found) }
  console.log(
    `${name.padEnd(20)} ${figures.cover.toFixed(3)} ${figures.f1.toFixed(3)} at ${found.join(', ') || 'no row'}`,
  )
  return { series, ...figures, never: { cover: cover(annotations, [], values.length), f1: fMeasure(annotations, []) } }
}

/** The highest mean of any published detector, for each measure apart; `zero` is nobody's detector. */
function bestPublished(all: readonly Scored[]): { readonly cover: number; readonly f1: number } {
  const columns = Object.keys(all[0]?.series.published ?? {}).filter((column) => !column.endsWith('_zero'))
  const best = (measure: string) =>
    Math.max(
      ...columns
        .filter((column) => column.startsWith(measure))
        .map((column) => meanOf(all.map(({ series }) => series.published?.[column] ?? Number.NaN)))
        .filter((mean) => !Number.isNaN(mean)),
    )
  return { cover: rounded(best('cover_')), f1: rounded(best('f1_')) }
}

function figuresOf(all: readonly Scored[]): { readonly cover: number; readonly f1: number } {
  return { cover: rounded(meanOf(all.map((one) => one.cover))), f1: rounded(meanOf(all.map((one) => one.f1))) }
}

function rounded(value: number): number {
  return Number(value.toFixed(4))
}
