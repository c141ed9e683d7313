import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createStoreLeases } from '../packages/server/src/adapters/leases/store-leases.ts'
import { openPglite } from '../packages/server/src/adapters/pglite/open.ts'
import { openPostgres } from '../packages/server/src/adapters/postgres/postgres-store.ts'
import { openSchemaOwner } from '../packages/server/src/adapters/postgres/schema-owner.ts'
import { migrate } from '../packages/server/src/adapters/schema/migrate.ts'
import { systemClock } from '../packages/server/src/adapters/system/system-clock.ts'
import { collectMigrations } from '../packages/server/src/app/migrations.ts'
import type { Store } from '../packages/server/src/ports/store.ts'
import { journalHints } from '../packages/server/src/slices/govern/journal/index.ts'
import { ledgerSlice, sequenceNow } from '../packages/server/src/slices/govern/ledger/index.ts'
import { MemoryLog } from '../packages/server/src/testkit/memory-log.ts'
import { startPostgresCluster } from '../packages/server/src/testkit/postgres-cluster.ts'
import { createTestDeps } from '../packages/server/src/testkit/test-deps.ts'
import { createEmptyDatabase } from '../packages/server/src/testkit/test-stores.ts'
import { createJobRunner } from '../packages/server/src/worker/jobs.ts'
import type { Run } from '../tools/run-named.ts'
import { businessTables, lagsOf, openAccounts, type Transfer, transfer, watchCheckpoints } from './ledger/business.ts'
import { run as verifyMillion } from './verify.ts'

const clients = 32
/** What must be reached: share of the plain transactions, lag of the checkpoint, time for a million entries. */
const aims = { ratioToPlain: 0.6, checkpointLagP99Ms: 1_000, verifyMillionMs: 10_000 }

/**
 * A business transaction (two updates, one insert) that journals a decision, from 32 clients while the sequencer runs,
 * beside the same transaction without the decision, in alternating rounds; and how long a million entries take to verify.
 * Both stores acknowledge after the disk has it. `--rounds 3 --seconds 5 --store postgres|pglite --no-verify`.
 */
export const run: Run = async (asked) => {
  const { values } = parseArgs({
    args: [...asked.args],
    allowNegative: true,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      store: { type: 'string', default: 'both' },
      verify: { type: 'boolean', default: true },
    },
  })
  const plan = { rounds: Number(values.rounds), roundMs: Number(values.seconds) * 1_000 }
  console.log(`load ${loadavg()[0]?.toFixed(1)} before`)
  const measured: Record<string, Figures> = {}
  if (values.store !== 'pglite') measured['postgres'] = await onPostgres(plan)
  if (values.store !== 'postgres') measured['pglite'] = await onPglite(plan)
  const verifyMillionMs = values.verify ? await timeOfMillion(asked) : null
  const result = Object.fromEntries(
    Object.entries(measured).map(([name, figures]) => [name, { ...figures, verifyMillionMs }]),
  )
  for (const [name, figures] of Object.entries(result)) console.log(sentence(name, figures))
  const failed = Object.values(result).filter((figures) => !isGood(figures)).length
  return { passed: Object.keys(result).length - failed, failed, result }
}

interface Plan {
  readonly rounds: number
  readonly roundMs: number
}

interface Figures {
  readonly appendsPerSecond: number
  readonly plainPerSecond: number
  readonly ratioToPlain: number
  readonly ratios: readonly number[]
  readonly checkpointLagP50Ms: number
  readonly checkpointLagP99Ms: number
  readonly sequenced: number
}

type Complete = Figures & { readonly verifyMillionMs: number | null }

function isGood({ ratioToPlain, checkpointLagP99Ms, verifyMillionMs }: Complete): boolean {
  return (
    ratioToPlain >= aims.ratioToPlain &&
    checkpointLagP99Ms <= aims.checkpointLagP99Ms &&
    (verifyMillionMs === null || verifyMillionMs <= aims.verifyMillionMs)
  )
}

function sentence(name: string, figures: Complete): string {
  const { appendsPerSecond, plainPerSecond, ratioToPlain, ratios, checkpointLagP99Ms, verifyMillionMs } = figures
  return (
    `${name}: ${appendsPerSecond}/s with a decision, ${plainPerSecond}/s without, ratio ${ratioToPlain} (rounds ${ratios.join(', ')}), ` +
    `checkpoint lag p99 ${checkpointLagP99Ms} ms, a million entries verified in ${verifyMillionMs ?? 'unknown'} ms`
  )
}

async function timeOfMillion(asked: Parameters<Run>[0]): Promise<number | null> {
  const { result } = await verifyMillion({ ...asked, args: [] })
  const { exportMs } = result as { readonly exportMs?: number }
  return exportMs ?? null
}

async function onPostgres(plan: Plan): Promise<Figures> {
  const cluster = await startPostgresCluster({ durable: true, settings: { max_wal_size: '4GB' } })
  try {
    const database = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(database.url), [...collectMigrations(), businessTables])
    const connectionString = await database.asLogin('bench', 'in role metaagent_app')
    const store = await openPostgres({ connectionString, log: new MemoryLog(), poolSize: clients + 4 })
    try {
      return await measure(store, plan)
    } finally {
      await store.close()
    }
  } finally {
    await cluster.stop()
  }
}

async function onPglite(plan: Plan): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-ledger-'))
  const store = await openPglite({ folder, log: new MemoryLog() })
  try {
    await migrate(store, [...collectMigrations(), businessTables])
    return await measure(store, plan)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(store: Store, plan: Plan): Promise<Figures> {
  const deps = createTestDeps(store, { clock: systemClock })
  const organizationId = deps.ids.uuid()
  await openAccounts(store, organizationId)
  const jobs = createJobRunner(deps, ledgerSlice.jobs, createStoreLeases(store), deps.ids.uuid())
  const stopHints = await store.listen(journalHints, () => jobs.hint())
  jobs.start()
  const committed: Transfer[] = []
  const watcher = watchCheckpoints(store, organizationId)
  const counts: { plain: number; journaled: number }[] = []
  try {
    await produce(1_500, () => transfer(deps, organizationId, true))
    await produce(1_500, () => transfer(deps, organizationId, false))
    for (let round = 0; round < plan.rounds; round++) {
      const plain = await produce(plan.roundMs, () => transfer(deps, organizationId, false))
      const journaled = await produce(plan.roundMs, async () => {
        committed.push(await transfer(deps, organizationId, true))
      })
      counts.push({ plain, journaled })
    }
    await sequenceNow(deps)
    await watcher.seenAll()
  } finally {
    await watcher.stop()
    await stopHints()
    await jobs.stop()
  }
  const sum = (of: (round: (typeof counts)[number]) => number) => counts.reduce((all, round) => all + of(round), 0)
  const seconds = (plan.rounds * plan.roundMs) / 1_000
  const lags = await lagsOf(store, organizationId, committed, watcher.seen)
  return {
    appendsPerSecond: Math.round(sum(({ journaled }) => journaled) / seconds),
    plainPerSecond: Math.round(sum(({ plain }) => plain) / seconds),
    ratioToPlain: round2(sum(({ journaled }) => journaled) / sum(({ plain }) => plain)),
    ratios: counts.map(({ plain, journaled }) => round2(journaled / plain)),
    checkpointLagP50Ms: Math.round(lags[Math.floor(lags.length * 0.5)] ?? Number.NaN),
    checkpointLagP99Ms: Math.round(lags[Math.floor(lags.length * 0.99)] ?? Number.NaN),
    sequenced: lags.length,
  }
}

/** Runs one transaction after another in 32 loops for a time; returns how many were acknowledged. */
async function produce(forMs: number, once: () => Promise<unknown>): Promise<number> {
  const endAt = performance.now() + forMs
  let done = 0
  const loop = async () => {
    while (performance.now() < endAt) {
      await once()
      done++
    }
  }
  await Promise.all(Array.from({ length: clients }, loop))
  return done
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
