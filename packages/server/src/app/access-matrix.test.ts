import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OwnerSql, Scope, Tx } from '../ports/store.ts'
import { describeOnStores, openTestStore } from '../testkit/database.ts'
import { fixtureSchema } from '../testkit/fixture-schema.ts'
import { sampleDay, sampleInsert } from '../testkit/sample-rows.ts'
import type { TestStore } from '../testkit/test-stores.ts'
import { collectMigrations } from './migrations.ts'

// Every table × command × identity as the serving role, made from the catalogue: a new slice's tables are covered
// without an edit. Organizations A and C own a row in every tenant table; B owns nothing.

const organizationA = '0a000000-0000-7000-8000-000000000000'
const organizationB = '0b000000-0000-7000-8000-000000000000'
const organizationC = '0c000000-0000-7000-8000-000000000000'

type Identity = 'A' | 'B' | 'deployment' | 'none'
const identities: readonly Identity[] = ['A', 'B', 'deployment', 'none']
const scopes: Readonly<Record<Identity, Scope>> = {
  A: { organizationId: organizationA },
  B: { organizationId: organizationB },
  deployment: 'deployment',
  none: { organizationId: organizationA },
}

interface Table {
  readonly name: string
  readonly kind: 'tenant' | 'deployment'
  readonly append_only: boolean
  readonly deployment_reads: boolean
  readonly readable_everywhere: boolean
  /** Rows there are, seen by the superuser. */
  readonly rows: number
  readonly insert: string
}

const denied = 'denied' as const
type Outcome = number | typeof denied

/** What a command may do to the rows, by what the table was declared to be. */
function expected(table: Table, identity: Identity, command: 'select' | 'insert' | 'update' | 'delete'): Outcome {
  const owns = table.kind === 'tenant' ? identity === 'A' : identity === 'deployment'
  if (command === 'insert') return owns ? 1 : denied
  if (command !== 'select' && table.append_only) return denied
  if (owns) return table.kind === 'tenant' ? 1 : table.rows
  const reads = table.readable_everywhere || (table.deployment_reads && identity === 'deployment')
  return command === 'select' && reads ? table.rows : 0
}

class Undo extends Error {}

describeOnStores('access matrix', (kind) => {
  let opened: TestStore
  let tables: readonly Table[] = []

  const asSuperuser = async <T>(work: (owner: OwnerSql) => Promise<T>): Promise<T> =>
    await opened.owner.migrate(async (owner) => {
      await owner.exec('set local role none')
      return await work(owner)
    })

  beforeAll(async () => {
    opened = await openTestStore(kind, { migrations: [...collectMigrations(), fixtureSchema] })
    tables = await asSuperuser(async (owner) => {
      await dropChecksAndForeignKeys(owner)
      return await plantRows(owner)
    })
  })
  afterAll(async () => await opened.close())

  /** Runs one statement as an identity, undoes it, and tells how many rows it touched. */
  const probe = async (identity: Identity, statement: string): Promise<Outcome> => {
    let touched: Outcome = denied
    const work = async (tx: Tx) => {
      if (identity === 'none') {
        await sql`select set_config('metaagent.organization_id', '', true), set_config('metaagent.scope', '', true)`.execute(
          tx.tables(),
        )
      }
      const result = await sql.raw<{ count?: number }>(statement).execute(tx.tables())
      touched = result.rows[0]?.count ?? Number(result.numAffectedRows ?? 0)
      throw new Undo()
    }
    try {
      await opened.store.transaction(scopes[identity], work)
    } catch (error) {
      if ((error as { code?: string }).code === '42501') return denied
      if (!(error instanceof Undo)) throw error
    }
    return touched
  }

  test('the matrix covers tables of both kinds', () => {
    expect(tables.filter((table) => table.kind === 'tenant').length).toBeGreaterThan(2)
    expect(tables.filter((table) => table.kind === 'deployment').length).toBeGreaterThan(2)
    for (const table of tables) expect(table.rows, table.name).toBeGreaterThan(0)
  })

  for (const identity of identities) {
    test(`${identity} reads, changes and deletes only what is its own`, async () => {
      for (const table of tables) {
        const statements = {
          select: `select count(*) as count from "${table.name}"`,
          update: `update "${table.name}" set ${await anyColumn(table)} = ${await anyColumn(table)}`,
          delete: `delete from "${table.name}"`,
        }
        for (const [command, statement] of Object.entries(statements)) {
          const touched = await probe(identity, statement)
          const want = expected(table, identity, command as 'select' | 'update' | 'delete')
          expect(touched, `${identity} ${command} ${table.name}`).toBe(want)
        }
        expect(await probe(identity, `truncate "${table.name}"`), `${identity} truncate ${table.name}`).toBe(denied)
      }
    })

    test(`${identity} inserts only what is its own`, async () => {
      for (const table of tables) {
        // The very row that is accepted from its owner is refused from everybody else.
        const touched = await probe(identity, table.insert)
        expect(touched, `${identity} insert ${table.name}`).toBe(expected(table, identity, 'insert'))
      }
    })
  }

  test('a row cannot be given to another organization', async () => {
    for (const table of tables.filter((candidate) => candidate.kind === 'tenant')) {
      const move = `update "${table.name}" set organization_id = '${organizationB}'`
      expect(await probe('A', move), table.name).toBe(denied)
    }
  })

  test('naming another organization in the statement does not help', async () => {
    for (const table of tables.filter((candidate) => candidate.kind === 'tenant')) {
      const select = `select count(*) as count from "${table.name}" where organization_id = '${organizationC}'`
      expect(await probe('A', select), table.name).toBe(0)
    }
  })

  const columnOf = new Map<string, string>()
  async function anyColumn(table: Table): Promise<string> {
    const known = columnOf.get(table.name)
    if (known !== undefined) return known
    const [row] = await asSuperuser(
      async (owner) =>
        await owner.query<{ name: string }>(
          `select quote_ident(attname) as name from pg_attribute
            where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''
            order by attnum limit 1`,
          [table.name],
        ),
    )
    const name = row?.name ?? ''
    columnOf.set(table.name, name)
    return name
  }
})

/** The matrix asks about policies; what else could refuse a generated row is taken away in this throw-away database. */
async function dropChecksAndForeignKeys(owner: OwnerSql): Promise<void> {
  await owner.exec(`do $$
    declare one record;
    begin
      for one in select conrelid::regclass as target, conname from pg_constraint
        where contype in ('c', 'f') and coninhcount = 0 and conparentid = 0 and conrelid <> 0
          and connamespace = 'public'::regnamespace loop
        execute format('alter table %s drop constraint if exists %I cascade', one.target, one.conname);
      end loop;
      for one in select oid::regclass as target from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition loop
        execute format('alter table %s disable trigger user', one.target);
      end loop;
    end $$`)
}

async function plantRows(owner: OwnerSql): Promise<readonly Table[]> {
  for (const { name } of await owner.query<{ name: string }>('select table_name as name from day_partitioned_tables')) {
    await owner.query('select metaagent_ensure_day_partitions($1, $2::date[])', [name, [sampleDay]])
  }
  const declared = await owner.query<Omit<Table, 'rows' | 'insert'>>(
    'select table_name as name, kind, append_only, deployment_reads, readable_everywhere from table_access order by 1',
  )
  const tables: Table[] = []
  for (const table of declared) {
    // The row that is inserted by the probes is planted with another key, hence never for A twice.
    const insert = await sampleInsert(owner, table.name, organizationA)
    tables.push({ ...table, insert, rows: 0 })
  }
  const planted: Table[] = []
  for (const table of tables) {
    if (table.kind === 'tenant') {
      await owner.exec(table.insert)
      await owner.exec(await sampleInsert(owner, table.name, organizationC))
      await dropUniqueness(owner, table.name)
    } else {
      await dropUniqueness(owner, table.name)
      await owner.exec(table.insert)
    }
    const [counted] = await owner.query<{ rows: number }>(`select count(*) as rows from "${table.name}"`)
    planted.push({ ...table, rows: counted?.rows ?? 0 })
  }
  return planted
}

/** So that the planted row and the probes' own do not collide. */
async function dropUniqueness(owner: OwnerSql, table: string): Promise<void> {
  await owner.exec(`do $$
    declare one record;
    begin
      for one in select conname from pg_constraint where conrelid = '"${table}"'::regclass and contype in ('p', 'u') loop
        execute format('alter table %I drop constraint %I cascade', '${table}', one.conname);
      end loop;
      for one in select indexrelid::regclass as name from pg_index where indrelid = '"${table}"'::regclass and indisunique loop
        execute format('drop index %s', one.name);
      end loop;
    end $$`)
}
