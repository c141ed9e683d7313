import { sql } from 'kysely'
import type { Store } from '../../ports/store.ts'
import { baseMigrations, type Migration, migrationChecksum } from './migrate.ts'

/** How the schema of a database stands to this program's migrations; names are `slice/file`. */
export interface SchemaState {
  /** Not applied yet. */
  readonly pending: readonly string[]
  /** Applied, but the file has another text now: `migrate` will refuse. */
  readonly changed: readonly string[]
  /** Applied by a newer program; this one does not know them. */
  readonly unknown: readonly string[]
  /** When the last one was applied, by the database's clock. */
  readonly appliedAt: Date | null
  /** The database's clock now. */
  readonly databaseNow: Date
}

/** Looks at what was applied and changes nothing. `slices` as for `migrate`. */
export async function inspectSchema(store: Store, slices: readonly Migration[]): Promise<SchemaState> {
  const ours = [...baseMigrations(), ...slices].map((migration) => ({
    name: `${migration.slice}/${migration.file}`,
    checksum: migrationChecksum(migration),
  }))
  const { applied, databaseNow } = await readApplied(store)
  const known = new Set(ours.map(({ name }) => name))
  const times = [...applied.values()].map(({ appliedAt }) => appliedAt.getTime())
  return {
    pending: ours.filter(({ name }) => !applied.has(name)).map(({ name }) => name),
    changed: ours.filter(({ name, checksum }) => (applied.get(name)?.checksum ?? checksum) !== checksum).map(nameOf),
    unknown: [...applied.keys()].filter((name) => !known.has(name)),
    appliedAt: times.length === 0 ? null : new Date(Math.max(...times)),
    databaseNow,
  }
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}

interface Applied {
  readonly checksum: string
  readonly appliedAt: Date
}

async function readApplied(store: Store): Promise<{ applied: ReadonlyMap<string, Applied>; databaseNow: Date }> {
  return await store.transaction('deployment', async (tx) => {
    const { rows: about } = await sql<{ now: Date; migrated: boolean }>`
      select clock_timestamp() as now, to_regclass('public.schema_migrations') is not null as migrated`.execute(
      tx.tables(),
    )
    const databaseNow = about[0]?.now ?? new Date(0)
    if (about[0]?.migrated !== true) return { applied: new Map(), databaseNow }
    const { rows } = await sql<{ name: string; checksum: string; applied_at: Date }>`
      select slice || '/' || file as name, checksum, applied_at from schema_migrations`.execute(tx.tables())
    const applied = new Map(
      rows.map(({ name, checksum, applied_at: appliedAt }) => [name, { checksum, appliedAt }] as const),
    )
    return { applied, databaseNow }
  })
}
