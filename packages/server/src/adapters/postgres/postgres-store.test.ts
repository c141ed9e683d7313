import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../ports/store-errors.ts'
import { openTestStore, postgresUrl } from '../../testkit/database.ts'
import { type FixtureTables, fixtureSchema } from '../../testkit/fixture-schema.ts'
import type { TestStore } from '../../testkit/test-stores.ts'

const organization = { organizationId: '01890b8e-7b3a-7cc3-98c4-dc0c0c07398f' }

describe.skipIf(postgresUrl() === null)('the PostgreSQL store', () => {
  let opened: TestStore
  let admin: pg.Client
  beforeAll(async () => {
    opened = await openTestStore('postgres', { migrations: [fixtureSchema] })
    admin = new pg.Client({ connectionString: postgresUrl() ?? '' })
    await admin.connect()
  })
  afterAll(async () => {
    await admin.end()
    await opened.close()
  })

  const database = () => new URL(opened.location).pathname.slice(1)
  /** Ends this store's connections as a restart of the server would. */
  const cutConnections = async (application: string) => {
    const { rowCount } = await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = $2`,
      [database(), application],
    )
    return rowCount ?? 0
  }
  const countNotes = async () =>
    await opened.store.transaction(organization, async (tx) => {
      const rows = await tx.tables<FixtureTables>().selectFrom('notes').selectAll().execute()
      return rows.length
    })

  test('a connection lost inside a transaction rejects it as unavailable, and the next one works', async () => {
    const cut = opened.store.transaction(organization, async (tx) => {
      await tx
        .tables<FixtureTables>()
        .insertInto('notes')
        .values({ organization_id: tx.organizationId, note_id: 1, body: '' })
        .execute()
      await cutConnections('metaagent')
      await sql`select 1`.execute(tx.tables())
    })
    await expect(cut).rejects.toThrow(StoreUnavailable)
    expect(await countNotes()).toBe(0)
  })

  test('idle connections that the server ends are replaced', async () => {
    await countNotes()
    expect(await cutConnections('metaagent')).toBeGreaterThan(0)
    await expect.poll(async () => await countNotes().catch(() => -1)).toBe(0)
  })

  test('the hint connection comes back by itself and makes every listener look', async () => {
    const heard: string[] = []
    const stop = await opened.store.listen('reconnect', (payload) => heard.push(payload))
    expect(await cutConnections('metaagent hints')).toBe(1)
    await expect.poll(() => heard).toEqual([''])
    opened.store.notify('reconnect', 'after')
    await expect.poll(() => heard).toEqual(['', 'after'])
    await stop()
  })

  test('a hint between two processes arrives, and an oversized payload is left out', async () => {
    const heard: string[] = []
    const stop = await opened.store.listen('between', (payload) => heard.push(payload))
    opened.store.notify('between', 'x'.repeat(9_000))
    await expect.poll(() => heard).toEqual([''])
    await stop()
  })

  test('the status names the place without a password, and a closed store is unavailable', async () => {
    const status = await opened.store.status()
    expect(status).toMatchObject({ kind: 'postgres', location: expect.stringContaining(`/${database()}`) })
    expect(status.location).not.toContain('@')
    const other = await openTestStore('postgres', { migrations: [] })
    await other.close()
    await expect(other.store.transaction('deployment', async () => {})).rejects.toThrow(StoreUnavailable)
  })
})
