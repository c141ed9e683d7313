import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope, Tx } from '../../ports/store.ts'
import { SqlError, StatementTimeout, TransactionAborted } from '../../ports/store-errors.ts'
import { describeOnStores, openTestStore } from '../../testkit/database.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { type FixtureTables, fixtureSchema } from '../../testkit/fixture-schema.ts'
import { MemoryLog } from '../../testkit/memory-log.ts'
import { seededIds } from '../../testkit/seeded-ids.ts'
import type { TestStore } from '../../testkit/test-stores.ts'

const ids = seededIds(new FakeClock(), 11)

interface Settings {
  readonly role: string
  readonly organization: string
  readonly scope: string
}

async function settings(tx: Tx): Promise<Settings> {
  const { rows } = await sql<Settings>`select current_user::text as role,
    current_setting('metaagent.organization_id', true) as organization,
    current_setting('metaagent.scope', true) as scope`.execute(tx.tables())
  return rows[0] as Settings
}

async function addNote(tx: Tx, noteId: number, body = 'text'): Promise<void> {
  await tx
    .tables<FixtureTables>()
    .insertInto('notes')
    .values({ organization_id: tx.organizationId, note_id: noteId, body })
    .execute()
}

async function noteIds(tx: Tx): Promise<readonly number[]> {
  const notes = await tx.tables<FixtureTables>().selectFrom('notes').select('note_id').orderBy('note_id').execute()
  return notes.map((note) => note.note_id)
}

describeOnStores('transactions', (kind) => {
  const log = new MemoryLog()
  let test_: TestStore
  let one: { readonly organizationId: string }
  let other: { readonly organizationId: string }

  beforeAll(async () => {
    test_ = await openTestStore(kind, { migrations: [fixtureSchema], log })
  })
  afterAll(async () => await test_.close())

  const newOrganizations = () => {
    one = { organizationId: ids.uuid() }
    other = { organizationId: ids.uuid() }
  }
  const run = async <T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> =>
    await test_.store.transaction(scope, work)

  const laterNote = (tx: Tx, noteId: number) =>
    tx
      .tables<FixtureTables>()
      .insertInto('notes')
      .values({ organization_id: tx.organizationId, note_id: noteId, body: 'later' })
      .compile()

  test('statements for the commit run in their order, after everything else and within it', async () => {
    newOrganizations()
    const seen = await run(one, async (tx) => {
      tx.atCommit(laterNote(tx, 1))
      tx.atCommit(sql`update notes set note_id = note_id * 10`.compile(tx.tables()))
      await addNote(tx, 7)
      return await noteIds(tx)
    })
    expect(seen).toEqual([7])
    expect(await run(one, noteIds)).toEqual([10, 70])
  })

  test('a transaction that only has statements for the commit keeps them', async () => {
    newOrganizations()
    await run(one, async (tx) => tx.atCommit(laterNote(tx, 3)))
    await run(one, async (tx) => tx.atCommit(laterNote(tx, 4)))
    expect(await run(one, noteIds)).toEqual([3, 4])
  })

  test('a refused statement at the commit undoes the whole transaction and leaves the session usable', async () => {
    newOrganizations()
    for (let time = 0; time < 5; time++) {
      const refused = run(one, async (tx) => {
        await addNote(tx, 1)
        tx.atCommit(laterNote(tx, 1))
      })
      await expect(refused).rejects.toBeInstanceOf(SqlError)
      expect(await run(one, noteIds)).toEqual([])
    }
    await run(one, async (tx) => tx.atCommit(laterNote(tx, 2)))
    expect(await run(one, noteIds)).toEqual([2])
  })

  test('statements for the commit of an inner scope run under that scope', async () => {
    newOrganizations()
    await run(one, async (tx) => {
      tx.atCommit(laterNote(tx, 1))
      await tx.within(other, async (inner) => inner.atCommit(laterNote(inner, 2)))
    })
    expect([await run(one, noteIds), await run(other, noteIds)]).toEqual([[1], [2]])
  })

  test('a statement for the commit that breaks a policy is refused', async () => {
    newOrganizations()
    const stranger = other.organizationId
    const refused = run(one, async (tx) => {
      tx.atCommit(
        sql`insert into notes (organization_id, note_id, body) values (${stranger}, 1, '')`.compile(tx.tables()),
      )
    })
    await expect(refused).rejects.toMatchObject({ code: '42501' })
  })

  test.each(['fresh', 'kept'] as const)('with %s plans inserts give the same rows again and again', async (plans) => {
    newOrganizations()
    for (let noteId = 1; noteId <= 8; noteId++)
      await test_.store.transaction(
        one,
        async (tx) => {
          await sql`insert into notes (organization_id, note_id, body) values (${tx.organizationId}, ${noteId}, 'x')`.execute(
            tx.tables(),
          )
          tx.atCommit(sql`update notes set body = 'y' where note_id = ${noteId}`.compile(tx.tables()))
        },
        { plans },
      )
    const bodies = await run(
      one,
      async (tx) => await tx.tables<FixtureTables>().selectFrom('notes').select('body').execute(),
    )
    expect(bodies.map(({ body }) => body)).toEqual(Array.from({ length: 8 }, () => 'y'))
  })

  test('work runs as metaagent_app in the scope that was asked for', async () => {
    newOrganizations()
    expect(await run(one, settings)).toEqual({
      role: 'metaagent_app',
      organization: one.organizationId,
      scope: 'organization',
    })
    expect(await run('deployment', settings)).toEqual({ role: 'metaagent_app', organization: '', scope: 'deployment' })
  })

  test('what resolves is committed, what rejects is rolled back and rethrown as it was', async () => {
    newOrganizations()
    await run(one, async (tx) => await addNote(tx, 1))
    const refusal = new Error('no')
    const failing = run(one, async (tx) => {
      await addNote(tx, 2)
      throw refusal
    })
    await expect(failing).rejects.toBe(refusal)
    expect(await run(one, noteIds)).toEqual([1])
  })

  test('neither scope leaks into the next transactions, after commit or rollback, over all pooled connections', async () => {
    newOrganizations()
    await run(one, async (tx) => await addNote(tx, 1))
    await run(one, async () => await Promise.reject(new Error('rolled back'))).catch(() => {})
    await run(one, async (tx) => await sql`select 1/0`.execute(tx.tables())).catch(() => {})
    const seen = await Promise.all(
      Array.from({ length: 40 }, async (_unused, index) => {
        const scope = index % 3 === 0 ? one : index % 3 === 1 ? other : ('deployment' as const)
        return { scope, notes: await run(scope, noteIds), settings: await run(scope, settings) }
      }),
    )
    for (const { scope, notes, settings: now } of seen) {
      expect(notes).toEqual(scope === one ? [1] : [])
      expect(now.organization).toBe(scope === 'deployment' ? '' : scope.organizationId)
    }
  })

  test('within switches the scope and restores it, also when its work throws', async () => {
    newOrganizations()
    const seen = await run(one, async (tx) => {
      const before = await settings(tx)
      const inside = await tx.within(other, async (inner) => {
        await addNote(inner, 7)
        return await inner.within('deployment', settings)
      })
      await tx.within(other, async () => await Promise.reject(new Error('refused'))).catch(() => {})
      return { before, inside, after: await settings(tx), own: await noteIds(tx) }
    })
    expect(seen.inside).toEqual({ role: 'metaagent_app', organization: '', scope: 'deployment' })
    expect(seen.after).toEqual(seen.before)
    expect(seen.own).toEqual([])
    expect(await run(other, noteIds)).toEqual([7])
  })

  test('a handle is refused while its within runs, and after its work has ended', async () => {
    newOrganizations()
    let kept: Tx | null = null
    await run(one, async (tx) => {
      kept = tx
      await tx.within(other, async () => await expect(noteIds(tx)).rejects.toThrow('another scope'))
    })
    await expect(noteIds(kept as unknown as Tx)).rejects.toThrow('until its work has ended')
  })

  test('a swallowed SQL error cannot look committed', async () => {
    newOrganizations()
    const swallowing = run(one, async (tx) => {
      await addNote(tx, 1)
      await sql`select 1/0`.execute(tx.tables()).catch(() => {})
      return 'looks fine'
    })
    await expect(swallowing).rejects.toThrow(TransactionAborted)
    await expect(swallowing).rejects.toMatchObject({ cause: { code: '22012' } })
    expect(await run(one, noteIds)).toEqual([])
  })

  test('an SQL error inside a savepoint that was rolled back does not end the transaction', async () => {
    newOrganizations()
    await run(one, async (tx) => {
      await addNote(tx, 1)
      await sql`savepoint attempt`.execute(tx.tables())
      await addNote(tx, 1).catch(() => {})
      await sql`rollback to savepoint attempt`.execute(tx.tables())
    })
    expect(await run(one, noteIds)).toEqual([1])
  })

  test('a refused statement throws an SqlError with the code and the constraint', async () => {
    newOrganizations()
    await run(one, async (tx) => await addNote(tx, 1))
    const error: unknown = await run(one, async (tx) => await addNote(tx, 1)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SqlError)
    expect(error).toMatchObject({ code: '23505', fields: { table: 'notes', constraint: 'notes_pkey' } })
  })

  test('a wrong parameter is refused by the database and leaves the store usable', async () => {
    newOrganizations()
    const wrong = run(one, async (tx) => await sql`select ${'maybe'}::boolean`.execute(tx.tables()))
    await expect(wrong).rejects.toMatchObject({ code: '22P02' })
    expect(await run(one, noteIds)).toEqual([])
  })

  test('afterCommit runs once after a commit, in order and also from within, and never after a rollback', async () => {
    newOrganizations()
    const fired: string[] = []
    await run(one, async (tx) => {
      tx.afterCommit(() => fired.push('first'))
      await tx.within(other, async (inner) => inner.afterCommit(() => fired.push('inner')))
      expect(fired).toEqual([])
    })
    expect(fired).toEqual(['first', 'inner'])
    await run(one, async (tx) => {
      tx.afterCommit(() => fired.push('never'))
      throw new Error('rolled back')
    }).catch(() => {})
    expect(fired).toEqual(['first', 'inner'])
  })

  test('an effect that throws is logged and the others still run', async () => {
    newOrganizations()
    const fired: string[] = []
    await run(one, async (tx) => {
      tx.afterCommit(() => {
        throw new Error('broken effect')
      })
      tx.afterCommit(() => fired.push('second'))
    })
    expect(fired).toEqual(['second'])
    expect(
      log.lines.some((line) => line.level === 'error' && String(line.fields['error']).includes('broken effect')),
    ).toBe(true)
  })

  test('a statement over the limit rejects with StatementTimeout, is rolled back, and the store goes on', async () => {
    newOrganizations()
    const endless = 'select count(*) from generate_series(1, 2000000000) a, generate_series(1, 1000) b'
    const startedAt = performance.now()
    const slow = test_.store.transaction(
      one,
      async (tx) => {
        await addNote(tx, 1)
        await sql.raw(endless).execute(tx.tables())
      },
      { statementTimeoutMs: 300 },
    )
    await expect(slow).rejects.toThrow(StatementTimeout)
    await run(one, async (tx) => await addNote(tx, 2))
    expect(await run(one, noteIds)).toEqual([2])
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  test('a copy into a temporary table arrives whole, nulls and tabs included', async () => {
    newOrganizations()
    const rows = new TextEncoder().encode(`1\tfirst\n2\t\\N\n3\ttab \\t line \\n ünï\n`)
    const seen = await run(one, async (tx) => {
      await sql`create temporary table staged (note_id integer, body text) on commit drop`.execute(tx.tables())
      expect(await tx.copyInto('staged', ['note_id', 'body'], rows)).toBe(3)
      expect((await settings(tx)).role).toBe('metaagent_app')
      return (await sql`select note_id, body from staged order by note_id`.execute(tx.tables())).rows
    })
    expect(seen).toEqual([
      { note_id: 1, body: 'first' },
      { note_id: 2, body: null },
      { note_id: 3, body: 'tab \t line \n ünï' },
    ])
  })

  test('a copy cannot reach a table under row-level security', async () => {
    newOrganizations()
    const row = new TextEncoder().encode(`${other.organizationId}\t1\tstolen\n`)
    const copying = run(one, async (tx) => await tx.copyInto('notes', ['organization_id', 'note_id', 'body'], row))
    await expect(copying).rejects.toMatchObject({ code: expect.stringMatching(/42P01|3F000/) })
    expect(await run(other, noteIds)).toEqual([])
  })

  test('a broken row of a copy is refused and rolls everything back', async () => {
    newOrganizations()
    const copying = run(one, async (tx) => {
      await addNote(tx, 1)
      await sql`create temporary table staged (note_id integer) on commit drop`.execute(tx.tables())
      await tx.copyInto('staged', ['note_id'], new TextEncoder().encode('1\nnot a number\n'))
    })
    await expect(copying).rejects.toMatchObject({ code: '22P02' })
    expect(await run(one, noteIds)).toEqual([])
  })

  test('an organization id that is no UUID never reaches the database', async () => {
    const evil = { organizationId: `'; reset role; --` }
    await expect(run(evil, noteIds)).rejects.toThrow('not a UUID')
  })

  test('the number of changed rows is told alike', async () => {
    newOrganizations()
    await run(one, async (tx) => {
      for (const noteId of [1, 2, 3]) await addNote(tx, noteId)
      const db = tx.tables<FixtureTables>()
      const updated = await db.updateTable('notes').set({ body: 'new' }).where('note_id', '>', 1).executeTakeFirst()
      expect(updated.numUpdatedRows).toBe(2n)
      const none = await db.updateTable('notes').set({ body: 'new' }).where('note_id', '>', 9).executeTakeFirst()
      expect(none.numUpdatedRows).toBe(0n)
      const deleted = await db.deleteFrom('notes').where('note_id', '=', 1).executeTakeFirst()
      expect(deleted.numDeletedRows).toBe(1n)
    })
  })

  test('many transactions at once each see their own organization', async () => {
    const organizations = Array.from({ length: 24 }, () => ({ organizationId: ids.uuid() }))
    await Promise.all(
      organizations.map(async (scope, index) => await run(scope, async (tx) => await addNote(tx, index))),
    )
    const seen = await Promise.all(organizations.map(async (scope) => await run(scope, noteIds)))
    expect(seen).toEqual(organizations.map((_scope, index) => [index]))
  })

  test('hints reach every listener of the channel, repeated ones once, and none after stopping', async () => {
    const heard: string[] = []
    let arrived: () => void = () => {}
    const nextHint = () =>
      new Promise<void>((resolve) => {
        arrived = resolve
      })
    const first = nextHint()
    const stop = await test_.store.listen('fixture_hints', (payload) => {
      heard.push(payload)
      arrived()
    })
    test_.store.notify('fixture_hints', 'a')
    test_.store.notify('fixture_hints', 'a')
    test_.store.notify('fixture_hints', 'a')
    await first
    const fromSql = nextHint()
    await run(one, async (tx) => await sql`select pg_notify('fixture_hints', 'from sql')`.execute(tx.tables()))
    await fromSql
    expect(heard).toEqual(['a', 'from sql'])
    await stop()
    test_.store.notify('fixture_hints', 'late')
    test_.store.notify('other_channel')
    expect(heard).toEqual(['a', 'from sql'])
  })

  test('statements that are kept prepared follow a change of the schema, at the latest at the second try', async () => {
    newOrganizations()
    await run(one, async (tx) => await addNote(tx, 1))
    const readAll = async () =>
      await run(one, async (tx) => await tx.tables<FixtureTables>().selectFrom('notes').selectAll().execute())
    for (let round = 0; round < 12; round++) expect(await readAll()).toHaveLength(1)
    await test_.owner.migrate(async (owner) => await owner.exec('alter table notes add column extra integer default 7'))
    for (let connection = 0; connection < 10; connection++) {
      await readAll().catch((error: unknown) => expect(error).toMatchObject({ name: 'StoreUnavailable' }))
    }
    const [note] = await readAll()
    expect(note).toEqual({ organization_id: one.organizationId, note_id: 1, body: 'text', extra: 7 })
    await test_.owner.migrate(async (owner) => await owner.exec('alter table notes drop column extra'))
    for (let connection = 0; connection < 10; connection++) await readAll().catch(() => {})
  })

  test('a statement of varying text does not fill the server with prepared ones', async () => {
    newOrganizations()
    await run(one, async (tx) => {
      for (let round = 0; round < 30; round++) await sql.raw(`select ${round} as v`).execute(tx.tables())
      const { rows } = await sql<{ n: number }>`select count(*) as n from pg_prepared_statements
        where statement like 'select %as v'`.execute(tx.tables())
      expect(rows).toEqual([{ n: 0 }])
    })
  })

  test('a slow transaction is logged with what it did', async () => {
    newOrganizations()
    const slowLog = new MemoryLog()
    const patient = await openTestStore(kind, { migrations: [fixtureSchema], log: slowLog, slowTransactionMs: 0 })
    await patient.store.transaction(one, noteIds)
    await patient.close()
    expect(slowLog.lines).toContainEqual({
      level: 'warn',
      message: 'slow transaction',
      fields: expect.objectContaining({ organizationId: one.organizationId, statements: 1 }),
    })
  })
})
