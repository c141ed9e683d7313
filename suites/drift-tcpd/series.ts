import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Annotations } from './metrics.ts'

const seriesFile = z.object({
  n_dim: z.number(),
  series: z.array(z.object({ raw: z.array(z.number().nullable()) })),
})
const annotationsFile = z.record(z.string(), z.record(z.string(), z.array(z.number())))

export interface MarkedSeries {
  readonly name: string
  readonly values: readonly (number | null)[]
  readonly annotations: Annotations
  /** Published default scores by column, `cover_pelt`, `f1_zero`, …; null where none are published. */
  readonly published: Readonly<Record<string, number>> | null
}

/** Every univariate series of the folder that people have marked, by name. */
export function readMarkedSeries(folder: string): readonly MarkedSeries[] {
  const annotations = annotationsFile.parse(readJson(join(folder, 'annotations.json')))
  const scores = publishedScores(join(folder, 'tcpdbench_default_scores.tsv'))
  const names = readdirSync(join(folder, 'datasets')).toSorted()
  return names.flatMap((name): readonly MarkedSeries[] => {
    const path = join(folder, 'datasets', name, `${name}.json`)
    const marks = annotations[name]
    if (!existsSync(path) || marks === undefined) return []
    const file = seriesFile.parse(readJson(path))
    const values = file.series[0]?.raw
    if (file.n_dim !== 1 || values === undefined) return []
    return [{ name, values, annotations: marks, published: scores.get(name) ?? null }]
  })
}

function publishedScores(path: string): ReadonlyMap<string, Readonly<Record<string, number>>> {
  if (!existsSync(path)) return new Map()
  const [head = '', ...lines] = readFileSync(path, 'utf8').trim().split('\n')
  const columns = head.split('\t').slice(1)
  return new Map(
    lines.map((line) => {
      const [name = '', ...fields] = line.split('\t')
      return [name, Object.fromEntries(columns.map((column, at) => [column, Number(fields[at])]))] as const
    }),
  )
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
