import { createHash, randomUUID } from 'node:crypto'
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { openPglite, type PgliteOptions } from '../adapters/pglite/open.ts'
import type { PgliteStore } from '../adapters/pglite/pglite-store.ts'
import { describeSeed, pgliteVersion } from '../adapters/pglite/seed.ts'
import { openPostgres } from '../adapters/postgres/postgres-store.ts'
import { openSchemaOwner } from '../adapters/postgres/schema-owner.ts'
import { bootstrapStatements } from '../adapters/schema/bootstrap.ts'
import { type Migration, migrate } from '../adapters/schema/migrate.ts'
import type { Log } from '../ports/log.ts'
import type { SchemaOwner, Store } from '../ports/store.ts'
import { MemoryLog } from './memory-log.ts'

export interface TestStore {
  readonly store: Store
  /** Acts as `metaagent_owner`; `set local role none` inside makes it the superuser. */
  readonly owner: SchemaOwner
  /** PGlite: the data folder. PostgreSQL: the serving login's connection string. */
  readonly location: string
  /** Closes the store and throws its data away. */
  close(): Promise<void>
}

export interface TestStoreOptions {
  /** Which schema; one template per set of migrations is made and then copied. */
  readonly migrations: readonly Migration[]
  readonly log?: Log
  /** PGlite only. Default `relaxed`, which spares the disk. */
  readonly durability?: PgliteOptions['durability']
  /** Transactions that take this long are logged. Default 1,000. */
  readonly slowTransactionMs?: number
}

const cacheFolder = fileURLToPath(new URL('../../../../node_modules/.cache/metaagent/', import.meta.url))
/** A template that no test used for so long belongs to an older schema. */
const keepTemplatesMs = 30 * 60 * 1000
/** Member of metaagent_app and nothing more, as a real deployment's login should be. */
export const servingLogin = 'metaagent_serving'

/** A fresh migrated embedded database in a temporary folder, copied from a cached template. */
export async function openPgliteTestStore(options: TestStoreOptions): Promise<TestStore> {
  const folder = await copyPgliteTemplate(options.migrations)
  const store = await openPglite({
    ...storeOptions(options),
    folder,
    durability: options.durability ?? 'relaxed',
    maintenance: null,
  })
  const close = async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { store, owner: store, location: folder, close }
}

/** A new temporary data folder with these migrations applied, which nobody has opened; the caller removes it. */
export async function copyPgliteTemplate(migrations: readonly Migration[]): Promise<string> {
  const template = await pgliteTemplate(migrations)
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-pglite-'))
  cpSync(template, folder, { recursive: true, mode: constants.COPYFILE_FICLONE })
  return folder
}

function storeOptions({ log, slowTransactionMs }: TestStoreOptions): { log: Log; slowTransactionMs?: number } {
  return { log: log ?? new MemoryLog(), ...(slowTransactionMs === undefined ? {} : { slowTransactionMs }) }
}

function schemaKey(migrations: readonly Migration[]): string {
  return keyOf([describeSeed(migrations), bootstrapStatements])
}

function keyOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

async function pgliteTemplate(migrations: readonly Migration[]): Promise<string> {
  const bare = await cachedFolder(
    `pglite-bare-${keyOf([pgliteVersion(), bootstrapStatements])}`,
    async (building) => await runPglite(building),
  )
  return await cachedFolder(`pglite-${schemaKey(migrations)}`, async (building) => {
    cpSync(bare, building, { recursive: true, mode: constants.COPYFILE_FICLONE })
    await runPglite(building, async (store) => {
      await migrate(store, migrations)
    })
  })
}

/** Opens an embedded database (making it is what takes long: seconds), does something in it and closes it. */
async function runPglite(folder: string, work: (store: PgliteStore) => Promise<void> = async () => {}): Promise<void> {
  const store = await openPglite({ folder, log: new MemoryLog(), durability: 'relaxed', maintenance: null })
  await work(store)
  await store.close()
}

/** The cached folder of this name, made by `make` when it is missing; several processes may ask at once. */
async function cachedFolder(name: string, make: (building: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name)
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date())
    return folder
  }
  mkdirSync(cacheFolder, { recursive: true })
  dropOldTemplates()
  const building = `${folder}.${randomUUID()}`
  await make(building)
  try {
    renameSync(building, folder)
  } catch (error) {
    // Another test process was faster.
    rmSync(building, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

function dropOldTemplates(): void {
  for (const name of readdirSync(cacheFolder)) {
    const path = join(cacheFolder, name)
    if (!name.startsWith('pglite-')) continue
    const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - madeMs > keepTemplatesMs) rmSync(path, { recursive: true, force: true })
  }
}

/** A fresh migrated database on a throw-away cluster, copied from a template database. */
export async function openPostgresTestStore(clusterUrl: string, options: TestStoreOptions): Promise<TestStore> {
  const template = await postgresTemplate(clusterUrl, options.migrations)
  const database = `test_${randomUUID().replaceAll('-', '')}`
  await asAdmin(clusterUrl, async (admin) => {
    await admin.query(`create database ${database} template ${template}`)
  })
  const location = databaseUrl(clusterUrl, database, servingLogin)
  const store = await openPostgres({ ...storeOptions(options), connectionString: location })
  const owner = openSchemaOwner(databaseUrl(clusterUrl, database))
  const close = async () => {
    await store.close()
    await asAdmin(clusterUrl, async (admin) => {
      await admin.query(`drop database ${database} with (force)`)
    })
  }
  return { store, owner, location, close }
}

const templateLock = 7_263_001

async function postgresTemplate(clusterUrl: string, migrations: readonly Migration[]): Promise<string> {
  const template = `template_${schemaKey(migrations)}`
  await asAdmin(clusterUrl, async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [templateLock])
    const { rows } = await admin.query('select from pg_database where datname = $1', [template])
    if (rows.length > 0) return
    const building = `building_${randomUUID().replaceAll('-', '')}`
    await admin.query(`create database ${building}`)
    await migrate(openSchemaOwner(databaseUrl(clusterUrl, building)), migrations)
    await admin.query(`do $$ begin
      if to_regrole('${servingLogin}') is null then create role ${servingLogin} login in role metaagent_app; end if;
    end $$`)
    await admin.query(`alter database ${building} rename to ${template}`)
  })
  return template
}

export interface EmptyDatabase {
  /** The superuser's connection string. */
  readonly url: string
  /** Makes a login with these attributes (`in role metaagent_app`) and returns its connection string. */
  asLogin(name: string, attributes: string): Promise<string>
  /** Drops the database and the logins that were made for it. */
  drop(): Promise<void>
}

/** A database without any schema, for tests of migrations and of start-up refusals. */
export async function createEmptyDatabase(clusterUrl: string): Promise<EmptyDatabase> {
  const database = `empty_${randomUUID().replaceAll('-', '')}`
  const logins: string[] = []
  await asAdmin(clusterUrl, async (admin) => {
    await admin.query(`create database ${database}`)
  })
  const url = databaseUrl(clusterUrl, database)
  return {
    url,
    asLogin: async (name, attributes) => {
      const login = `${name}_${randomUUID().replaceAll('-', '')}`
      logins.push(login)
      await asAdmin(clusterUrl, async (admin) => {
        await admin.query(`create role ${login} login ${attributes}`)
      })
      return databaseUrl(clusterUrl, database, login)
    },
    drop: async () =>
      await asAdmin(clusterUrl, async (admin) => {
        await admin.query(`drop database ${database} with (force)`)
        for (const login of logins) await admin.query(`drop role ${login}`)
      }),
  }
}

/** The connection string of another database (and login) of the same cluster. */
export function databaseUrl(clusterUrl: string, database: string, login?: string): string {
  const url = new URL(clusterUrl)
  url.pathname = `/${database}`
  if (login !== undefined) url.username = login
  return url.href
}

async function asAdmin(clusterUrl: string, work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: clusterUrl })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
