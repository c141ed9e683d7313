import { fork } from 'node:child_process'
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
import {
  askInTurn,
  askSteadily,
  type Durations,
  type Question,
  quantile,
  questionsOf,
  tableOf,
} from './aggregate/questions.ts'
import { answerOf, asBench, introduceAgents, knownOf, type Server, startServer } from './aggregate/server.ts'
import type { UsersOrder, UsersReport } from './aggregate/users.ts'
import type { LoadOrder, LoadReport } from './ingest/load.ts'

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
 * people watch live and ingest runs at half of what was measured before, for `--seconds` (30): p50, p95 and p99 per
 * question, how long the event loop was held up, requests per second. `--store` runs one alone.
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
    const agentIds = [0, 1, 2, 3, 4].map((number) => `01900000-0000-7000-8000-00000000000${number}`)
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
    const bare = async () =>
      await deps.store.transaction({ organizationId }, async (tx) => {
        await tx.tables().executeQuery(rawQuery(bareAggregate(organizationId)))
      })
    return { dailyMs: Math.round(quantile(durations, 0.5)), bareAggregateMs: await bareMs(bare) }
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
    const bareAggregateMs = await bareOnPostgres(database.url, server.organizationId)
    const questions = questionsOf(await knownOf(server, agentIds))
    const alone = await askInTurn(server, questions, 3)
    console.log(`one at a time over ${options.days * options.actions} actions:\n${tableOf(alone)}`)
    console.log(`a day in ${dailyMs} ms, a bare aggregate in ${bareAggregateMs} ms`)
    const loaded = await underLoad(server, questions, options.seconds)
    return { dailyMs, bareAggregateMs, queryP95Ms: summaryOf(alone).p95Ms, queries: summaryOf(alone), ...loaded }
  } finally {
    await server?.end()
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

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
    await client.query(
      'analyze agent_executions, agent_execution_logs, agent_rollups, agent_rollup_latencies, cost_rollups',
    )
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
  return Math.round(quantile(durations, 0.5))
}

/** The least that counting a day can take: one pass over its steps by a superuser, for whom no row is asked whose it is. */
const bareAggregate = (organizationId: string) => `
  select agent_id, environment, release_id, count(*), sum(input_tokens), sum(output_tokens), sum(cost_nano_usd)
  from agent_execution_logs where organization_id = '${organizationId}' and started_on = '${dayBack(1)}' group by 1, 2, 3`

async function bareMs(query: () => Promise<unknown>): Promise<number> {
  const durations: number[] = []
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now()
    await query()
    durations.push(performance.now() - startedMs)
  }
  return Math.round(quantile(durations, 0.5))
}

async function bareOnPostgres(url: string, organizationId: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await bareMs(async () => await client.query(bareAggregate(organizationId)))
  } finally {
    await client.end()
  }
}

/** p50, p95 and p99 of all answers, and the kind of question whose p95 is the worst. */
function summaryOf(durations: Durations) {
  const all = [...durations.values()].flat()
  const ms = (value: number) => Math.round(value * 10) / 10
  const [worst] = [...durations].sort(([, one], [, other]) => quantile(other, 0.95) - quantile(one, 0.95))
  return {
    p50Ms: ms(quantile(all, 0.5)),
    p95Ms: ms(quantile(all, 0.95)),
    p99Ms: ms(quantile(all, 0.99)),
    worst: worst === undefined ? null : { kind: worst[0], p95Ms: ms(quantile(worst[1], 0.95)) },
    answers: all.length,
  }
}

async function underLoad(server: Server, questions: readonly Question[], seconds: number) {
  const most = await measuredMaximum(server)
  const users = fork(join(import.meta.dirname, 'aggregate/users.ts'), {
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    const order: UsersOrder = { url: server.url, key: server.key, streams: 100, actionsPerSecond: most / 2 }
    const running = answerOf(users)
    users.send(order)
    await running
    const before = await server.usage()
    const startedMs = performance.now()
    // A hundred people who each ask something every five seconds.
    const durations = await askSteadily(server, questions, { perSecond: 20, seconds })
    const tookMs = performance.now() - startedMs
    const after = await server.usage()
    console.log(`while ${order.streams} streams are open:\n${tableOf(durations)}`)
    const stopped = answerOf(users)
    users.send('stop')
    const { actionsPerSecond, refused, chunks } = (await stopped) as UsersReport
    return {
      loadedApiP95Ms: summaryOf(durations).p95Ms,
      loaded: {
        ...summaryOf(durations),
        requestsPerSecond: Math.round((summaryOf(durations).answers / tookMs) * 1000),
        serverBusyShare: Math.round(((after.cpuMs - before.cpuMs) / tookMs) * 100) / 100,
        eventLoopHeldMs: { p50: after.heldP50Ms, p99: after.heldP99Ms, max: after.heldMaxMs },
        actionsPerSecond,
        maxActionsPerSecond: most,
        refused,
        chunks,
      },
    }
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
      const report = answerOf(sender)
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
