import { resolve } from 'node:path'
import { folderHolder } from '../../adapters/pglite/folder-lock.ts'
import { hasPgliteData, openPglite } from '../../adapters/pglite/open.ts'
import { openPostgres } from '../../adapters/postgres/postgres-store.ts'
import { inspectSchema, type SchemaState } from '../../adapters/schema/inspect.ts'
import type { Log } from '../../ports/log.ts'
import type { Store } from '../../ports/store.ts'
import type { Config } from '../config.ts'
import { collectMigrations } from '../migrations.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

/** The database, its schema, its extension and the clocks. Changes nothing; an embedded one is opened only when nobody has it. */
export async function checkDatabase(config: Config, log: Log): Promise<readonly Finding[]> {
  if (config.databaseUrl === null) return await checkEmbedded(config, log)
  const { databaseUrl } = config
  return await examine(config, () => openPostgres({ connectionString: databaseUrl, log, poolSize: 2 }))
}

async function checkEmbedded(config: Config, log: Log): Promise<readonly Finding[]> {
  const clock = checkClock(new Date(), null)
  if (!hasPgliteData(config.dataDir)) return [fine('database', 'embedded, will be made at the first start'), clock]
  const holder = folderHolder(resolve(config.dataDir))
  if (holder !== null)
    return [fine('database', `embedded, open in process ${holder.pid}; stop it to have the schema looked at`), clock]
  const open = () => openPglite({ folder: config.dataDir, log, durability: config.durability, maintenance: null })
  return await examine(config, open)
}

async function examine(config: Config, open: () => Promise<Store>): Promise<readonly Finding[]> {
  let store: Store | null = null
  try {
    store = await open()
    const { kind, serverVersion, location, hasVector } = await store.status()
    const state = await inspectSchema(store, collectMigrations())
    return [
      fine('database', `${kind} ${serverVersion}, ${location}`),
      schemaFinding(config, state),
      vectorFinding(hasVector),
      checkClock(new Date(), state),
    ]
  } catch (error) {
    return [databaseFault(error)]
  } finally {
    await store?.close()
  }
}

function databaseFault(error: unknown): Finding {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) }
  if (name === 'UnsafeStoreSetup') return failure('database', 'it must not be served from', message)
  const advice =
    name === 'StoreUnavailable'
      ? 'Is it running, and does DATABASE_URL (embedded: METAAGENT_DATA_DIR) point at it?'
      : 'Mend what the message says, then run the doctor again.'
  return failure('database', message, advice)
}

function schemaFinding(config: Config, { pending, changed, unknown }: SchemaState): Finding {
  const name = 'schema'
  if (changed.length > 0)
    return failure(
      name,
      `${changed.join(', ')} changed since it was applied`,
      'Restore the file; put the change into a new one beside it.',
    )
  if (pending.length > 0) {
    const detail = `${pending.length} migrations are pending: ${pending.join(', ')}`
    const atStart = config.databaseUrl === null || config.migrationUrl !== null
    return atStart
      ? warning(name, detail, 'The next start applies them; or run: metaagent migrate')
      : failure(name, detail, 'Run as metaagent_owner: METAAGENT_MIGRATION_URL=… metaagent migrate')
  }
  return unknown.length === 0
    ? fine(name, 'up to date')
    : warning(name, `a newer MetaAgent has been here: ${unknown.join(', ')}`, 'Update this one.')
}

function vectorFinding(hasVector: boolean): Finding {
  return hasVector
    ? fine('vector', 'pgvector is there')
    : warning(
        'vector',
        'no pgvector: searches by meaning read every row',
        'Install pgvector, then run: metaagent migrate',
      )
}

const skewMs = { warn: 2_000, fail: 60_000 }
/** Before this program was written, so no clock that is right shows it. */
const earliest = Date.UTC(2026, 0, 1)

/** This machine's clock against reason and, where there is one, against the database's. */
export function checkClock(now: Date, database: Pick<SchemaState, 'databaseNow' | 'appliedAt'> | null): Finding {
  const name = 'clock'
  const advice = 'Let the machine keep time by NTP: tokens, leases and day partitions depend on it.'
  const reading = now.toISOString()
  if (now.getTime() < earliest) return failure(name, `${reading} is in the past`, advice)
  if (database === null) return fine(name, reading)
  const { databaseNow, appliedAt } = database
  const offMs = Math.abs(now.getTime() - databaseNow.getTime())
  if (offMs > skewMs.warn) {
    const detail = `${reading} is ${(offMs / 1000).toFixed(1)} s off the database's clock`
    return offMs > skewMs.fail ? failure(name, detail, advice) : warning(name, detail, advice)
  }
  if (appliedAt !== null && appliedAt.getTime() > now.getTime() + skewMs.warn)
    return warning(name, `${reading} is before the schema was made (${appliedAt.toISOString()})`, advice)
  return fine(name, reading)
}
