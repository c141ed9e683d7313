import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openSchemaOwner } from '../packages/server/src/adapters/postgres/schema-owner.ts'
import { migrate } from '../packages/server/src/adapters/schema/migrate.ts'
import { collectMigrations } from '../packages/server/src/app/migrations.ts'
import { startPostgresCluster } from '../packages/server/src/testkit/postgres-cluster.ts'
import { createEmptyDatabase } from '../packages/server/src/testkit/test-stores.ts'
import { freePort } from '../tools/free-port.ts'
import type { Run } from '../tools/run-named.ts'
import type { BatchShape } from './ingest/batches.ts'
import { copyRate, takeRows } from './ingest/copy-baseline.ts'
import type { LoadOrder, LoadReport } from './ingest/load.ts'

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
  const cluster = await startPostgresCluster({
    durable: true,
    settings: { shared_buffers: '1GB', max_wal_size: '8GB', checkpoint_timeout: '15min' },
  })
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  try {
    const database = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(database.url), collectMigrations())
    const server = await startServer(options, {
      METAAGENT_DATA_DIR: folder,
      METAAGENT_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      DATABASE_URL: await database.asLogin('bench', 'in role metaagent_app'),
    })
    const load = await measureLoad(server, options)
    await server.end()
    const pieces = await takeRows(database.url, copiedRows)
    const rates: number[] = []
    // The best of three ways is the baseline.
    for (const width of [1, 2, 4]) rates.push(await copyRate(database.url, pieces, width))
    console.log(`COPY with 1, 2 and 4 connections: ${rates.map((rate) => Math.round(rate)).join(', ')} rows/s`)
    const copyPerSecond = Math.max(...rates)
    return {
      ...load,
      copyPerSecond: Math.round(copyPerSecond),
      ratioToCopy: round(load.actionsPerSecond / copyPerSecond, 3),
    }
  } finally {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function onPglite(options: Options): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  try {
    const server = await startServer(options, { METAAGENT_DATA_DIR: folder, METAAGENT_DURABILITY: 'synced' })
    const load = await measureLoad(server, options)
    await server.end()
    return { ...load, copyPerSecond: null, ratioToCopy: null }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Server {
  readonly child: ChildProcess
  readonly port: number
  readonly key: string
  end(): Promise<void>
}

async function startServer(options: Options, environment: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort()
  const child = fork(join(import.meta.dirname, 'ingest/server.ts'), {
    env: {
      ...process.env,
      ...environment,
      METAAGENT_PORT: String(port),
      METAAGENT_LOG_LEVEL: 'warn',
      METAAGENT_RATE_LIMIT: 'false',
    },
    execArgv: ['--conditions=@metaagent/source', ...(options.profile ? ['--cpu-prof'] : [])],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const text = chunk.toString()
      if (text.includes('"key"')) resolve(text)
      else process.stdout.write(text)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const { key } = JSON.parse(line) as { key: string }
  const end = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  return { child, port, key, end }
}

async function measureLoad(server: Server, options: Options): Promise<Omit<Measured, 'copyPerSecond' | 'ratioToCopy'>> {
  const sender = fork(join(import.meta.dirname, 'ingest/load.ts'), {
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const send = async (seconds: number): Promise<LoadReport> => {
    const order: LoadOrder = { port: server.port, key: server.key, connections, shape: options.shape, seconds }
    const report = new Promise<LoadReport>((resolve) =>
      sender.once('message', (message) => resolve(message as LoadReport)),
    )
    sender.send(order)
    return await report
  }
  try {
    await send(warmUpSeconds)
    const memory = watchMemory(server)
    const reports: LoadReport[] = []
    const usedMs = await cpuMs(server)
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
      `server process: ${((((await cpuMs(server)) - usedMs) * 1_000) / stored).toFixed(1)} µs of processor time per action`,
    )
    return {
      actionsPerSecond: Math.round(median(reports.map(({ actions, seconds }) => actions / seconds))),
      p99Ms: round(median(reports.map(({ latencyP99Ms }) => latencyP99Ms)), 1),
      ...memory(),
    }
  } finally {
    sender.kill()
  }
}

async function cpuMs(server: Server): Promise<number> {
  const usage = new Promise<{ cpuMs: number }>((resolve) => {
    server.child.once('message', (message) => resolve(message as { cpuMs: number }))
  })
  server.child.send('usage')
  return (await usage).cpuMs
}

/**
 * Samples resident memory once a second. Garbage comes and goes in a sawtooth of a hundred megabytes, so growth is that of
 * its floor: a least-squares line through the lowest sample of each piece of time, the first fifth left out.
 */
function watchMemory(server: Server): () => { rssMb: number; rssGrowthMbPerMin: number } {
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

function residentMb({ child }: Server): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
  return Math.round(Number(match?.[1]) / 1024)
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
