import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { surprise } from '../packages/server/src/slices/judge/drift/model/surprise.ts'
import type { Run } from '../tools/run-named.ts'
import { benchmarkScore, profiles } from './drift-nab/score.ts'
import { type LabelledStream, readStreams, scoreFilesOf } from './drift-nab/streams.ts'

const scoresFile = z.record(z.string(), z.array(z.number()))

/**
 * The anomaly score of metric series on the Numenta Anomaly Benchmark: one setting for all streams, each row scored by
 * its past alone, and the benchmark's one global threshold. `rivals` are detectors whose scores came with the data, by
 * the same scorer on the same streams. `DIR` (or `DIR/nab`) holds `data`, `labels` and perhaps `detector_scores`.
 */
export const run: Run = async ({ dataDir }) => {
  const folder = [join(dataDir, 'nab'), dataDir].find((path) => existsSync(join(path, 'labels/combined_windows.json')))
  const streams = folder === undefined ? [] : readStreams(folder)
  if (folder === undefined || streams.length === 0) {
    console.error(`NOT RUN: ${dataDir} holds no nab/labels and nab/data. Give the data with --data DIR.`)
    return { passed: 0, failed: 0, result: {} }
  }
  const started = performance.now()
  const own = new Map(streams.map((stream) => [stream.name, scoresOf(stream)]))
  const rows = streams.reduce((sum, stream) => sum + stream.rows.length, 0)
  const microseconds = ((performance.now() - started) * 1000) / rows
  const of = (profile: keyof typeof profiles) => benchmarkScore(streams, own, profiles[profile])
  const rivals = Object.fromEntries(
    scoreFilesOf(folder).map((path) => {
      const file: unknown = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'))
      const scores = new Map(Object.entries(scoresFile.parse(file)))
      return [basename(path, '.json.gz'), rounded(benchmarkScore(streams, scores, profiles.standard).score)]
    }),
  )
  const standard = of('standard')
  console.log(
    `${streams.length} streams, ${rows} rows, ${microseconds.toFixed(0)} µs a row, threshold ${standard.threshold}`,
  )
  const rivalBest = Math.max(0, ...Object.values(rivals))
  const holds = standard.score > rivalBest
  console.log(`${holds ? 'ok  ' : 'FAIL'} the standard profile is above every detector whose scores came with the data`)
  return {
    passed: holds ? 1 : 0,
    failed: holds ? 0 : 1,
    result: {
      standard: rounded(standard.score),
      lowFp: rounded(of('lowFp').score),
      lowFn: rounded(of('lowFn').score),
      rivals,
      streams: streams.length,
      windows: streams.reduce((sum, { windows }) => sum + windows.length, 0),
    },
  }
}

function scoresOf({ rows }: LabelledStream): readonly number[] {
  const method = surprise()
  let state = method.start
  return rows.map((row) => {
    const step = method.step(state, row)
    state = step.state
    return step.score
  })
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}
