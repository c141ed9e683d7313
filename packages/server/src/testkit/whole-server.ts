import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AccessScope, type JournalEvent, type Role, scopesOfRole } from '@metaagent/contract'
import { createAnchoring } from '../adapters/anchor/anchoring.ts'
import { createStoreLeases } from '../adapters/leases/store-leases.ts'
import { createNotifier } from '../adapters/notify/notifier.ts'
import { createSecrets } from '../adapters/secrets/master-key.ts'
import { type Composed, compose } from '../app/compose.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { Deps, Settings } from '../ports/slice.ts'
import { ensureFirstOrganization, issueApiKey } from '../slices/govern/identity/index.ts'
import { FakeClock } from './fake-clock.ts'
import { MemoryLog } from './memory-log.ts'
import { seededIds } from './seeded-ids.ts'
import { seededRandom } from './seeded-random.ts'
import { testSettings } from './test-deps.ts'
import type { TestStore } from './test-stores.ts'

export interface TestReply<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export interface TestRequest {
  readonly body?: unknown
  /** An API key; default: an admin key of the first organization. Null sends none. */
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** A whole MetaAgent on a real database and a real port, with a clock that only the test moves. */
export interface TestServer {
  readonly url: string
  readonly clock: FakeClock
  readonly log: MemoryLog
  readonly deps: Deps
  readonly testStore: TestStore
  readonly composed: Composed
  readonly organizationId: string
  readonly adminKey: string
  readonly signInLink: string | null
  /** Sends JSON and parses the reply's JSON (text stays text, an empty body is null). */
  request<Body = unknown>(method: string, path: string, request?: TestRequest): Promise<TestReply<Body>>
  /** A key of the first organization with the scopes of a role, or with these scopes. */
  keyFor(access: Role | readonly AccessScope[]): Promise<string>
  /** Lets journal subscribers do everything that is due, and every job, or those of these names where many turns pass. */
  settle(jobs?: readonly string[]): Promise<void>
  /** What was journaled in the first organization since the last call (or the start), oldest first. */
  newEvents(): Promise<readonly JournalEvent[]>
  close(): Promise<void>
}

export interface TestServerOptions {
  readonly rateLimit?: { readonly enabled: boolean; readonly apiPerMinute: number; readonly ingestPerMinute: number }
  readonly dashboardDir?: string | null
  readonly trustedProxies?: readonly string[]
  /** The secret of privileged clients; default: nobody is privileged. */
  readonly privilegedToken?: string
  readonly apiKeyHeader?: string
  readonly seed?: number
  readonly embedder?: Embedder
  /** In place of what a deployment without any environment has. */
  readonly settings?: Partial<Settings>
  /** The master key, 32 bytes; one of the seed's unless told. */
  readonly secretKey?: Uint8Array
  /** When the clock stands at first. */
  readonly startsAt?: Instant
}

/** A whole server on a store that is there; closes the store with itself. */
export async function startServerOn(testStore: TestStore, options: TestServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-test-'))
  const clock = new FakeClock(options.startsAt)
  const log = new MemoryLog()
  const random = seededRandom(options.seed ?? 1)
  const composed = await compose({
    store: testStore.store,
    clock,
    ids: seededIds(clock, options.seed ?? 1),
    random,
    log,
    secrets: createSecrets(options.secretKey ?? random.bytes(32)),
    settings: { ...testSettings(folder), dataDir: testStore.location, ...options.settings },
    leases: createStoreLeases(testStore.store),
    notifier: createNotifier({ clock, allowedNetworks: ['127.0.0.0/8', '::1'] }),
    anchoring: createAnchoring({
      clock,
      random,
      allowedNetworks: ['127.0.0.0/8', '::1'],
      folder: join(folder, 'anchors'),
    }),
    rateLimit: options.rateLimit ?? { enabled: false, apiPerMinute: 1, ingestPerMinute: 1 },
    dashboardDir: options.dashboardDir ?? null,
    trustedProxies: options.trustedProxies ?? [],
    privilegedToken: options.privilegedToken ?? null,
    apiKeyHeader: options.apiKeyHeader ?? null,
    probeNetworks: ['127.0.0.0/8', '::1/128'],
    ...(options.embedder === undefined ? {} : { embedder: options.embedder }),
  })
  const { deps } = composed
  const { organizationId, signInLink } = await ensureFirstOrganization(deps)
  const url = await composed.shell.listen('127.0.0.1', 0)
  const keyFor = async (access: Role | readonly AccessScope[]) => {
    const scopes = typeof access === 'string' ? scopesOfRole[access] : access
    const actor = { kind: 'system', id: 'test' } as const
    const issued = await deps.store.transaction({ organizationId }, (tx) =>
      issueApiKey(deps, tx, { name: `test ${scopes.length}`, scopes, expiresAt: null, actor }),
    )
    return issued.secret
  }
  const adminKey = await keyFor('admin')
  const journal = createEventReader(deps, organizationId)
  await journal()
  return {
    url,
    clock,
    log,
    deps,
    testStore,
    composed,
    organizationId,
    adminKey,
    signInLink,
    request: (method, path, request = {}) => send(url, method, path, { key: adminKey, ...request }),
    keyFor,
    settle: async (jobs) => {
      while ((await composed.journal.runOnce()) > 0);
      await composed.jobs.runAll(jobs)
      while ((await composed.journal.runOnce()) > 0);
    },
    newEvents: journal,
    close: async () => {
      await composed.close()
      await testStore.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function send<Body>(url: string, method: string, path: string, request: TestRequest): Promise<TestReply<Body>> {
  const bytes = request.body instanceof Uint8Array || typeof request.body === 'string'
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(request.key === null || request.key === undefined ? {} : { authorization: `Bearer ${request.key}` }),
      ...(request.body === undefined || bytes ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined
      ? {}
      : { body: bytes ? (request.body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(request.body) }),
  })
  const text = await response.text()
  // Lines of JSON (application/jsonl) are no JSON.
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? null : isJson ? JSON.parse(text) : text) as Body,
  }
}

interface JournalRow {
  event_id: string
  organization_id: string
  type: string
  subject: string
  actor: JournalEvent['actor']
  correlation_id: string
  causation_id: string | null
  payload: JournalEvent['payload']
  occurred_at: Date
}

function createEventReader(deps: Deps, organizationId: string): () => Promise<readonly JournalEvent[]> {
  const seen = new Set<string>()
  return async () => {
    const rows = await deps.store.transaction({ organizationId }, (tx) =>
      tx
        .tables<{ journal_events: JournalRow }>()
        .selectFrom('journal_events')
        .select([
          'event_id',
          'organization_id',
          'type',
          'subject',
          'actor',
          'correlation_id',
          'causation_id',
          'payload',
          'occurred_at',
        ])
        .where('organization_id', '=', organizationId)
        .orderBy('event_id')
        .execute(),
    )
    const fresh = rows.filter((row) => !seen.has(row.event_id))
    for (const row of fresh) seen.add(row.event_id)
    return fresh.map((row) => ({
      eventId: row.event_id,
      organizationId: row.organization_id,
      type: row.type,
      subject: row.subject,
      actor: row.actor,
      correlationId: row.correlation_id,
      causationId: row.causation_id,
      payload: row.payload,
      occurredAt: row.occurred_at.toISOString(),
    }))
  }
}
