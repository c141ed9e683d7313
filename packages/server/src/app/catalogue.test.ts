import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OwnerSql } from '../ports/store.ts'
import { describeOnStores, openTestStore } from '../testkit/database.ts'
import { fixtureSchema } from '../testkit/fixture-schema.ts'
import type { TestStore } from '../testkit/test-stores.ts'
import { collectMigrations } from './migrations.ts'

/** The queue library's own tables, which may hold ids only. */
const foreignSchemas = ['pgboss']

/** Indexes that do not begin with the organization, each with its reason. */
const indexExceptions: Readonly<Record<string, string>> = {
  journal_events_in_commit_order: 'subscribers read all organizations in commit order',
}

const definerFunctions = [
  'metaagent_drop_day_partitions',
  'metaagent_ensure_day_partitions',
  // Deletes entries of the trust journal that a kept snapshot stands for, of the caller's organization, and records it.
  'metaagent_retire_trust_journal',
]
/** With the caller's own rights. */
const invokerFunctions = ['metaagent_settled_before']

/** Our tables with what they were declared to be; a partition has its parent's declaration. */
const tables = `
  with ours as (
    select c.oid, c.relname::text as name, c.relispartition as is_partition, c.relowner::regrole::text as owner,
      c.relrowsecurity and c.relforcerowsecurity as forced, c.relacl,
      coalesce((select inhparent::regclass::text from pg_inherits where inhrelid = c.oid), c.relname::text) as declared_as
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname <> all (array['${foreignSchemas.join("','")}'])
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  )
  select ours.*, a.kind, a.append_only, a.deployment_reads, a.readable_everywhere
  from ours left join table_access a on a.table_name = ours.declared_as`

const expectedCommands = (appendOnly: boolean) =>
  appendOnly ? ['insert', 'select'] : ['delete', 'insert', 'select', 'update']

describeOnStores('the catalogue', (kind) => {
  let opened: TestStore
  beforeAll(async () => {
    opened = await openTestStore(kind, { migrations: [...collectMigrations(), fixtureSchema] })
    await opened.store.transaction('deployment', async (tx) => {
      const parents = await sql<{ name: string }>`select table_name as name from day_partitioned_tables`.execute(
        tx.tables(),
      )
      for (const { name } of parents.rows) {
        await sql`select metaagent_ensure_day_partitions(${name}, ${['2026-01-01', '2026-01-02']})`.execute(tx.tables())
      }
    })
  })
  afterAll(async () => await opened.close())

  const asSuperuser = async <Row>(statement: string): Promise<readonly Row[]> =>
    await opened.owner.migrate(async (owner: OwnerSql) => {
      await owner.exec('set local role none')
      return await owner.query<Row>(statement)
    })

  test('every table is declared, owned by metaagent_owner and under forced row-level security', async () => {
    const found = await asSuperuser<{ name: string; owner: string; forced: boolean; kind: string | null }>(tables)
    expect(found.length).toBeGreaterThan(8)
    for (const table of found) {
      expect(table, table.name).toMatchObject({ owner: 'metaagent_owner', forced: true, kind: expect.any(String) })
    }
    const declared = await asSuperuser<{ name: string }>('select table_name as name from table_access')
    expect(found.map((table) => table.name)).toEqual(expect.arrayContaining(declared.map((table) => table.name)))
  })

  test('every table has exactly one policy for each command that it allows, for everybody', async () => {
    const found = await asSuperuser<{ name: string; append_only: boolean; commands: string[]; narrow: boolean }>(`
      select t.name, t.append_only, array_remove(array_agg(case p.polcmd when 'r' then 'select' when 'a' then 'insert'
          when 'w' then 'update' when 'd' then 'delete' else 'all' end order by 1), null) as commands,
        bool_or(not p.polpermissive or p.polroles <> '{0}') as narrow
      from (${tables}) t left join pg_policy p on p.polrelid = t.oid where not t.is_partition group by 1, 2`)
    for (const table of found) {
      expect([...table.commands].sort(), table.name).toEqual(expectedCommands(table.append_only))
      expect(table.narrow, table.name).toBe(false)
    }
  })

  test('the serving role has the rights of the declared commands and nobody else has any', async () => {
    const found = await asSuperuser<{ name: string; append_only: boolean; is_partition: boolean; rights: string[] }>(`
      select t.name, t.append_only, t.is_partition, coalesce(array_agg(
          case when g.grantee = 0 then 'public' else g.grantee::regrole::text end || ' ' || lower(g.privilege_type))
          filter (where g.grantee is not null and g.grantee::regrole::text <> t.owner), '{}') as rights
      from (${tables}) t left join lateral aclexplode(t.relacl) g on true group by 1, 2, 3`)
    for (const table of found) {
      const expected = table.is_partition
        ? []
        : expectedCommands(table.append_only).map((right) => `metaagent_app ${right}`)
      expect([...table.rights].sort(), table.name).toEqual(expected)
    }
  })

  test('day partitions exist and have no policy of their own, so that they deny everything', async () => {
    const found = await asSuperuser<{ name: string; policies: number }>(
      `select t.name, (select count(*) from pg_policy where polrelid = t.oid) as policies from (${tables}) t where t.is_partition`,
    )
    expect(found.length).toBeGreaterThan(1)
    for (const table of found) expect(table, table.name).toMatchObject({ policies: 0 })
  })

  test('every index of a tenant table begins with the organization', async () => {
    const found = await asSuperuser<{ name: string; first: string | null }>(`
      select i.indexrelid::regclass::text as name,
        (select attname::text from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[0]) as first
      from (${tables}) t join pg_index i on i.indrelid = t.oid where t.kind = 'tenant' and not t.is_partition`)
    const others = found.filter((index) => index.first !== 'organization_id').map((index) => index.name)
    expect(others.sort()).toEqual(Object.keys(indexExceptions).sort())
  })

  test('a foreign key between tenant tables begins with the organization on both sides', async () => {
    const found = await asSuperuser<{ name: string; own: string; other: string }>(`
      select t.name || '.' || c.conname as name,
        (select attname::text from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]) as own,
        (select attname::text from pg_attribute where attrelid = c.confrelid and attnum = c.confkey[1]) as other
      from (${tables}) t join pg_constraint c on c.conrelid = t.oid and c.contype = 'f'
      join table_access target on target.table_name = c.confrelid::regclass::text
      where t.kind = 'tenant' and target.kind = 'tenant' and not t.is_partition`)
    expect(found.length).toBeGreaterThan(0)
    for (const key of found) {
      expect(key, key.name).toMatchObject({ own: 'organization_id', other: 'organization_id' })
    }
  })

  test('times have a zone, and money is a whole number of nano-dollars', async () => {
    const found = await asSuperuser<{ name: string }>(`
      select t.name || '.' || a.attname as name from (${tables}) t
      join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      where a.atttypid = 'timestamp'::regtype or (a.attname ~ '_nano_usd$' and a.atttypid <> 'bigint'::regtype)
        or (a.attname = 'organization_id' and (a.atttypid <> 'uuid'::regtype or (t.kind = 'tenant' and not a.attnotnull)))`)
    expect(found).toEqual([])
  })

  test('no view shows more than its reader may see', async () => {
    const found = await asSuperuser<{ name: string }>(`
      select c.oid::regclass::text as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and (c.relkind = 'm' or (c.relkind = 'v'
        and not coalesce(c.reloptions::text[] && array['security_invoker=true', 'security_invoker=on'], false)))`)
    expect(found).toEqual([])
  })

  test('only the named functions run with the rights of the owner, with a fixed search path', async () => {
    const found = await asSuperuser<{ name: string; path: string | null }>(`
      select p.proname::text as name, (select c from unnest(p.proconfig) c where c like 'search_path=%') as path
      from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace order by 1`)
    expect(found.map((one) => one.name)).toEqual(definerFunctions)
    for (const one of found) expect(one.path).toBe('search_path=pg_catalog, public, pg_temp')
  })

  test('the serving role may call the named functions only, and create nothing that lasts', async () => {
    const found = await asSuperuser<{ name: string }>(`
      select proname::text as name from pg_proc
      where proowner = 'metaagent_owner'::regrole and has_function_privilege('metaagent_app', oid, 'execute') order by 1`)
    expect(found.map((one) => one.name)).toEqual([...definerFunctions, ...invokerFunctions].toSorted())
    const [rights] = await asSuperuser<Record<string, boolean>>(`
      select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
        has_schema_privilege('metaagent_app', 'public', 'create') as creates_tables,
        has_database_privilege('metaagent_app', current_database(), 'create') as creates_schemas
      from pg_roles where rolname = 'metaagent_app'`)
    expect(Object.entries(rights ?? {}).filter(([, held]) => held)).toEqual([])
  })
})
