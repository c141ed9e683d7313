import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '../../ports/store.ts'
import { describeOnStores, openTestStore } from '../../testkit/database.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { type FixtureTables, fixtureSchema } from '../../testkit/fixture-schema.ts'
import { seededIds } from '../../testkit/seeded-ids.ts'
import type { TestStore } from '../../testkit/test-stores.ts'

const ids = seededIds(new FakeClock(), 12)

describeOnStores('day partitions', (kind) => {
  const organization = { organizationId: ids.uuid() }
  let opened: TestStore
  beforeAll(async () => {
    opened = await openTestStore(kind, { migrations: [fixtureSchema] })
  })
  afterAll(async () => await opened.close())

  const ensure = async (scope: Scope, days: readonly string[], parent = 'note_visits') =>
    await opened.store.transaction(scope, async (tx) => {
      const { rows } = await sql<{
        made: number
      }>`select metaagent_ensure_day_partitions(${parent}, ${days}) as made`.execute(tx.tables())
      return rows[0]?.made
    })
  const drop = async (scope: Scope, before: string) =>
    await opened.store.transaction(scope, async (tx) => {
      const { rows } = await sql<{ dropped: number }>`
        select metaagent_drop_day_partitions('note_visits', ${before}) as dropped`.execute(tx.tables())
      return rows[0]?.dropped
    })
  const visit = async (day: string, visitId: number) =>
    await opened.store.transaction(organization, async (tx) => {
      const db = tx.tables<FixtureTables>()
      const organization_id = tx.organizationId
      await db
        .insertInto('notes')
        .values({ organization_id, note_id: 1, body: '' })
        .onConflict((on) => on.doNothing())
        .execute()
      await db
        .insertInto('note_visits')
        .values({ organization_id, started_on: day, visit_id: visitId, note_id: 1 })
        .execute()
    })

  test('missing days are made from any scope, present ones are left, and rows land in them', async () => {
    expect(await ensure(organization, ['2026-03-01', '2026-03-02', '2026-03-02'])).toBe(2)
    expect(await ensure('deployment', ['2026-03-02', '2026-03-03'])).toBe(1)
    expect(await ensure(organization, ['2026-03-01', '2026-03-03'])).toBe(0)
    await visit('2026-03-02', 1)
    await expect(visit('2026-03-09', 2)).rejects.toMatchObject({ code: '23514' })
  })

  test('many transactions may ask for the same days at once, round after round on the same connections', async () => {
    for (let month = 1; month <= 12; month++) {
      const days = ['01', '02', '03', '04', '05'].map((day) => `2024-${String(month).padStart(2, '0')}-${day}`)
      const made = await Promise.all(Array.from({ length: 8 }, async () => await ensure(organization, days)))
      expect(made.reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(days.length)
    }
  })

  test('only registered parents and sane days are accepted', async () => {
    await expect(ensure(organization, ['2026-03-01'], 'notes')).rejects.toMatchObject({ code: 'MA003' })
    await expect(ensure(organization, ['2026-03-01'], 'pg_class; drop table notes')).rejects.toMatchObject({
      code: 'MA003',
    })
    await expect(ensure(organization, ['0001-01-01'])).rejects.toMatchObject({ code: '22008' })
    await expect(ensure(organization, ['infinity'])).rejects.toMatchObject({ code: '22008' })
  })

  test('a partition has forced row-level security, no policy, and is closed to the serving role', async () => {
    await ensure(organization, ['2026-05-01'])
    const direct = opened.store.transaction(
      organization,
      async (tx) => await sql`select * from note_visits_20260501`.execute(tx.tables()),
    )
    await expect(direct).rejects.toMatchObject({ code: '42501' })
  })

  test('whole days before a date are dropped, by the deployment only', async () => {
    await ensure('deployment', ['2023-01-01', '2023-01-02', '2023-01-03'])
    await expect(drop(organization, '2023-01-03')).rejects.toMatchObject({ code: '42501' })
    expect(await drop('deployment', '2023-01-03')).toBe(2)
    expect(await drop('deployment', '2023-01-03')).toBe(0)
    expect(await ensure('deployment', ['2023-01-03'])).toBe(0)
    expect(await ensure('deployment', ['2023-01-02'])).toBe(1)
  })

  test('above 2,000 partitions more are refused with a code of their own', async () => {
    await opened.owner
      .migrate(async (owner) => {
        // Makes the parent look full without making two thousand tables: the children are counted, whatever they are.
        await owner.exec(`
        set local role none;
        insert into pg_inherits (inhrelid, inhparent, inhseqno, inhdetachpending)
        select 4000000000 + n, 'note_visits'::regclass, 1, false from generate_series(1, 2000) n;`)
        const full = owner
          .query(`set local role metaagent_app`)
          .then(async () => await owner.query(`select metaagent_ensure_day_partitions('note_visits', '{2027-01-01}')`))
        await expect(full).rejects.toMatchObject({ code: 'MA001' })
        throw new Error('undo')
      })
      .catch((error: Error) => expect(error.message).toBe('undo'))
  })
})
