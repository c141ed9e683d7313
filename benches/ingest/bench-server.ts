import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSchemaOwner } from '../../packages/server/src/adapters/postgres/schema-owner.ts'
import { migrate } from '../../packages/server/src/adapters/schema/migrate.ts'
import { collectMigrations } from '../../packages/server/src/app/migrations.ts'
import { startPostgresCluster } from '../../packages/server/src/testkit/postgres-cluster.ts'
import { createEmptyDatabase } from '../../packages/server/src/testkit/test-stores.ts'
import { freePort } from '../../tools/free-port.ts'
import type { LoadOrder, LoadReport } from './load.ts'

/** A whole MetaAgent in a process of its own, with a key to send telemetry with. */
export interface BenchServer {
  readonly child: ChildProcess
  readonly port: number
  readonly key: string
  /** Processor time that its process has used so far, in milliseconds. */
  cpuMs(): Promise<number>
  end(): Promise<void>
}

/** Starts one with this environment; `profile` leaves a CPU profile of it in the current folder. */
export async function startBenchServer(
  profile: boolean,
  environment: Readonly<Record<string, string>>,
): Promise<BenchServer> {
  const port = await freePort()
  const child = fork(join(import.meta.dirname, 'server.ts'), {
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
  const cpuMs = async () => {
    const usage = new Promise<{ cpuMs: number }>((resolve) => {
      child.once('message', (message) => resolve(message as { cpuMs: number }))
    })
    child.send('usage')
    return (await usage).cpuMs
  }
  const end = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  return { child, port, key, cpuMs, end }
}

/** What a server on a PostgreSQL of its own needs to be told, and the way into the database beside it. */
export interface BenchPostgres {
  readonly environment: Readonly<Record<string, string>>
  readonly databaseUrl: string
}

/** Runs `work` with a PostgreSQL that keeps what it acknowledges, migrated and empty; it is gone afterwards. */
export async function withPostgres<T>(work: (postgres: BenchPostgres) => Promise<T>): Promise<T> {
  const cluster = await startPostgresCluster({
    durable: true,
    settings: { shared_buffers: '1GB', max_wal_size: '8GB', checkpoint_timeout: '15min' },
  })
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  try {
    const database = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(database.url), collectMigrations())
    const environment = {
      METAAGENT_DATA_DIR: folder,
      METAAGENT_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      DATABASE_URL: await database.asLogin('bench', 'in role metaagent_app'),
    }
    return await work({ environment, databaseUrl: database.url })
  } finally {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Sends load from a process of its own. */
export interface LoadSender {
  send(order: Omit<LoadOrder, 'port' | 'key'>): Promise<LoadReport>
  end(): void
}

export function startLoadSender({ port, key }: BenchServer): LoadSender {
  const sender = fork(join(import.meta.dirname, 'load.ts'), {
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const send = async (order: Omit<LoadOrder, 'port' | 'key'>): Promise<LoadReport> => {
    const report = new Promise<LoadReport>((resolve) =>
      sender.once('message', (message) => resolve(message as LoadReport)),
    )
    sender.send({ ...order, port, key } satisfies LoadOrder)
    return await report
  }
  return { send, end: () => void sender.kill() }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
