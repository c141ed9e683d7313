import { join } from 'node:path'
import { openPglite } from '../../packages/server/src/adapters/pglite/open.ts'
import { openSchemaOwner } from '../../packages/server/src/adapters/postgres/schema-owner.ts'
import { migrate } from '../../packages/server/src/adapters/schema/migrate.ts'
import { pinoLog } from '../../packages/server/src/adapters/system/pino-log.ts'
import { collectMigrations } from '../../packages/server/src/app/migrations.ts'
import type { OwnerSql, SchemaOwner } from '../../packages/server/src/ports/store.ts'
import { startPostgresCluster } from '../../packages/server/src/testkit/postgres-cluster.ts'
import { createEmptyDatabase, databaseUrl } from '../../packages/server/src/testkit/test-stores.ts'
import type { Progress } from './progress.ts'
import { endLeftBehind } from './server-process.ts'

export type StoreName = 'pglite' | 'postgres'

/** Where a server keeps its data, and a way past it to the rows. */
export interface CrashStore {
  readonly name: StoreName
  readonly dataDir: string
  readonly logFile: string
  readonly environment: Readonly<Record<string, string>>
  /** Whether rows can be looked at only while no server runs. */
  readonly isEmbedded: boolean
  /** Looks at the rows of all organizations, as a superuser, whom no policy holds. */
  look<T>(work: (sql: OwnerSql) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export async function openCrashStore(
  name: StoreName,
  folder: string,
  secretKey: string,
  progress: Progress,
): Promise<CrashStore> {
  const place = { name, dataDir: join(folder, name), logFile: join(folder, `${name}.server.log`) }
  if (progress.pid !== null) await endLeftBehind(place.dataDir, progress.pid)
  if (name === 'postgres') return await openCluster(place, folder, secretKey, progress)
  return {
    ...place,
    environment: {},
    isEmbedded: true,
    look: async (work) => {
      const store = await openPglite({ folder: place.dataDir, log: pinoLog('error'), maintenance: null })
      try {
        return await asSuperuser(store, work)
      } finally {
        await store.close()
      }
    },
    close: async () => {},
  }
}

type Place = Pick<CrashStore, 'name' | 'dataDir' | 'logFile'>

/** A cluster with real durability, which itself is not crashed. */
async function openCluster(place: Place, folder: string, secretKey: string, progress: Progress): Promise<CrashStore> {
  const cluster = await startPostgresCluster({ durable: true, folder: join(folder, 'cluster') })
  if (progress.database === null) {
    const empty = await createEmptyDatabase(cluster.url)
    await migrate(openSchemaOwner(empty.url), collectMigrations())
    const serving = new URL(await empty.asLogin('serving', 'in role metaagent_app'))
    progress.add({ kind: 'database', database: serving.pathname.slice(1), login: serving.username })
  }
  const { database, login } = progress.database ?? { database: '', login: '' }
  const owner = openSchemaOwner(databaseUrl(cluster.url, database))
  return {
    ...place,
    environment: { DATABASE_URL: databaseUrl(cluster.url, database, login), METAAGENT_SECRET_KEY: secretKey },
    isEmbedded: false,
    look: async (work) => await asSuperuser(owner, work),
    close: async () => await cluster.stop(),
  }
}

async function asSuperuser<T>(owner: SchemaOwner, work: (sql: OwnerSql) => Promise<T>): Promise<T> {
  return await owner.migrate(async (sql) => {
    await sql.exec('set local role none')
    return await work(sql)
  })
}
