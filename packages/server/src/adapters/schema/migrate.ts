import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { OwnerSql, SchemaOwner } from '../../ports/store.ts'

/** One SQL file of a slice. Once applied anywhere its text must never change: add a `schema.0002.sql` instead. */
export interface Migration {
  readonly slice: string
  readonly file: string
  readonly sql: string
}

export interface MigrationReport {
  /** `slice/file` of what was applied now, in order; empty when the schema was up to date. */
  readonly applied: readonly string[]
  /** `slice/file` that this program does not know: a newer one has been here. */
  readonly unknown: readonly string[]
}

/** A migration cannot be applied; nothing of this run was. The message names the file and what to do. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused'
}

const ownSlice = 'schema'

/** The files beside this one, which come before every slice's. */
export function baseMigrations(): readonly Migration[] {
  const folder = new URL('./', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  return files.sort().map((file) => ({ slice: ownSlice, file, sql: readFileSync(new URL(file, folder), 'utf8') }))
}

/** SHA-256 in hex over the file's text with Unix line ends, so that a checkout on Windows has the same. */
export function migrationChecksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql.replaceAll('\r\n', '\n')).digest('hex')
}

/**
 * Applies what is missing, in list order, after the base migrations: all of it in one transaction as
 * `metaagent_owner`, under the deployment's migration lock. Running it again, or from several processes at once,
 * changes nothing more.
 *
 * Throws MigrationRefused when an applied file has changed since or a statement fails.
 */
export async function migrate(owner: SchemaOwner, slices: readonly Migration[]): Promise<MigrationReport> {
  const migrations = [...baseMigrations(), ...slices]
  return await owner.migrate(async (sql) => {
    const before = await readApplied(sql)
    for (const migration of migrations) assertUnchanged(migration, before.get(nameOf(migration)))
    const missing = migrations.filter((migration) => !before.has(nameOf(migration)))
    for (const migration of missing) await apply(sql, migration)
    const known = new Set(migrations.map(nameOf))
    return { applied: missing.map(nameOf), unknown: [...before.keys()].filter((name) => !known.has(name)) }
  })
}

function nameOf(migration: Pick<Migration, 'slice' | 'file'>): string {
  return `${migration.slice}/${migration.file}`
}

async function readApplied(sql: OwnerSql): Promise<ReadonlyMap<string, string>> {
  const [found] = await sql.query<{ found: boolean }>(
    `select to_regclass('public.schema_migrations') is not null as found`,
  )
  if (found?.found !== true) return new Map()
  const rows = await sql.query<{ slice: string; file: string; checksum: string }>(
    'select slice, file, checksum from schema_migrations',
  )
  return new Map(rows.map((row) => [nameOf(row), row.checksum]))
}

function assertUnchanged(migration: Migration, applied: string | undefined): void {
  if (applied === undefined || applied === migrationChecksum(migration)) return
  throw new MigrationRefused(
    `${nameOf(migration)} has changed since it was applied to this database. ` +
      'Restore the file as it was and put the change into a new file (schema.0002.sql, …) beside it.',
  )
}

async function apply(sql: OwnerSql, migration: Migration): Promise<void> {
  try {
    await sql.exec(migration.sql)
    await sql.query('insert into schema_migrations (slice, file, checksum) values ($1, $2, $3)', [
      migration.slice,
      migration.file,
      migrationChecksum(migration),
    ])
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MigrationRefused(`${nameOf(migration)} cannot be applied: ${reason}`, { cause: error })
  }
}
