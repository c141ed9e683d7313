import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Run } from '../tools/run-named.ts'
import type { BatchShape } from './ingest/batches.ts'
import { type BenchServer, median, startBenchServer, startLoadSender, withPostgres } from './ingest/bench-server.ts'
import { copyRate, takeRows } from './ingest/copy-baseline.ts'
import type { LoadReport } from './ingest/load.ts'

const connections = 8
const warmUpSeconds = 6
const copiedRows = 100_000
const floorSamples = 30

interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly shape: BatchShape
  readonly profile: boolean
}

interface Measured {
  readonly actionsPerSecond: number
  readonly copyPerSecond: number | null
  readonly ratioToCopy: number | null
  readonly p99Ms: number
  readonly rssGrowthMbPerMin: number
  readonly rssMb: number
}

/**
 * Durable actions per second through HTTP, beside COPYing the same rows straight into the same table: 8 connections,
 * batches of 100 actions of about 1 kB, each with the reports of its ten executions (`--no-reports` leaves those out).
 * `--store pglite|postgres`, `--seconds` per round (10), `--rounds` (3), or `--minutes` in one piece for the memory's
 * growth; `--profile` leaves a CPU profile of the server in the current folder.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      store: { type: 'string' },
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      minutes: { type: 'string' },
      'no-reports': { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  })
  const options: Options = {
    seconds: values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60,
    rounds: values.minutes === undefined ? Number(values.rounds) : 1,
    shape: { actions: 100, actionsPerExecution: 10, reports: !values['no-reports'] },
    profile: values.profile,
  }
  const result: Record<string, Measured> = {}
  for (const [store, measure] of Object.entries({ postgres: onPostgres, pglite: onPglite })) {
    if (values.store !== undefined && values.store !== store) continue
    result[store] = await measure(options)
    console.log(store, result[store])
  }
  return { passed: Object.keys(result).length, failed: 0, result }
}

async function onPostgres(options: Options): Promise<Measured> {
  return withPostgres(async ({ environment, databaseUrl }) => {
    const server = await startBenchServer(options.profile, environment)
    const load = await measureLoad(server, options)
    await server.end()
    const pieces = await takeRows(databaseUrl, copiedRows)
    const rates: number[] = []
    // The best of three ways is the baseline.
    for (const width of [1, 2, 4]) rates.push(await copyRate(databaseUrl, pieces, width))
    console.log(`COPY with 1, 2 and 4 connections: ${rates.map((rate) => Math.round(rate)).join(', ')} rows/s`)
    const copyPerSecond = Math.max(...rates)
    return {
      ...load,
      copyPerSecond: Math.round(copyPerSecond),
      ratioToCopy: round(load.actionsPerSecond / copyPerSecond, 3),
    }
  })
}

async function onPglite(options: Options): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  try {
    const server = await startBenchServer(options.profile, {
      METAAGENT_DATA_DIR: folder,
      METAAGENT_DURABILITY: 'synced',
    })
    const load = await measureLoad(server, options)
    await server.end()
    return { ...load, copyPerSecond: null, ratioToCopy: null }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureLoad(
  server: BenchServer,
  options: Options,
): Promise<Omit<Measured, 'copyPerSecond' | 'ratioToCopy'>> {
  const sender = startLoadSender(server)
  const send = (seconds: number) => sender.send({ connections, shape: options.shape, seconds })
  try {
    await send(warmUpSeconds)
    const memory = watchMemory(server)
    const reports: LoadReport[] = []
    const usedMs = await server.cpuMs()
    for (let roundNumber = 0; roundNumber < options.rounds; roundNumber++) {
      const report = await send(options.seconds)
      reports.push(report)
      const { actions, seconds, latencyP50Ms, latencyP99Ms, refused } = report
      console.log(
        `${Math.round(actions / seconds)} actions/s, p50 ${Math.round(latencyP50Ms)} ms, p99 ${Math.round(latencyP99Ms)} ms, refused ${JSON.stringify(refused)}, server ${residentMb(server)} MB`,
      )
    }
    const stored = reports.reduce((sum, { actions }) => sum + actions, 0)
    console.log(
      `server process: ${((((await server.cpuMs()) - usedMs) * 1_000) / stored).toFixed(1)} µs of processor time per action`,
    )
    return {
      actionsPerSecond: Math.round(median(reports.map(({ actions, seconds }) => actions / seconds))),
      p99Ms: round(median(reports.map(({ latencyP99Ms }) => latencyP99Ms)), 1),
      ...memory(),
    }
  } finally {
    sender.end()
  }
}

/**
 * Samples resident memory once a second. Garbage comes and goes in a sawtooth of a hundred megabytes, so growth is that of
 * its floor: a least-squares line through the lowest sample of each piece of time, the first fifth left out.
 */
function watchMemory(server: BenchServer): () => { rssMb: number; rssGrowthMbPerMin: number } {
  const samples: { minute: number; mb: number }[] = []
  const startedMs = performance.now()
  const timer = setInterval(() => {
    samples.push({ minute: (performance.now() - startedMs) / 60_000, mb: residentMb(server) })
  }, 1_000)
  return () => {
    clearInterval(timer)
    const settled = samples.slice(Math.floor(samples.length / 5))
    const size = Math.max(1, Math.min(floorSamples, Math.floor(settled.length / 4)))
    const floor = Array.from({ length: Math.floor(settled.length / size) }, (_, piece) =>
      settled.slice(piece * size, (piece + 1) * size).reduce((low, sample) => (sample.mb < low.mb ? sample : low)),
    )
    return { rssMb: residentMb(server), rssGrowthMbPerMin: round(slope(floor), 2) }
  }
}

function slope(samples: readonly { readonly minute: number; readonly mb: number }[]): number {
  const mean = (of: (sample: { minute: number; mb: number }) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const minute = mean((sample) => sample.minute)
  const mb = mean((sample) => sample.mb)
  const covariance = mean((sample) => (sample.minute - minute) * (sample.mb - mb))
  return covariance / mean((sample) => (sample.minute - minute) ** 2)
}

function residentMb({ child }: BenchServer): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
  return Math.round(Number(match?.[1]) / 1024)
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
