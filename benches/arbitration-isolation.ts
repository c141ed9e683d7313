import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { JournalEvent } from '@metaagent/contract'
import { openPglite } from '../packages/server/src/adapters/pglite/open.ts'
import { openPostgres } from '../packages/server/src/adapters/postgres/postgres-store.ts'
import { openSchemaOwner } from '../packages/server/src/adapters/postgres/schema-owner.ts'
import { migrate } from '../packages/server/src/adapters/schema/migrate.ts'
import { systemClock } from '../packages/server/src/adapters/system/system-clock.ts'
import { collectMigrations } from '../packages/server/src/app/migrations.ts'
import { slices } from '../packages/server/src/app/slices.ts'
import type { Deps, Subscription } from '../packages/server/src/ports/slice.ts'
import type { Store, Tx } from '../packages/server/src/ports/store.ts'
import { append, createJournalWorker } from '../packages/server/src/slices/govern/journal/index.ts'
import { registerTunables } from '../packages/server/src/slices/govern/tunables/index.ts'
import { coordinationSlice } from '../packages/server/src/slices/judge/coordination/index.ts'
import { MemoryLog } from '../packages/server/src/testkit/memory-log.ts'
import { startPostgresCluster } from '../packages/server/src/testkit/postgres-cluster.ts'
import { createTestDeps } from '../packages/server/src/testkit/test-deps.ts'
import { createEmptyDatabase } from '../packages/server/src/testkit/test-stores.ts'
import type { Run } from '../tools/run-named.ts'

const actor = { kind: 'system', id: 'bench' } as const
const sleepMs = 1_000
/** What other subscribers may cost an arbitration. */
const ratioMax = 1.2

/**
 * From the transaction of two contradicting verdicts to the commit of their arbitration, beside a subscriber that sleeps a
 * second for each event and one that always throws, and without them, in alternating rounds of one run. The arm without
 * them is measured twice, and its ratio to itself printed beside: on a machine that does other things both are noise.
 * Many short rounds, so that whatever else the machine does meets both arms alike.
 * `--rounds 20 --seconds 2 --items 40 --store postgres|pglite`: so many items a second.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '2' },
      items: { type: 'string', default: '40' },
      store: { type: 'string', default: 'both' },
    },
  })
  const plan = {
    rounds: Number(values.rounds),
    roundMs: Number(values.seconds) * 1_000,
    itemsPerSecond: Number(values.items),
  }
  const result: Record<string, Figures> = {}
  if (values.store !== 'pglite') result['postgres'] = await onPostgres(plan)
  if (values.store !== 'postgres') result['pglite'] = await onPglite(plan)
  for (const [name, { alone, beside, ratioP99, ratioP99OfNothing, lost, thrown }] of Object.entries(result))
    console.log(
      `${name}: alone p50 ${alone.p50Ms} p99 ${alone.p99Ms} ms, beside a sleeper and a thrower p50 ${beside.p50Ms} p99 ${beside.p99Ms} ms, ratio ${ratioP99} (alone to itself ${ratioP99OfNothing}); ${alone.count + beside.count} arbitrations, lost ${lost}; thrown ${thrown} times`,
    )
  const figures = Object.values(result)
  const failed = figures.filter(({ lost, ratioP99 }) => lost > 0 || !(ratioP99 <= ratioMax)).length
  return { passed: figures.length - failed, failed, result }
}

interface Plan {
  readonly rounds: number
  readonly roundMs: number
  readonly itemsPerSecond: number
}

interface Lags {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
}

interface Figures {
  readonly alone: Lags
  readonly beside: Lags
  readonly ratioP99: number
  /** Of the same arm to itself: what the machine does by the way. Far from 1 the other ratio says nothing. */
  readonly ratioP99OfNothing: number
  readonly lost: number
  readonly thrown: number
}

async function onPostgres(plan: Plan): Promise<Figures> {
  const cluster = await startPostgresCluster({ durable: true })
  try {
    const database = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(database.url), collectMigrations())
    const connectionString = await database.asLogin('bench', 'in role metaagent_app')
    const store = await openPostgres({ connectionString, log: new MemoryLog(), poolSize: 10 })
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
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  const store = await openPglite({ folder, log: new MemoryLog() })
  try {
    await migrate(store, collectMigrations())
    return await measure(store, plan)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(store: Store, plan: Plan): Promise<Figures> {
  registerTunables(slices.flatMap((slice) => slice.tunables ?? []))
  const deps = createTestDeps(store, { clock: systemClock, seed: 7 })
  const organizationId = deps.ids.uuid()
  const watch = new Watch()
  const others = new Others()
  const arms = [
    { lags: [] as number[], subscriptions: [watch.engine] },
    { lags: [] as number[], subscriptions: [watch.engine] },
    { lags: [] as number[], subscriptions: [watch.engine, others.sleeper, others.thrower] },
  ]
  // The first round warms up and counts in neither arm.
  let sent = 0
  for (let round = 0; round <= plan.rounds; round++)
    for (const { lags, subscriptions } of [...arms.slice(round % 3), ...arms.slice(0, round % 3)]) {
      const worker = createJournalWorker(deps, subscriptions)
      worker.start()
      // Until the first is decided the worker is still taking its lanes: that one is not counted.
      await sayBoth(deps, organizationId, watch)
      await watch.caughtUp(++sent)
      watch.take()
      sent += await produce(deps, organizationId, watch, plan)
      await watch.caughtUp(sent)
      await worker.stop()
      const seen = watch.take()
      if (round > 0) lags.push(...seen)
    }
  const [first = [], second = [], third = []] = arms.map(({ lags }) => lags)
  const alone = lagsOf([...first, ...second])
  const beside = lagsOf(third)
  const ratioOf = (a: Lags, b: Lags) => Math.round((a.p99Ms / b.p99Ms) * 100) / 100
  return {
    alone,
    beside,
    ratioP99: ratioOf(beside, alone),
    ratioP99OfNothing: ratioOf(lagsOf(second), lagsOf(first)),
    lost: sent - watch.decided,
    thrown: others.thrown,
  }
}

/** Pairs of contradicting verdicts at a steady pace; answers how many pairs. */
async function produce(deps: Deps, organizationId: string, watch: Watch, plan: Plan): Promise<number> {
  const pairs = Math.round((plan.roundMs / 1_000) * plan.itemsPerSecond)
  const startMs = performance.now()
  const pending: Promise<void>[] = []
  for (let at = 0; at < pairs; at++) {
    const dueMs = startMs + (1_000 / plan.itemsPerSecond) * at
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    pending.push(sayBoth(deps, organizationId, watch))
  }
  await Promise.all(pending)
  return pairs
}

async function sayBoth(deps: Deps, organizationId: string, watch: Watch): Promise<void> {
  const id = deps.ids.uuid()
  const beganMs = performance.now()
  await deps.store.transaction({ organizationId }, async (tx) => {
    const events = await append(
      deps,
      tx,
      (['qa_success', 'qa_failure'] as const).map((type, at) => ({
        type,
        subject: `judgment/${id}`,
        actor,
        correlationId: id,
        payload: {
          judgmentId: deps.ids.uuid(),
          subject: { kind: 'artifact', id },
          executionId: null,
          actionId: null,
          metric: 'quality',
          observedAt: new Date(deps.clock.now()).toISOString(),
          score: null,
          scale: null,
          confidence: null,
          order: null,
          judge: `judge ${at}`,
          judgeKind: 'model',
          gold: false,
          synthetic: false,
        },
      })),
    )
    const last = events.at(-1)
    if (last !== undefined) watch.began(last.eventId, beganMs)
  })
}

/** MetaAgent's own subscription of the arbitration engine, and when what it did was committed. */
class Watch {
  decided = 0
  #lagsMs: number[] = []
  readonly #beganMs = new Map<string, number>()
  readonly engine: Subscription

  constructor() {
    const own = coordinationSlice.subscriptions.find(({ name }) => name === 'meta-agent.arbitration')
    if (own?.handleBatch === undefined) throw new Error('MetaAgent hands batches to the arbitration engine')
    const { handle, handleBatch } = own
    this.engine = {
      ...own,
      handle: async (deps, tx, event, prepared) => {
        await handle(deps, tx, event, prepared)
        this.#watch(tx, [event])
      },
      handleBatch: async (deps, tx, events) => {
        await handleBatch(deps, tx, events)
        this.#watch(tx, events)
      },
    }
  }

  began(eventId: string, atMs: number): void {
    this.#beganMs.set(eventId, atMs)
  }

  #watch(tx: Tx, events: readonly JournalEvent[]): void {
    tx.afterCommit(() => {
      for (const { eventId } of events) {
        const beganMs = this.#beganMs.get(eventId)
        if (beganMs === undefined) continue
        this.#beganMs.delete(eventId)
        this.#lagsMs.push(performance.now() - beganMs)
        this.decided++
      }
    })
  }

  take(): readonly number[] {
    const taken = this.#lagsMs
    this.#lagsMs = []
    return taken
  }

  /** Gives up after half a minute; what is missing counts as lost. */
  async caughtUp(items: number): Promise<void> {
    const giveUpAt = performance.now() + 30_000
    while (this.decided < items && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

class Others {
  thrown = 0
  readonly sleeper: Subscription = {
    name: 'bench.sleeper',
    pattern: 'qa_*',
    prepare: async () => {
      await new Promise((resolve) => setTimeout(resolve, sleepMs))
    },
    handle: async () => {},
  }
  readonly thrower: Subscription = {
    name: 'bench.thrower',
    pattern: 'qa_*',
    handle: async () => {
      this.thrown++
      throw new Error('this subscriber always fails')
    },
  }
}

function lagsOf(lags: readonly number[]): Lags {
  const sorted = lags.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round(10 * (sorted[Math.floor(sorted.length * share)] ?? Number.NaN)) / 10
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99) }
}
