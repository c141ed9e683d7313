import { type ChildProcess, spawn } from 'node:child_process'
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
import { makeSeed } from '../tools/make-seed.ts'
import type { Run } from '../tools/run-named.ts'

const cli = join(import.meta.dirname, '../packages/server/src/app/cli.ts')
const seedFolder = join(import.meta.dirname, '../packages/server/seed')
const restMs = 5_000

interface Started {
  readonly readyMs: number
  readonly rssMb: number
}

/**
 * With the seed that the published package brings: from the start of the process to the first 200 answer: in an empty folder, in a used one, and on PostgreSQL; memory at
 * rest five seconds later. Medians of `--rounds` (default 5).
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '5' } } })
  const rounds = Number(values.rounds)
  // As the published package brings it; a checkout has none until `npm run build`.
  await makeSeed(seedFolder, collectMigrations())
  const fresh: Started[] = []
  const used: Started[] = []
  for (let round = 0; round < rounds; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'metaagent-start-'))
    try {
      fresh.push(await startOnce({ METAAGENT_DATA_DIR: folder }))
      used.push(await startOnce({ METAAGENT_DATA_DIR: folder }))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const postgres = await onPostgres(rounds)
  const result = {
    readyMs: median(fresh.map(({ readyMs }) => readyMs)),
    reopenMs: median(used.map(({ readyMs }) => readyMs)),
    rssMb: median(used.map(({ rssMb }) => rssMb)),
    freshRssMb: median(fresh.map(({ rssMb }) => rssMb)),
    postgres: {
      readyMs: median(postgres.map(({ readyMs }) => readyMs)),
      rssMb: median(postgres.map(({ rssMb }) => rssMb)),
    },
    rounds,
  }
  console.log(`empty folder ${result.readyMs} ms, used folder ${result.reopenMs} ms, at rest ${result.rssMb} MB`)
  console.log(`PostgreSQL ${result.postgres.readyMs} ms, at rest ${result.postgres.rssMb} MB`)
  return { passed: rounds, failed: 0, result }
}

async function onPostgres(rounds: number): Promise<readonly Started[]> {
  const cluster = await startPostgresCluster()
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-start-'))
  try {
    const database = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(database.url), collectMigrations())
    const environment = {
      METAAGENT_DATA_DIR: folder,
      METAAGENT_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      DATABASE_URL: await database.asLogin('bench', 'in role metaagent_app'),
    }
    await startOnce(environment)
    const started: Started[] = []
    for (let round = 0; round < rounds; round++) started.push(await startOnce(environment))
    return started
  } finally {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startOnce(environment: Readonly<Record<string, string>>): Promise<Started> {
  const port = await freePort()
  const startedMs = performance.now()
  const child = spawn(
    process.execPath,
    ['--conditions=@metaagent/source', cli, 'start', '--json', '--port', String(port)],
    {
      env: { ...process.env, ...environment, METAAGENT_LOG_LEVEL: 'error' },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  try {
    await answers(`http://127.0.0.1:${port}/api/v1/health`, child)
    const readyMs = Math.round(performance.now() - startedMs)
    await pause(restMs)
    return { readyMs, rssMb: residentMb(child) }
  } finally {
    await ended(child)
  }
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const response = await fetch(url).catch(() => null)
    await response?.arrayBuffer()
    if (response?.status === 200) return
    await pause(5)
  }
  throw new Error(`the server ended with ${child.exitCode} before it was ready`)
}

/** Resident memory as the kernel counts it. */
function residentMb(child: ChildProcess): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
  return Math.round(Number(match?.[1]) / 1024)
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
