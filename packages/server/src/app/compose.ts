import { createLexicalEmbedder } from '../adapters/embedder/lexical.ts'
import { MappingThread } from '../adapters/mapping/mapping-thread.ts'
import { createHttpProber } from '../adapters/probe/http-prober.ts'
import { createIngestHandler } from '../http/ingest.ts'
import { PrivilegedClientMiddleware } from '../http/privileged-client.ts'
import { createRateLimits } from '../http/rate-limit.ts'
import { defaultLanes, type LaneLimits, RequestLanes } from '../http/request-lanes.ts'
import { createShell, type Shell } from '../http/server.ts'
import type { Anchoring } from '../ports/anchoring.ts'
import type { Clock } from '../ports/clock.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { Ids } from '../ports/ids.ts'
import type { Leases } from '../ports/leases.ts'
import type { Log } from '../ports/log.ts'
import type { Notifier } from '../ports/notifier.ts'
import type { Random } from '../ports/random.ts'
import type { Deps, Secrets, Settings } from '../ports/slice.ts'
import type { Store } from '../ports/store.ts'
import { privilegedRateFactor } from '../slices/act/gateway/index.ts'
import { registerStepExecutors } from '../slices/act/playbooks/index.ts'
import { authenticate, redeemStreamTicket } from '../slices/govern/identity/index.ts'
import { createJournalWorker, journalHints } from '../slices/govern/journal/index.ts'
import { registerTunables } from '../slices/govern/tunables/index.ts'
import { readLatestVerdicts, readVerdicts, recordJudgments } from '../slices/judge/judgments/index.ts'
import { writeCosts } from '../slices/observe/costs/index.ts'
import { writeRollups } from '../slices/observe/health/index.ts'
import { holdOfAddress, readHeldDays, registerPersonal } from '../slices/observe/privacy/index.ts'
import { registerRetained, retentionTunables } from '../slices/observe/retention/index.ts'
import { findWords } from '../slices/observe/search/index.ts'
import { createIngest, type Ingest } from '../slices/observe/telemetry/index.ts'
import { createJobRunner, type JobRunner } from '../worker/jobs.ts'
import { createPacer } from '../worker/pacer.ts'
import { slices } from './slices.ts'
import { version } from './version.ts'

/** The ports and settings that a running MetaAgent is made of; tests put their own clock, ids and store here. */
export interface Parts {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
  readonly log: Log
  readonly secrets: Secrets
  readonly settings: Settings
  readonly leases: Leases
  readonly notifier: Notifier
  readonly anchoring: Anchoring
  /** What compares executions; default by their words alone. */
  readonly embedder?: Embedder
  readonly rateLimit: {
    readonly enabled: boolean
    readonly apiPerMinute: number
    /** Default: as many as per minute. */
    readonly apiBurst?: number
    readonly ingestPerMinute: number
  }
  /** The secret of privileged clients; default: nobody is privileged. */
  readonly privilegedToken?: string | null
  /** Another header that may carry an API key, lower case. */
  readonly apiKeyHeader?: string | null
  readonly requests?: Partial<LaneLimits>
  readonly dashboardDir: string | null
  readonly trustedProxies?: readonly string[]
  /** CIDR ranges of private networks that probes may call; default none. */
  readonly probeNetworks?: readonly string[]
}

export interface Composed {
  readonly deps: Deps
  readonly shell: Shell
  readonly ingest: Ingest
  readonly jobs: JobRunner
  readonly journal: ReturnType<typeof createJournalWorker>
  /** Starts jobs and journal subscribers. */
  startWork(): Promise<void>
  /** Ends in order: no new requests, queued rows committed, workers done. Leaves the store open. */
  close(): Promise<void>
}

/** Wires slices, HTTP shell and workers. The only place where all of them meet. */
export async function compose(parts: Parts): Promise<Composed> {
  const { store, clock, ids, random, log, secrets, settings, leases, notifier, anchoring } = parts
  const mappings = new MappingThread()
  const deps: Deps = {
    store,
    clock,
    ids,
    random,
    log,
    secrets,
    settings,
    writeRollups,
    writeCosts,
    recordJudgments: (tx, rows) => recordJudgments(deps, tx, rows),
    readVerdicts,
    readLatestVerdicts,
    findWords,
    readHeldDays,
    findHoldOfAddress: (tx, email) => holdOfAddress(deps, tx, email),
    embedder: parts.embedder ?? createLexicalEmbedder(),
    notifier,
    anchoring,
    prober: createHttpProber({
      allowedNetworks: parts.probeNetworks ?? [],
      monotonicMs: () => clock.monotonicMs(),
    }),
    evaluateMapping: mappings.evaluate,
    pacer: createPacer(clock),
  }
  const retained = slices.flatMap((slice) => slice.retained ?? [])
  registerRetained(retained)
  registerPersonal({
    tables: slices.flatMap((slice) => slice.personal ?? []),
    payloads: slices.flatMap((slice) => slice.personalPayloads ?? []),
  })
  registerTunables([...slices.flatMap((slice) => slice.tunables ?? []), ...retentionTunables(retained)])
  registerStepExecutors(slices.flatMap((slice) => slice.stepExecutors ?? []))
  const { enabled, apiPerMinute, apiBurst = apiPerMinute, ingestPerMinute } = parts.rateLimit
  const rateLimits = createRateLimits({
    enabled,
    policies: {
      api: { quota: apiPerMinute, windowSeconds: 60, burst: apiBurst },
      ingest: { quota: ingestPerMinute, windowSeconds: 60, burst: ingestPerMinute },
    },
  })
  const ingest = createIngest(deps)
  const privilegedClients = new PrivilegedClientMiddleware(parts.privilegedToken ?? null)
  const asking = {
    authenticate,
    redeemTicket: redeemStreamTicket,
    rateLimits,
    privilegedClients,
    privilegedRateFactor: (organizationId: string) => privilegedRateFactor(deps, organizationId),
    ...(parts.apiKeyHeader ? { apiKeyHeader: parts.apiKeyHeader } : {}),
  }
  const shell = await createShell({
    deps,
    slices,
    ...asking,
    lanes: new RequestLanes(clock, { ...defaultLanes, ...parts.requests }),
    hotPath: createIngestHandler({ deps, ingest, ...asking }),
    version,
    dashboardDir: parts.dashboardDir,
    trustedProxies: parts.trustedProxies ?? [],
  })
  const jobs = createJobRunner(
    deps,
    slices.flatMap((slice) => slice.jobs),
    leases,
    ids.uuid(),
  )
  const journal = createJournalWorker(
    deps,
    slices.flatMap((slice) => slice.subscriptions),
  )
  let stopHints = async () => {}
  return {
    deps,
    shell,
    ingest,
    jobs,
    journal,
    startWork: async () => {
      stopHints = await store.listen(journalHints, () => jobs.hint())
      jobs.start()
      journal.start()
    },
    close: async () => {
      await shell.close()
      await ingest.close()
      await stopHints()
      deps.pacer.close()
      await Promise.all([jobs.stop(), journal.stop()])
      await mappings.close()
    },
  }
}
