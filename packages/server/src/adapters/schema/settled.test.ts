import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestStore, postgresUrl } from '../../testkit/database.ts'
import { fixtureSchema } from '../../testkit/fixture-schema.ts'
import { createEmptyDatabase, databaseUrl, type EmptyDatabase, type TestStore } from '../../testkit/test-stores.ts'

const cluster = postgresUrl()

describe.skipIf(cluster === null)('what is settled on a cluster that others use, too', () => {
  let opened: TestStore
  let other: EmptyDatabase
  const clients: pg.Client[] = []
  beforeAll(async () => {
    opened = await openTestStore('postgres', { migrations: [fixtureSchema] })
    other = await createEmptyDatabase(cluster ?? '')
  })
  afterAll(async () => {
    for (const client of clients) await client.end()
    await opened.close()
    await other.drop()
  })

  /** Begins a transaction that has an id, and leaves it open. */
  const beginIn = async (url: string): Promise<{ xid: bigint; client: pg.Client }> => {
    const client = new pg.Client({ connectionString: url })
    clients.push(client)
    await client.connect()
    await client.query('begin')
    const { rows } = await client.query<{ xid: string }>('select pg_current_xact_id() as xid')
    return { xid: BigInt(rows[0]?.xid ?? 0), client }
  }
  /** Where a reader that is no superuser stops. */
  const settledBefore = async () =>
    await opened.store.transaction('deployment', async (tx) => {
      const { rows } = await sql<{ settled: string; oldest: string }>`select metaagent_settled_before() as settled,
        pg_snapshot_xmin(pg_current_snapshot()) as oldest`.execute(tx.tables())
      return { settled: BigInt(rows[0]?.settled ?? 0), oldest: BigInt(rows[0]?.oldest ?? 0) }
    })
  const here = () => {
    const { pathname } = new URL(opened.location)
    return databaseUrl(cluster ?? '', pathname.slice(1))
  }

  test('a long transaction of another database holds up nobody, one of this database holds up what came after it', async () => {
    const elsewhere = await beginIn(other.url)
    const written = await beginIn(here())
    await written.client.query('commit')
    const before = await settledBefore()
    expect(before.oldest <= elsewhere.xid).toBe(true)
    expect(before.settled > written.xid).toBe(true)
    const ours = await beginIn(here())
    expect((await settledBefore()).settled).toBe(ours.xid)
    await ours.client.query('commit')
    expect((await settledBefore()).settled > ours.xid).toBe(true)
    await elsewhere.client.query('rollback')
  })

  test('the own transaction is never settled, whatever ended after it began', async () => {
    await opened.store.transaction('deployment', async (tx) => {
      const { rows: own } = await sql<{ xid: string }>`select pg_current_xact_id() as xid`.execute(tx.tables())
      const later = await beginIn(here())
      await later.client.query('commit')
      const { rows } = await sql<{ settled: string }>`select metaagent_settled_before() as settled`.execute(tx.tables())
      expect(rows[0]?.settled).toBe(own[0]?.xid)
    })
  })
})
