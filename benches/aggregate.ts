import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { openSchemaOwner } from '../packages/server/src/adapters/postgres/schema-owner.ts'
import { migrate } from '../packages/server/src/adapters/schema/migrate.ts'
import { readConfig } from '../packages/server/src/app/config.ts'
import { startMetaAgent } from '../packages/server/src/app/main.ts'
import { collectMigrations } from '../packages/server/src/app/migrations.ts'
import { recountDay } from '../packages/server/src/slices/observe/metrics/index.ts'
import { startPostgresCluster } from '../packages/server/src/testkit/postgres-cluster.ts'
import { createEmptyDatabase } from '../packages/server/src/testkit/test-stores.ts'
import { freePort } from '../tools/free-port.ts'
import type { Run } from '../tools/run-named.ts'
import { fillStatements } from './aggregate/fill.ts'
import type { UsersOrder } from './aggregate/users.ts'
import type { LoadOrder, LoadReport } from './ingest/load.ts'

const agents = ['sales', 'support', 'research', 'coding', 'billing']
const rounds = 5
const dayMs = 86_400_000
const shape = { actions: 100, actionsPerExecution: 10, reports: true }

interface Options {
  readonly actions: number
  readonly days: number
  readonly seconds: number
}

/**
 * One day of `--actions` (1,000,000) aggregated from nothing: daily metrics counted from the stored rows and written, on
 * both stores. On PostgreSQL also the questions of the dashboard over `--days` (10) such days, and the same while 100
 * people watch live and ingest runs at half of what was measured before, for `--seconds` (30). `--store` runs one alone.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      store: { type: 'string' },
      actions: { type: 'string', default: '1000000' },
      days: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '30' },
    },
  })
  const options = { actions: Number(values.actions), days: Number(values.days), seconds: Number(values.seconds) }
  const result: Record<string, unknown> = {}
  for (const [store, measure] of Object.entries({ postgres: onPostgres, pglite: onPglite })) {
    if (values.store !== undefined && values.store !== store) continue
    result[store] = await measure(options)
    console.log(store, result[store], `load average ${loadavg().map((load) => load.toFixed(1))}`)
  }
  return { passed: Object.keys(result).length, failed: 0, result }
}

const dayBack = (days: number) => new Date(Date.now() - days * dayMs).toISOString().slice(0, 10)

async function onPglite(options: Options) {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  const port = await freePort()
  const environment = { METAAGENT_DATA_DIR: folder, METAAGENT_PORT: String(port), METAAGENT_LOG_LEVEL: 'error' }
  const running = await startMetaAgent(readConfig({ ...process.env, ...environment, METAAGENT_RATE_LIMIT: 'false' }))
  try {
    const { organizationId, composed } = running
    const { deps } = composed
    const agentIds = agents.map((_, number) => `01900000-0000-7000-8000-00000000000${number}`)
    for (const statement of fillStatements({ organizationId, agentIds }, dayBack(1), options.actions))
      await deps.store.transaction(
        { organizationId },
        async (tx) => await tx.tables().executeQuery(rawQuery(statement)),
        {
          statementTimeoutMs: 600_000,
        },
      )
    const durations: number[] = []
    for (let round = 0; round < rounds; round++) {
      const startedMs = performance.now()
      const counted = await recountDay(deps, { organizationId }, dayBack(1))
      durations.push(performance.now() - startedMs)
      if (!counted.ok || counted.value.rows === 0) throw new Error('the day was not counted')
    }
    return { dailyMs: Math.round(median(durations)) }
  } finally {
    await running.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const rawQuery = (statement: string) => ({
  sql: statement,
  parameters: [],
  query: { kind: 'RawNode' as const, sqlFragments: [statement], parameters: [] },
  queryId: { queryId: 'bench' },
})

async function onPostgres(options: Options) {
  const cluster = await startPostgresCluster({
    durable: true,
    settings: { shared_buffers: '1GB', max_wal_size: '8GB', checkpoint_timeout: '15min' },
  })
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  let server: Server | null = null
  try {
    const database = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(database.url), collectMigrations())
    server = await startServer({
      METAAGENT_DATA_DIR: folder,
      METAAGENT_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      DATABASE_URL: await database.asLogin('bench', 'in role metaagent_app'),
    })
    const agentIds = await introduceAgents(server)
    await fillDays(database.url, { organizationId: server.organizationId, agentIds }, options)
    const dailyMs = await daily(server)
    const queryP95Ms = await questionsP95(server, agentIds, 300, 0)
    console.log(`a day in ${dailyMs} ms, questions p95 ${queryP95Ms} ms over ${options.days * options.actions} actions`)
    const loaded = await underLoad(server, agentIds, options.seconds)
    return { dailyMs, queryP95Ms, ...loaded }
  } finally {
    await server?.end()
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Server {
  readonly url: string
  readonly port: number
  readonly key: string
  readonly organizationId: string
  end(): Promise<void>
}

async function startServer(environment: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort()
  const settings = { METAAGENT_PORT: String(port), METAAGENT_LOG_LEVEL: 'error', METAAGENT_RATE_LIMIT: 'false' }
  const child = fork(join(import.meta.dirname, 'ingest/server.ts'), {
    env: { ...process.env, ...environment, ...settings },
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"key"')) resolve(chunk.toString())
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const { key, organizationId } = JSON.parse(line) as { key: string; organizationId: string }
  const end = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  return { url: `http://127.0.0.1:${port}`, port, key, organizationId, end }
}

/** Registers the agents by one run each, so that pages know their names. */
async function introduceAgents(server: Server): Promise<readonly string[]> {
  const at = new Date(Date.now() - 60_000).toISOString()
  const executions = agents.map((agent, number) => ({
    executionId: `bench${number}`
      .split('')
      .map((letter) => letter.charCodeAt(0).toString(16))
      .join('')
      .padStart(32, '0'),
    agent,
    environment: 'production',
    status: 'success',
    startedAt: at,
    endedAt: at,
  }))
  const reply = await fetch(`${server.url}/api/v1/telemetry`, {
    method: 'POST',
    headers: { ...asBench(server), 'content-type': 'application/json' },
    body: JSON.stringify({ executions, actions: [] }),
  })
  if (reply.status !== 200) throw new Error(await reply.text())
  const listed = await fetch(`${server.url}/api/v1/agents`, { headers: asBench(server) })
  const { items } = (await listed.json()) as { items: { agentId: string }[] }
  return items.map(({ agentId }) => agentId)
}

const asBench = ({ key }: Server) => ({ authorization: `Bearer ${key}` })

async function fillDays(
  url: string,
  target: { organizationId: string; agentIds: readonly string[] },
  options: Options,
) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const startedMs = performance.now()
    await client.query('set synchronous_commit = off')
    for (let days = options.days; days > 0; days--)
      for (const statement of fillStatements(target, dayBack(days), options.actions)) await client.query(statement)
    await client.query('analyze agent_executions, agent_execution_logs, agent_rollups, agent_rollup_latencies')
    console.log(`${options.days} days filled in ${Math.round((performance.now() - startedMs) / 1000)} s`)
  } finally {
    await client.end()
  }
}

async function daily(server: Server): Promise<number> {
  const durations: number[] = []
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now()
    const reply = await fetch(`${server.url}/api/v1/performance-metrics/recounts`, {
      method: 'POST',
      headers: { ...asBench(server), 'content-type': 'application/json' },
      body: JSON.stringify({ day: dayBack(1) }),
    })
    const body = (await reply.json()) as { rows?: number }
    durations.push(performance.now() - startedMs)
    if (reply.status !== 200 || body.rows === 0) throw new Error(`the day was not counted: ${JSON.stringify(body)}`)
  }
  return Math.round(median(durations))
}

/** What pages ask, one after the other; with a pause between two when people are to be imitated. */
async function questionsP95(
  server: Server,
  agentIds: readonly string[],
  count: number,
  pauseMs: number,
): Promise<number> {
  const questions = agentIds.flatMap((agentId) => [
    '/api/v1/fleet/health?window=24h',
    '/api/v1/fleet/health?window=7d&environment=production',
    '/api/v1/executions?limit=100',
    `/api/v1/executions?limit=100&agentId=${agentId}`,
    '/api/v1/executions?limit=100&status=failure',
    `/api/v1/agents/${agentId}/health?window=24h`,
    `/api/v1/agents/${agentId}/health/series?from=${dayBack(2)}T00:00:00Z&to=${dayBack(1)}T00:00:00Z`,
    `/api/v1/agents/${agentId}/performance?days=28`,
    '/api/v1/performance-metrics?limit=100',
  ])
  const durations: number[] = []
  const byQuestion = new Map<string, readonly number[]>()
  for (let number = 0; number < count; number++) {
    const path = questions[number % questions.length] ?? ''
    const startedMs = performance.now()
    const reply = await fetch(`${server.url}${path}`, { headers: asBench(server) })
    await reply.arrayBuffer()
    // The first round warms up caches and plans, as a server has them.
    if (number >= questions.length) {
      const durationMs = performance.now() - startedMs
      const kind = path.replace(/[0-9a-f-]{36}/, ':agentId')
      durations.push(durationMs)
      byQuestion.set(kind, [...(byQuestion.get(kind) ?? []), durationMs])
    }
    if (reply.status !== 200) throw new Error(`${path}: ${reply.status}`)
    if (pauseMs > 0) await pause(pauseMs)
  }
  const slowest = [...byQuestion].map(([kind, all]) => [kind, Math.round(median(all) * 10) / 10] as const)
  slowest.sort(([, one], [, other]) => other - one)
  console.log('medians in ms:', Object.fromEntries(slowest))
  return Math.round(quantile(durations, 0.95) * 10) / 10
}

async function underLoad(server: Server, agentIds: readonly string[], seconds: number) {
  const most = await measuredMaximum(server)
  const users = fork(join(import.meta.dirname, 'aggregate/users.ts'), {
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    const order: UsersOrder = { url: server.url, key: server.key, streams: 100, actionsPerSecond: most / 2 }
    const running = answer(users)
    users.send(order)
    await running
    // A hundred people who each ask something every five seconds.
    const loadedApiP95Ms = await questionsP95(server, agentIds, seconds * 20, 50)
    const stopped = answer(users)
    users.send('stop')
    const { actionsPerSecond, refused, events } = (await stopped) as Record<string, number>
    return { loadedApiP95Ms, maxActionsPerSecond: most, loadedActionsPerSecond: actionsPerSecond, refused, events }
  } finally {
    users.kill()
  }
}

async function measuredMaximum(server: Server): Promise<number> {
  const sender = fork(join(import.meta.dirname, 'ingest/load.ts'), {
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    const send = async (duration: number) => {
      const report = answer(sender)
      const order: LoadOrder = { port: server.port, key: server.key, connections: 8, shape, seconds: duration }
      sender.send(order)
      return (await report) as LoadReport
    }
    await send(4)
    const { actions, seconds } = await send(8)
    return Math.round(actions / seconds)
  } finally {
    sender.kill()
  }
}

const answer = (child: ChildProcess) => new Promise<unknown>((resolve) => child.once('message', resolve))

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN
}

const median = (values: readonly number[]) => quantile(values, 0.5)

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}
