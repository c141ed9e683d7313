import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UnsafeStoreSetup } from '../../ports/store-errors.ts'
import { postgresUrl } from '../../testkit/database.ts'
import { MemoryLog } from '../../testkit/memory-log.ts'
import { createEmptyDatabase, type EmptyDatabase } from '../../testkit/test-stores.ts'
import { migrate } from '../schema/migrate.ts'
import { openPostgres } from './postgres-store.ts'
import { openSchemaOwner } from './schema-owner.ts'

describe.skipIf(postgresUrl() === null)('the serving login', () => {
  let database: EmptyDatabase
  beforeAll(async () => {
    database = await createEmptyDatabase(postgresUrl() ?? '')
  })
  afterAll(async () => await database.drop())

  const serve = async (connectionString: string) => {
    const store = await openPostgres({ connectionString, log: new MemoryLog() })
    await store.close()
  }
  const serveAs = async (attributes: string) => await serve(await database.asLogin('login', attributes))

  test('a database without the schema is refused with the command to run', async () => {
    await expect(serveAs('')).rejects.toThrow('metaagent migrate')
    await migrate(openSchemaOwner(database.url), [])
  })

  test('a member of metaagent_app and nothing more may serve', async () => {
    await expect(serveAs('in role metaagent_app')).resolves.toBeUndefined()
  })

  test('a superuser is refused', async () => {
    await expect(serve(database.url)).rejects.toThrow(UnsafeStoreSetup)
    await expect(serve(database.url)).rejects.toThrow('is a superuser')
  })

  test('BYPASSRLS is refused', async () => {
    await expect(serveAs('bypassrls in role metaagent_app')).rejects.toThrow('has BYPASSRLS')
  })

  test('a member of the owner is refused', async () => {
    await expect(serveAs('in role metaagent_app, metaagent_owner')).rejects.toThrow('member of it and could switch')
  })

  test('a login that may become somebody dangerous is refused', async () => {
    await expect(serveAs('in role metaagent_app, pg_execute_server_program')).rejects.toThrow(
      'pg_execute_server_program',
    )
  })

  test('a login that may not act as metaagent_app is refused with the grant to run', async () => {
    await expect(serveAs('')).rejects.toThrow(/grant metaagent_app to "login_/)
  })

  test('the owner of a table is refused, by the name of the table', async () => {
    const url = await database.asLogin('login', 'in role metaagent_app')
    const admin = new pg.Client({ connectionString: database.url })
    await admin.connect()
    const login = new URL(url).username
    await admin.query(`create table mine (id integer); alter table mine owner to ${login}`)
    await expect(serve(url)).rejects.toThrow('owns the table mine')
    await admin.query('drop table mine')
    await admin.end()
    await serve(url)
  })

  test('a server that cannot be reached is told as such, without the password', async () => {
    const nowhere = serve('postgres://somebody:secret@127.0.0.1:1/nothing')
    await expect(nowhere).rejects.toMatchObject({ name: 'StoreUnavailable' })
    await expect(nowhere).rejects.not.toThrow('secret')
  })
})
