import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { systemClock } from '../packages/server/src/adapters/system/system-clock.ts'
import { collectMigrations } from '../packages/server/src/app/migrations.ts'
import type { Deps } from '../packages/server/src/ports/slice.ts'
import type { Store } from '../packages/server/src/ports/store.ts'
import { createOrganization } from '../packages/server/src/slices/govern/identity/index.ts'
import { findWords, searchSlice } from '../packages/server/src/slices/observe/search/index.ts'
import { storeTelemetry } from '../packages/server/src/slices/observe/telemetry/index.ts'
import { startPostgresCluster } from '../packages/server/src/testkit/postgres-cluster.ts'
import { createTestDeps } from '../packages/server/src/testkit/test-deps.ts'
import { openPgliteTestStore, openPostgresTestStore } from '../packages/server/src/testkit/test-stores.ts'
import type { Run } from '../tools/run-named.ts'
import { batchTemplate, renew } from './ingest/batches.ts'
import { askStored } from './search/stored.ts'

const shape = { actions: 500, actionsPerExecution: 10, reports: true }
const executionsPerBatch = shape.actions / shape.actionsPerExecution

/**
 * What it costs to make an ended execution of 10 steps of 1 kB searchable, in processor time of this process and of the
 * database, on both stores; and how long questions take over `--stored` (200,000) executions. `--executions 2000 --store
 * postgres|pglite`.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      executions: { type: 'string', default: '2000' },
      store: { type: 'string' },
      stored: { type: 'string', default: '200000' },
    },
  })
  const plan = { executions: Number(values.executions), stored: Number(values.stored) }
  const result: Record<string, unknown> = {}
  if (values.store !== 'postgres') result['pglite'] = await onPglite(plan)
  if (values.store !== 'pglite') result['postgres'] = await onPostgres(plan)
  for (const [store, figures] of Object.entries(result))
    console.log(store, JSON.stringify(figures), `load average ${loadavg().map((load) => load.toFixed(1))}`)
  return { passed: Object.keys(result).length, failed: 0, result }
}

interface Plan {
  readonly executions: number
  readonly stored: number
}

async function onPglite(plan: Plan) {
  const opened = await openPgliteTestStore({ migrations: collectMigrations() })
  try {
    return await measure(opened.store, plan)
  } finally {
    await opened.close()
  }
}

async function onPostgres(plan: Plan) {
  const cluster = await startPostgresCluster({})
  try {
    const opened = await openPostgresTestStore(cluster.url, { migrations: collectMigrations() })
    try {
      return await measure(opened.store, plan)
    } finally {
      await opened.close()
    }
  } finally {
    await cluster.stop()
  }
}

async function measure(store: Store, { executions, stored }: Plan) {
  const deps: Deps = { ...createTestDeps(store, { clock: systemClock }), findWords }
  await fill(deps, executions)
  const before = await usedMs(store)
  const startedMs = performance.now()
  for (const job of searchSlice.jobs) await job.run(deps)
  const wallMs = performance.now() - startedMs
  const after = await usedMs(store)
  const perExecution = (ms: number) => Math.round((ms / executions) * 1_000)
  return {
    wallUs: perExecution(wallMs),
    processUs: perExecution(after.processMs - before.processMs),
    databaseUs: perExecution(after.databaseMs - before.databaseMs),
    ...(stored === 0 ? {} : { questions: await askStored(deps, stored) }),
  }
}

async function fill(deps: Deps, executions: number): Promise<void> {
  const asked = { name: 'Bench', adminEmail: 'bench@example.org', adminName: null }
  const { organizationId } = await deps.store.transaction('deployment', (tx) =>
    createOrganization(deps, tx, { ...asked, actor: { kind: 'system', id: 'bench' } }),
  )
  for (let batch = 0; batch * executionsPerBatch < executions; batch++) {
    const template = batchTemplate(shape, batch, Date.now())
    renew(template, batch)
    const stored = await storeTelemetry(deps, organizationId, JSON.parse(template.bytes.toString()))
    if (!stored.ok || stored.value.rejected.length > 0) throw new Error(JSON.stringify(stored).slice(0, 500))
  }
}

/** Processor time of this process, and of the backends that serve it. */
async function usedMs(store: Store): Promise<{ processMs: number; databaseMs: number }> {
  const { user, system } = process.cpuUsage()
  const processMs = (user + system) / 1_000
  if (store.kind === 'pglite') return { processMs, databaseMs: 0 }
  const { rows } = await store.transaction('deployment', (tx) =>
    sql<{ pid: number }>`select pid from pg_stat_activity where datname = current_database()`.execute(tx.tables()),
  )
  return { processMs, databaseMs: rows.reduce((sum, { pid }) => sum + ticksOf(pid) * 10, 0) }
}

/** User and system time of a process in hundredths of a second (proc(5), fields 14 and 15). */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}
