import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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
import type { LoadOrder, LoadReport } from './ingest/load.ts'
import { spanTemplate } from './otlp/spans.ts'

// As the SDKs export: up to 512 spans in a request.
const shape = { actions: 500, actionsPerExecution: 10, reports: false } as const
const warmUpSeconds = 6

/**
 * Spans per second that are stored durably over OTLP/HTTP in protobuf, on PostgreSQL: requests of 500 spans of about 1 kB
 * from 50 traces, mapped, masked and priced. `--seconds` per round (10), `--rounds` (3), `--connections` (8);
 * `--profile` leaves a CPU profile of the server in the current folder.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '8' },
      profile: { type: 'boolean', default: false },
    },
  })
  const cluster = await startPostgresCluster({
    durable: true,
    settings: { shared_buffers: '1GB', max_wal_size: '8GB', checkpoint_timeout: '15min' },
  })
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  try {
    const database = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(database.url), collectMigrations())
    const server = await startServer(values.profile, {
      METAAGENT_DATA_DIR: folder,
      METAAGENT_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      DATABASE_URL: await database.asLogin('bench', 'in role metaagent_app'),
    })
    const connections = Number(values.connections)
    const bytes = spanTemplate(shape, 0, Date.now()).bytes.length / shape.actions
    console.log(`${Math.round(bytes)} bytes per span, ${shape.actions} spans per request, ${connections} connections`)
    const reports = await measure(server, connections, Number(values.seconds), Number(values.rounds))
    await server.end()
    const spansPerSecond = Math.round(median(reports.map(({ actions, seconds }) => actions / seconds)))
    const p99Ms = Math.round(median(reports.map(({ latencyP99Ms }) => latencyP99Ms)))
    return { passed: 1, failed: 0, result: { postgres: { spansPerSecond, p99Ms, bytesPerSpan: Math.round(bytes) } } }
  } finally {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Server {
  readonly child: ChildProcess
  readonly port: number
  readonly key: string
  end(): Promise<void>
}

async function startServer(profile: boolean, environment: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort()
  const child = fork(join(import.meta.dirname, 'ingest/server.ts'), {
    env: {
      ...process.env,
      ...environment,
      METAAGENT_PORT: String(port),
      METAAGENT_LOG_LEVEL: 'warn',
      METAAGENT_RATE_LIMIT: 'false',
    },
    execArgv: ['--conditions=@metaagent/source', ...(profile ? ['--cpu-prof'] : [])],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const said = chunk.toString()
      if (said.includes('"key"')) resolve(said)
      else process.stdout.write(said)
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

async function measure(
  server: Server,
  connections: number,
  seconds: number,
  rounds: number,
): Promise<readonly LoadReport[]> {
  const sender = fork(join(import.meta.dirname, 'ingest/load.ts'), {
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const send = async (forSeconds: number): Promise<LoadReport> => {
    const order: LoadOrder = { port: server.port, key: server.key, connections, shape, seconds: forSeconds, otlp: true }
    const report = new Promise<LoadReport>((resolve) =>
      sender.once('message', (message) => resolve(message as LoadReport)),
    )
    sender.send(order)
    return await report
  }
  try {
    await send(warmUpSeconds)
    const reports: LoadReport[] = []
    const usedMs = await cpuMs(server)
    for (let round = 0; round < rounds; round++) {
      const report = await send(seconds)
      reports.push(report)
      const { actions, latencyP50Ms, latencyP99Ms, refused } = report
      console.log(
        `${Math.round(actions / report.seconds)} spans/s, p50 ${Math.round(latencyP50Ms)} ms, p99 ${Math.round(latencyP99Ms)} ms, refused ${JSON.stringify(refused)}`,
      )
    }
    const stored = reports.reduce((sum, { actions }) => sum + actions, 0)
    console.log(`server process: ${((((await cpuMs(server)) - usedMs) * 1_000) / stored).toFixed(1)} µs per span`)
    return reports
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
