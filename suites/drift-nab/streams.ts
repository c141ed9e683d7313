import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

export interface LabelledStream {
  readonly name: string
  readonly rows: readonly { readonly atMs: number; readonly value: number }[]
  /** First and last row of each labelled window. */
  readonly windows: readonly (readonly [first: number, last: number])[]
}

const windowsFile = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])))

/** Every stream of the folder whose windows are labelled. */
export function readStreams(folder: string): readonly LabelledStream[] {
  const windows = windowsFile.parse(JSON.parse(readFileSync(join(folder, 'labels', 'combined_windows.json'), 'utf8')))
  return Object.keys(windows)
    .toSorted()
    .filter((name) => existsSync(join(folder, 'data', name)))
    .map((name) => {
      const lines = readFileSync(join(folder, 'data', name), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
      const rows = lines.map((line) => {
        const comma = line.indexOf(',')
        return { atMs: instantOf(line.slice(0, comma)), value: Number(line.slice(comma + 1)) }
      })
      const inRows = (windows[name] ?? []).map(([from, to]) => {
        const [fromMs, toMs] = [instantOf(from), instantOf(to)]
        return [rows.findIndex(({ atMs }) => atMs >= fromMs), rows.findLastIndex(({ atMs }) => atMs <= toMs)] as const
      })
      return { name, rows, windows: inRows }
    })
}

/** Detector scores that came with the data: detector → stream → score per row. */
export function scoreFilesOf(folder: string): readonly string[] {
  const scores = join(folder, 'detector_scores')
  return existsSync(scores)
    ? readdirSync(scores)
        .toSorted()
        .map((file) => join(scores, file))
    : []
}

function instantOf(text: string): number {
  return Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`)
}
