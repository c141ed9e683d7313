import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { EventPayload } from '@metaagent/contract'
import { createAnchoring } from '../packages/server/src/adapters/anchor/anchoring.ts'
import { createLexicalEmbedder } from '../packages/server/src/adapters/embedder/lexical.ts'
import { createNotifier } from '../packages/server/src/adapters/notify/notifier.ts'
import { openPglite } from '../packages/server/src/adapters/pglite/open.ts'
import { openPostgres } from '../packages/server/src/adapters/postgres/postgres-store.ts'
import { openSchemaOwner } from '../packages/server/src/adapters/postgres/schema-owner.ts'
import { migrate } from '../packages/server/src/adapters/schema/migrate.ts'
import { createSecrets } from '../packages/server/src/adapters/secrets/master-key.ts'
import { systemClock } from '../packages/server/src/adapters/system/system-clock.ts'
import { systemRandom } from '../packages/server/src/adapters/system/system-random.ts'
import { uuidV7 } from '../packages/server/src/adapters/system/uuid-v7.ts'
import { collectMigrations } from '../packages/server/src/app/migrations.ts'
import { refuse } from '../packages/server/src/kernel/result.ts'
import type { Deps, Subscription } from '../packages/server/src/ports/slice.ts'
import type { Store } from '../packages/server/src/ports/store.ts'
import { append, createJournalWorker } from '../packages/server/src/slices/govern/journal/index.ts'
import { MemoryLog } from '../packages/server/src/testkit/memory-log.ts'
import { insertPlainEvent, journaledIds, plainEventsTable } from '../packages/server/src/testkit/plain-events.ts'
import { startPostgresCluster } from '../packages/server/src/testkit/postgres-cluster.ts'
import { testSettings } from '../packages/server/src/testkit/test-deps.ts'
import { createEmptyDatabase } from '../packages/server/src/testkit/test-stores.ts'
import { createPacer } from '../packages/server/src/worker/pacer.ts'
import type { Run } from '../tools/run-named.ts'

const producers = 32
const slowMs = 20
const type = 'processing_metrics'
const actor = { kind: 'system', id: 'bench' } as const

/**
 * Durable events per second, one transaction each, from 32 producers, while four fast subscribers and one that takes
 * 20 ms an event read along; beside the same transactions with a plain insert of the same rows and no subscriber, in
 * alternating rounds. Both stores acknowledge after the disk has it. `--rounds 3 --seconds 5 --store postgres|pglite`.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      store: { type: 'string', default: 'both' },
    },
  })
  const plan = { rounds: Number(values.rounds), roundMs: Number(values.seconds) * 1_000 }
  const result: Record<string, Figures> = {}
  if (values.store !== 'pglite') result['postgres'] = await onPostgres(plan)
  if (values.store !== 'postgres') result['pglite'] = await onPglite(plan)
  for (const [name, figures] of Object.entries(result)) console.log(sentence(name, figures))
  const figures = Object.values(result)
  const failed = figures.filter(({ lost }) => lost > 0).length
  return { passed: figures.length - failed, failed, result }
}

interface Plan {
  readonly rounds: number
  readonly roundMs: number
}

interface Figures {
  readonly eventsPerSecond: number
  readonly plainInsertsPerSecond: number
  readonly ratioToPlainInsert: number
  readonly lost: number
  readonly twice: number
  readonly fastLagP50Ms: number
  readonly fastLagP99Ms: number
  readonly slowDelivered: number
  readonly ratios: readonly number[]
}

function sentence(name: string, figures: Figures): string {
  const { eventsPerSecond, plainInsertsPerSecond, ratioToPlainInsert, lost, fastLagP99Ms } = figures
  return (
    `${name}: ${eventsPerSecond} events/s, plain inserts ${plainInsertsPerSecond}/s, ratio ${ratioToPlainInsert} ` +
    `(rounds ${figures.ratios.join(', ')}), fast lag p50 ${figures.fastLagP50Ms} ms p99 ${fastLagP99Ms} ms, lost ${lost}`
  )
}

async function onPostgres(plan: Plan): Promise<Figures> {
  const cluster = await startPostgresCluster({ durable: true, settings: { max_wal_size: '4GB' } })
  try {
    const database = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(database.url), [...collectMigrations(), plainEventsTable])
    const connectionString = await database.asLogin('bench', 'in role metaagent_app')
    const store = await openPostgres({ connectionString, log: new MemoryLog(), poolSize: producers + 8 })
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
    await migrate(store, [...collectMigrations(), plainEventsTable])
    return await measure(store, plan)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(store: Store, plan: Plan): Promise<Figures> {
  const deps = depsOf(store)
  const organizationId = deps.ids.uuid()
  const readers = new Readers(store.kind)
  const subscriptions = [...readers.fast.map(({ subscription }) => subscription), readers.slow]
  await createJournalWorker(deps, subscriptions).runOnce()
  const rounds: { plain: number; journal: number }[] = []
  const warmUp = { rounds: 1, roundMs: 1_500 }
  let committed = await produce(warmUp.roundMs, () => appendOne(deps, readers, organizationId))
  await produce(warmUp.roundMs, () => plainOne(deps, organizationId))
  for (let round = 0; round < plan.rounds; round++) {
    const plain = await produce(plan.roundMs, () => plainOne(deps, organizationId))
    const worker = createJournalWorker(deps, subscriptions)
    worker.start()
    await readers.caughtUp(committed)
    readers.measuring = true
    const journal = await produce(plan.roundMs, () => appendOne(deps, readers, organizationId))
    committed += journal
    await readers.caughtUp(committed)
    readers.measuring = false
    await worker.stop()
    rounds.push({ plain, journal })
  }
  const sum = (of: (round: { plain: number; journal: number }) => number) => rounds.reduce((all, r) => all + of(r), 0)
  const seconds = (plan.rounds * plan.roundMs) / 1_000
  const lags = readers.fast.flatMap(({ lagsMs }) => lagsMs).sort((a, b) => a - b)
  return {
    eventsPerSecond: Math.round(sum(({ journal }) => journal) / seconds),
    plainInsertsPerSecond: Math.round(sum(({ plain }) => plain) / seconds),
    ratioToPlainInsert: round2(sum(({ journal }) => journal) / sum(({ plain }) => plain)),
    ...(await countLost(store, organizationId, readers)),
    fastLagP50Ms: Math.round(lags[Math.floor(lags.length * 0.5)] ?? Number.NaN),
    fastLagP99Ms: Math.round(lags[Math.floor(lags.length * 0.99)] ?? Number.NaN),
    slowDelivered: readers.slowDelivered,
    ratios: rounds.map(({ plain, journal }) => round2(journal / plain)),
  }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

function depsOf(store: Store): Deps {
  return {
    store,
    clock: systemClock,
    ids: uuidV7(systemClock, systemRandom),
    random: systemRandom,
    log: new MemoryLog(),
    secrets: createSecrets(systemRandom.bytes(32)),
    settings: testSettings(tmpdir()),
    writeRollups: async () => {},
    writeCosts: () => {},
    recordJudgments: async () => ({ accepted: 0, duplicates: 0 }),
    readVerdicts: async () => [],
    readLatestVerdicts: async () => [],
    readHeldDays: async () => [],
    findHoldOfAddress: async () => null,
    findWords: async () => refuse('invalid-query', 'a bench searches nothing'),
    embedder: createLexicalEmbedder(),
    notifier: createNotifier({ clock: systemClock, allowedNetworks: [] }),
    prober: async () => ({
      kind: 'no-reply',
      reason: 'connection-failed',
      detail: 'a bench calls nobody',
      latencyMs: 0,
    }),
    anchoring: createAnchoring({ clock: systemClock, random: systemRandom, allowedNetworks: [], folder: null }),
    evaluateMapping: async () => ({ ok: false, detail: 'none here', position: null }),
    pacer: createPacer(systemClock),
  }
}

/** Runs one transaction after another in 32 loops for a time; returns how many were acknowledged. */
async function produce(forMs: number, once: () => Promise<void>): Promise<number> {
  const endAt = performance.now() + forMs
  let done = 0
  const loop = async () => {
    while (performance.now() < endAt) {
      await once()
      done++
    }
  }
  await Promise.all(Array.from({ length: producers }, loop))
  return done
}

const payload: EventPayload<typeof type> = {
  agentId: '01900000-0000-7000-8000-000000000001',
  window: '1m',
  windowStartAt: '2026-01-05T00:00:00.000Z',
  executions: 120,
  successRate: 0.958,
  latencyP95Ms: 1830,
  costNanoUsd: 41_250_000,
  score: 91.4,
}
const subject = `agent/${payload.agentId}`

async function appendOne(deps: Deps, readers: Readers, organizationId: string): Promise<void> {
  const beganMs = performance.now()
  await deps.store.transaction({ organizationId }, async (tx) => {
    const [event] = await append(deps, tx, [{ type, subject, actor, payload }])
    if (event !== undefined) readers.began(event.eventId, beganMs)
  })
}

async function plainOne(deps: Deps, organizationId: string): Promise<void> {
  const event = { eventId: deps.ids.uuid(), type, subject, actor, payload, occurredAt: new Date(deps.clock.now()) }
  await deps.store.transaction({ organizationId }, (tx) => insertPlainEvent(tx, event))
}

interface FastReader {
  readonly subscription: Subscription
  readonly seen: Map<string, number>
  readonly lagsMs: number[]
}

/** The five subscribers, and what they saw. */
class Readers {
  measuring = false
  slowDelivered = 0
  readonly #beganMs = new Map<string, number>()
  readonly fast: readonly FastReader[] = Array.from({ length: 4 }, (_, at) => this.#fast(`fast ${at}`))
  readonly slow: Subscription

  /**
   * The slow one takes its 20 ms inside the delivery's transaction, which is the harder case, or outside of it
   * (`prepare`) on the embedded store: that has one session, and a transaction that sleeps would stop everybody.
   */
  constructor(kind: Store['kind']) {
    const wait = async () => await new Promise<void>((resolve) => setTimeout(resolve, slowMs))
    this.slow = {
      name: 'slow',
      pattern: '*',
      ...(kind === 'pglite' ? { prepare: wait } : {}),
      handle: async () => {
        if (kind === 'postgres') await wait()
        this.slowDelivered++
      },
    }
  }

  began(eventId: string, atMs: number): void {
    this.#beganMs.set(eventId, atMs)
  }

  #fast(name: string): FastReader {
    const seen = new Map<string, number>()
    const lagsMs: number[] = []
    const handle: Subscription['handle'] = async (_deps, _tx, { eventId }) => {
      seen.set(eventId, (seen.get(eventId) ?? 0) + 1)
      const beganMs = this.#beganMs.get(eventId)
      if (this.measuring && beganMs !== undefined) lagsMs.push(performance.now() - beganMs)
    }
    return { subscription: { name, pattern: '*', handle }, seen, lagsMs }
  }

  /** Waits until the fast ones have seen this many events; gives up after a minute, and the loss is counted. */
  async caughtUp(events: number): Promise<void> {
    const giveUpAt = performance.now() + 60_000
    while (this.fast.some(({ seen }) => seen.size < events) && performance.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** Events that are committed and that a fast subscriber did not see, or saw twice. */
async function countLost(
  store: Store,
  organizationId: string,
  readers: Readers,
): Promise<{ lost: number; twice: number }> {
  const ids = await store.transaction({ organizationId }, journaledIds)
  const count = (wrong: (times: number | undefined) => boolean) =>
    readers.fast.reduce((sum, { seen }) => sum + ids.filter((id) => wrong(seen.get(id))).length, 0)
  return { lost: count((times) => times === undefined), twice: count((times) => (times ?? 0) > 1) }
}
