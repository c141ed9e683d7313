import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAnchoring } from '../adapters/anchor/anchoring.ts'
import { createOpenAiEmbedder } from '../adapters/embedder/openai-compatible.ts'
import { createStoreLeases } from '../adapters/leases/store-leases.ts'
import { createNotifier } from '../adapters/notify/notifier.ts'
import { openPglite } from '../adapters/pglite/open.ts'
import { findSeed } from '../adapters/pglite/seed.ts'
import { openPostgres } from '../adapters/postgres/postgres-store.ts'
import { openSchemaOwner } from '../adapters/postgres/schema-owner.ts'
import { type MigrationReport, migrate } from '../adapters/schema/migrate.ts'
import { createSecrets, masterKeyInFolder } from '../adapters/secrets/master-key.ts'
import { pinoLog } from '../adapters/system/pino-log.ts'
import { systemClock } from '../adapters/system/system-clock.ts'
import { systemRandom } from '../adapters/system/system-random.ts'
import { uuidV7 } from '../adapters/system/uuid-v7.ts'
import type { Log } from '../ports/log.ts'
import type { Secrets } from '../ports/slice.ts'
import type { Store } from '../ports/store.ts'
import type { Composed } from './compose.ts'
import { type Config, ConfigError } from './config.ts'
import { findDashboard } from './dashboard-folder.ts'
import { collectMigrations } from './migrations.ts'

export interface Running {
  readonly url: string
  readonly organizationId: string
  /** One-time link while nobody has signed in yet. */
  readonly signInLink: string | null
  readonly composed: Composed
  close(): Promise<void>
}

const seedFolder = fileURLToPath(new URL('../../seed/', import.meta.url))

/** Brings the schema of the configured database up to date and returns what was applied. */
export async function migrateConfigured(config: Config, log: Log): Promise<MigrationReport> {
  const migrations = collectMigrations()
  if (config.databaseUrl === null && config.migrationUrl === null) {
    const store = await openEmbedded(config, log)
    try {
      return await migrate(store, migrations)
    } finally {
      await store.close()
    }
  }
  if (config.migrationUrl === null)
    throw new ConfigError(
      'METAAGENT_MIGRATION_URL is not set: migrations run as metaagent_owner, never as the serving role.',
    )
  const owner = openSchemaOwner(config.migrationUrl)
  try {
    return await migrate(owner, migrations)
  } finally {
    await owner.close()
  }
}

function openEmbedded(config: Config, log: Log) {
  return openPglite({
    folder: config.dataDir,
    log,
    durability: config.durability,
    seedFile: findSeed(seedFolder, collectMigrations()),
  })
}

async function openStore(config: Config, log: Log): Promise<Store> {
  if (config.databaseUrl === null) {
    const store = await openEmbedded(config, log)
    await migrate(store, collectMigrations())
    return store
  }
  if (config.migrationUrl !== null) await migrateConfigured(config, log)
  return await openPostgres({ connectionString: config.databaseUrl, log, poolSize: config.poolSize })
}

function openSecrets(config: Config): Secrets {
  if (config.secretKey !== null) return createSecrets(config.secretKey)
  if (config.databaseUrl !== null)
    throw new ConfigError(
      'METAAGENT_SECRET_KEY is not set. On PostgreSQL every process needs the same master key: make one with\n  node -e "console.log(crypto.randomBytes(32).toString(\'base64\'))"\nand keep it apart from the backups of the database.',
    )
  return createSecrets(masterKeyInFolder(config.dataDir))
}

/** A MetaAgent whose parts are there but which does nothing by itself yet: no HTTP, no workers. */
export interface Opened {
  readonly url: string
  readonly composed: Composed
  close(): Promise<void>
}

/** Opens the configured store and wires everything to it: for commands that work beside a server, and for `start`. */
export async function openMetaAgent(config: Config, log: Log = pinoLog(config.logLevel)): Promise<Opened> {
  const secrets = openSecrets(config)
  // The embedded database starts in its own thread: meanwhile this one loads the slices.
  const [store, { compose }] = await Promise.all([openStore(config, log), import('./compose.ts')])
  try {
    const settings = {
      publicUrl: config.publicUrl ?? `http://${hostForPeople(config.host)}:${config.port}`,
      ledgerOrigin: config.ledgerOrigin,
      dataDir: config.dataDir,
      governanceRulesFile: config.governanceRulesFile,
      arbitrationLog: { ...config.arbitrationLog, path: resolve(config.dataDir, config.arbitrationLog.path) },
    }
    const composed = await compose({
      store,
      clock: systemClock,
      ids: uuidV7(systemClock, systemRandom),
      random: systemRandom,
      log,
      secrets,
      settings,
      leases: createStoreLeases(store),
      notifier: createNotifier({ clock: systemClock, allowedNetworks: config.allowedPrivateNetworks }),
      anchoring: createAnchoring({
        clock: systemClock,
        random: systemRandom,
        allowedNetworks: config.allowedPrivateNetworks,
        folder: config.anchorDir === null ? null : resolve(config.anchorDir),
      }),
      probeNetworks: config.allowedPrivateNetworks,
      ...(config.embeddings === null ? {} : { embedder: createOpenAiEmbedder(config.embeddings, systemClock) }),
      rateLimit: config.rateLimit,
      privilegedToken: config.privilegedToken,
      apiKeyHeader: config.apiKeyHeader,
      requests: config.requests,
      dashboardDir: findDashboard(config.dashboardDir),
      trustedProxies: config.trustedProxies,
    })
    const close = async () => {
      await composed.close()
      await store.close()
    }
    return { url: settings.publicUrl, composed, close }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Starts a whole MetaAgent in this process: store, schema, first organization, HTTP, workers. */
export async function startMetaAgent(config: Config, log: Log = pinoLog(config.logLevel)): Promise<Running> {
  const opened = await openMetaAgent(config, log)
  const { composed } = opened
  try {
    const { ensureEnvironmentKey, ensureFirstOrganization } = await import('../slices/govern/identity/index.ts')
    const first = await ensureFirstOrganization(composed.deps)
    await ensureEnvironmentKey(composed.deps, first.organizationId, config.environmentKey)
    await composed.shell.listen(config.host, config.port)
    await composed.startWork()
    return { ...opened, organizationId: first.organizationId, signInLink: first.signInLink }
  } catch (error) {
    await composed.deps.store.close()
    throw error
  }
}

function hostForPeople(host: string): string {
  return host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host
}
