import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeOnStores, openTestStore, postgresUrl } from '../../testkit/database.ts'
import { createEmptyDatabase, type EmptyDatabase, type TestStore } from '../../testkit/test-stores.ts'
import { openSchemaOwner } from '../postgres/schema-owner.ts'
import { type Migration, MigrationRefused, migrate } from './migrate.ts'

const first: Migration = { slice: 'one', file: 'schema.sql', sql: 'create table ones (id integer primary key);' }
const second: Migration = { slice: 'one', file: 'schema.0002.sql', sql: 'alter table ones add column name text;' }
const third: Migration = { slice: 'two', file: 'schema.sql', sql: 'create table twos (id integer primary key);' }

describeOnStores('migrate', (kind) => {
  let opened: TestStore
  beforeAll(async () => {
    opened = await openTestStore(kind, { migrations: [first] })
  })
  afterAll(async () => await opened.close())

  const tables = async () =>
    await opened.owner.migrate(async (sql) => {
      const rows = await sql.query<{ name: string; owner: string }>(
        `select relname::text as name, relowner::regrole::text as owner from pg_class
          where relkind = 'r' and relname in ('ones', 'twos', 'broken') order by relname`,
      )
      return rows.map((row) => `${row.name} of ${row.owner}`)
    })

  test('what is missing is applied in list order as metaagent_owner, and only once', async () => {
    const report = await migrate(opened.owner, [first, second, third])
    expect(report).toEqual({ applied: ['one/schema.0002.sql', 'two/schema.sql'], unknown: [] })
    expect(await tables()).toEqual(['ones of metaagent_owner', 'twos of metaagent_owner'])
    expect(await migrate(opened.owner, [first, second, third])).toEqual({ applied: [], unknown: [] })
  })

  test('a file that changed after it was applied is refused by name, and nothing is applied', async () => {
    const changed = { ...first, sql: `${first.sql} -- changed` }
    const later: Migration = { slice: 'later', file: 'schema.sql', sql: 'create table broken (id integer);' }
    await expect(migrate(opened.owner, [changed, later])).rejects.toThrow(MigrationRefused)
    await expect(migrate(opened.owner, [changed, later])).rejects.toThrow('one/schema.sql has changed')
    expect(await tables()).not.toContain('broken of metaagent_owner')
  })

  test('other line ends are no change', async () => {
    const migration = { slice: 'lines', file: 'schema.sql', sql: 'select 1;\nselect 2;\n' }
    await migrate(opened.owner, [migration])
    const windows = { ...migration, sql: migration.sql.replaceAll('\n', '\r\n') }
    expect((await migrate(opened.owner, [windows])).applied).toEqual([])
  })

  test('a statement that fails names its file and undoes the whole run', async () => {
    const good: Migration = { slice: 'good', file: 'schema.sql', sql: 'create table broken (id integer);' }
    const bad: Migration = { slice: 'bad', file: 'schema.sql', sql: 'create table oops (id nonsense);' }
    await expect(migrate(opened.owner, [good, bad])).rejects.toThrow(/bad\/schema\.sql cannot be applied: .*nonsense/)
    expect(await tables()).not.toContain('broken of metaagent_owner')
  })

  test('files of a newer program are told and left alone', async () => {
    const report = await migrate(opened.owner, [first])
    expect(report.unknown).toContain('one/schema.0002.sql')
  })

  test('a tenant table whose key does not begin with the organization is refused', async () => {
    const sql = `create table loose (id integer primary key, organization_id uuid not null);
      select metaagent_tenant_table('loose');`
    await expect(migrate(opened.owner, [{ slice: 'loose', file: 'schema.sql', sql }])).rejects.toThrow(
      'tenant table loose needs "organization_id uuid not null" first in its primary key',
    )
  })

  test('a table that is not partitioned by started_on cannot be registered as such', async () => {
    const sql = `create table flat (id integer primary key); select metaagent_partitioned_by_day('flat');`
    await expect(migrate(opened.owner, [{ slice: 'flat', file: 'schema.sql', sql }])).rejects.toThrow('started_on')
  })
})

describe.skipIf(postgresUrl() === null)('migrate on an empty PostgreSQL database', () => {
  let database: EmptyDatabase
  beforeAll(async () => {
    database = await createEmptyDatabase(postgresUrl() ?? '')
  })
  afterAll(async () => await database.drop())

  test('several processes that start at once apply every file exactly once', async () => {
    const program = fileURLToPath(new URL('../../testkit/migrate-process.ts', import.meta.url))
    const processes = Array.from({ length: 4 }, () => fork(program, [database.url], { stdio: 'pipe' }))
    const reports = await Promise.all(
      processes.map(async (child) => {
        const [message] = (await once(child, 'message')) as [{ applied: readonly string[] }]
        const [code] = (await once(child, 'exit')) as [number]
        expect(code).toBe(0)
        return message.applied
      }),
    )
    const applied = reports.flat()
    expect(applied.length).toBeGreaterThan(1)
    expect(new Set(applied).size).toBe(applied.length)
  })

  test('a login that may not prepare the database is told what to run', async () => {
    const owner = openSchemaOwner(await database.asLogin('stranger', ''))
    await expect(migrate(owner, [])).rejects.toThrow(/may not prepare the database/)
  })

  test('metaagent_owner itself can migrate when the roles are there', async () => {
    const owner = openSchemaOwner(await database.asLogin('steward', 'in role metaagent_owner'))
    expect((await migrate(owner, [third])).applied).toEqual(['two/schema.sql'])
  })
})
