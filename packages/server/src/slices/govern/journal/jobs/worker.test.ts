import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../../adapters/system/system-clock.ts'
import { systemRandom } from '../../../../adapters/system/system-random.ts'
import { uuidV7 } from '../../../../adapters/system/uuid-v7.ts'
import { collectMigrations } from '../../../../app/migrations.ts'
import type { Deps, Subscription } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { StoreUnavailable } from '../../../../ports/store-errors.ts'
import { describeOnStores, openTestStore } from '../../../../testkit/database.ts'
import { createTestDeps } from '../../../../testkit/test-deps.ts'
import type { TestStore } from '../../../../testkit/test-stores.ts'
import { append, createJournalWorker, type NewEvent } from '../index.ts'

const handledTable = {
  slice: 'test',
  file: 'schema.sql',
  sql: `create table handled (
      organization_id uuid not null, row_id bigint not null generated always as identity,
      subscriber text not null, event_id uuid not null, subject text not null,
      primary key (organization_id, row_id));
    select metaagent_tenant_table('handled', deployment_reads => true)`,
}

const actor = { kind: 'system', id: 'test' } as const

function newEvent(subject: string, correlationId?: string): NewEvent {
  const payload = { name: 'production' }
  const story = correlationId === undefined ? {} : { correlationId }
  return { type: 'registry.environment.registered', subject, actor, payload, ...story }
}

/** A subscriber that writes each event into `handled`, in the delivery's transaction. */
function writing(name: string, more: Partial<Subscription> = {}): Subscription {
  return {
    name,
    pattern: '*',
    handle: async (_deps, tx, event) => {
      await sql`insert into handled (organization_id, subscriber, event_id, subject)
        values (${event.organizationId}, ${name}, ${event.eventId}, ${event.subject})`.execute(tx.tables())
    },
    ...more,
  }
}

/** The subjects that a subscriber handled, in order. */
async function handledBy(deps: Deps, name: string): Promise<string[]> {
  const { rows } = await deps.store.transaction('deployment', (tx) =>
    sql<{ subject: string }>`select subject from handled where subscriber = ${name} order by row_id`.execute(
      tx.tables(),
    ),
  )
  return rows.map((row) => row.subject)
}

interface CursorState {
  readonly attempts: number
  readonly retried: number
  readonly delivered: number
  readonly dead_letters: number
  readonly lease_holder: string | null
}

async function cursorsOf(deps: Deps, name: string): Promise<readonly CursorState[]> {
  const { rows } = await deps.store.transaction('deployment', (tx) =>
    sql<CursorState>`select attempts, retried, delivered, dead_letters, lease_holder
      from journal_cursors where subscriber = ${name} order by lane`.execute(tx.tables()),
  )
  return rows
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let looks = 0; !(await holds()); looks++) {
    if (looks > 4_000) throw new Error('what the test waits for does not come')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describeOnStores('the journal worker', (kind) => {
  let opened: TestStore
  beforeAll(async () => {
    opened = await openTestStore(kind, { migrations: [...collectMigrations(), handledTable] })
  })
  afterAll(async () => await opened.close())

  const realDeps = () => ({
    ...createTestDeps(opened.store, { clock: systemClock }),
    ids: uuidV7(systemClock, systemRandom),
  })
  let organizations = 0
  const newOrganization = () => `01900000-0000-7000-8000-${String(++organizations).padStart(12, '0')}`
  const appendIn = async (deps: Deps, organizationId: string, events: readonly NewEvent[]) =>
    await deps.store.transaction({ organizationId }, (tx) => append(deps, tx, events))
  /** Everything journaled so far by other tests is none of this subscriber's business. */
  const fresh = (name: string, more: Partial<Subscription> = {}) =>
    writing(`${name} ${randomUUID()}`, { startAt: 'now', ...more })
  const registered = async (deps: Deps, subscription: Subscription) => {
    await createJournalWorker(deps, [subscription]).runOnce()
    return subscription
  }

  test('J3: a subscriber of batches has each event once, in order, and one by one where a batch fails', async () => {
    const deps = realDeps()
    const organizationId = newOrganization()
    const sizes: number[] = []
    const { name, handle, ...rest } = fresh('batches')
    const subscription = await registered(deps, {
      ...rest,
      name,
      handle,
      handleBatch: async (inner, tx, events) => {
        sizes.push(events.length)
        for (const event of events) await handle(inner, tx, event, undefined)
        if (events.some(({ subject }) => subject === 'e7')) throw new Error('not with this one')
      },
    })
    const subjects = Array.from({ length: 20 }, (_, at) => `e${at}`)
    await appendIn(
      deps,
      organizationId,
      subjects.map((subject) => newEvent(subject)),
    )
    await createJournalWorker(deps, [subscription]).runOnce()
    expect(await handledBy(deps, name)).toEqual(subjects)
    expect(Math.max(...sizes)).toBe(20)
    expect((await cursorsOf(deps, name))[0]).toMatchObject({ attempts: 0, retried: 0, delivered: 20 })
  })

  test('J1: no committed event is lost under concurrent writers with long and short transactions', async () => {
    const deps = realDeps()
    const organizationId = newOrganization()
    const subscriptions = [fresh('all'), fresh('lanes', { lanes: 4 })]
    const worker = createJournalWorker(deps, subscriptions, { lingerMs: 1 })
    await worker.runOnce()
    const naive = kind === 'postgres' ? readNaively(deps, organizationId) : null
    worker.start()
    let committed = 0
    const writer = async (seed: number) => {
      for (let round = 0; round < (kind === 'postgres' ? 25 : 8); round++) {
        const count = 1 + ((seed + round) % 3)
        const holdMs = (seed * 7 + round * 13) % 10 === 0 ? 60 : (seed + round) % 3
        const fails = (seed + round) % 11 === 0
        await deps.store
          .transaction({ organizationId }, async (tx) => {
            await append(
              deps,
              tx,
              Array.from({ length: count }, () => newEvent('burst')),
            )
            if (holdMs > 0) await sql`select pg_sleep(${holdMs / 1000})`.execute(tx.tables())
            if (fails) throw new Error('rolled back')
            committed += count
          })
          .catch((error: Error) => expect(error.message).toBe('rolled back'))
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, seed) => writer(seed)))
    await until(async () => {
      const counts = await Promise.all(subscriptions.map(async ({ name }) => (await handledBy(deps, name)).length))
      return counts.every((count) => count >= committed)
    })
    await worker.stop()
    for (const { name } of subscriptions) {
      const { rows } = await deps.store.transaction('deployment', (tx) =>
        sql<{ lost: number; twice: number }>`
          select (select count(*) from journal_events e where e.organization_id = ${organizationId} and not exists (
              select from handled h where h.subscriber = ${name} and h.event_id = e.event_id)) as lost,
            (select count(*) - count(distinct event_id) from handled where subscriber = ${name}) as twice`.execute(
          tx.tables(),
        ),
      )
      expect(rows).toEqual([{ lost: 0, twice: 0 }])
    }
    // The control: on the same events, a reader that remembers the last id has lost some.
    if (naive !== null) expect((await naive.stop()).size).toBeLessThan(committed)
  })

  test('J1: an event whose transaction began first and ended last is delivered all the same', async () => {
    if (kind === 'pglite') return // has one session: transactions cannot overlap
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const subscription = await registered(deps, fresh('overtaken'))
    const worker = createJournalWorker(deps, [subscription])
    let finish = () => {}
    const held = new Promise<void>((resolve) => {
      finish = resolve
    })
    let appended = () => {}
    const began = new Promise<void>((resolve) => {
      appended = resolve
    })
    const long = deps.store.transaction({ organizationId }, async (tx) => {
      await append(deps, tx, [newEvent('early')])
      appended()
      await held
    })
    await began
    await appendIn(deps, organizationId, [newEvent('late')])
    await worker.runOnce()
    expect(await handledBy(deps, subscription.name)).toEqual([])
    finish()
    await long
    await worker.runOnce()
    expect(await handledBy(deps, subscription.name)).toEqual(['early', 'late'])
  })

  test('J3: the handler’s writes and the cursor commit together, so a crash in between repeats both or none', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    let crash = true
    const plain = fresh('crashing')
    const subscription = await registered(deps, {
      ...plain,
      handle: async (d, tx, event, prepared) => {
        await plain.handle(d, tx, event, prepared)
        if (crash && event.subject === 'second') throw new Error('crashed after its write')
      },
    })
    await appendIn(deps, organizationId, [newEvent('first'), newEvent('second'), newEvent('third')])
    await createJournalWorker(deps, [subscription]).runOnce()
    expect(await handledBy(deps, subscription.name)).toEqual(['first'])
    crash = false
    deps.clock.advance(1_000)
    await createJournalWorker(deps, [subscription]).runOnce()
    expect(await handledBy(deps, subscription.name)).toEqual(['first', 'second', 'third'])
  })

  test('J4: events of one correlation id are delivered in their order, whatever the lanes', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const subscription = await registered(deps, fresh('ordered', { lanes: 3 }))
    for (let round = 0; round < 20; round++) {
      await appendIn(
        deps,
        organizationId,
        ['a', 'b', 'c', 'd'].map((story) => newEvent(`${story}${round}`, story)),
      )
    }
    await createJournalWorker(deps, [subscription]).runOnce()
    const handled = await handledBy(deps, subscription.name)
    expect(handled).toHaveLength(80)
    for (const story of ['a', 'b', 'c', 'd']) {
      const own = handled.filter((subject) => subject.startsWith(story))
      expect(own).toEqual(Array.from({ length: 20 }, (_, round) => `${story}${round}`))
    }
    const lanes = await cursorsOf(deps, subscription.name)
    expect(lanes.reduce((sum, lane) => sum + lane.delivered, 0)).toBe(80)
    expect(lanes.filter((lane) => lane.delivered > 0).length).toBeGreaterThan(1)
  })

  test('J5: a failing event gets five tries, 1 s · 2^n apart, kept over restarts; then it is set aside and the lane goes on', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const plain = fresh('failing')
    const tries: number[] = []
    const subscription = await registered(deps, {
      ...plain,
      handle: async (d, tx, event, prepared) => {
        if (event.subject === 'poison') {
          tries.push(deps.clock.monotonicMs())
          throw new Error('cannot be handled')
        }
        await plain.handle(d, tx, event, prepared)
      },
    })
    await appendIn(deps, organizationId, [newEvent('before'), newEvent('poison'), newEvent('after')])
    for (let second = 0; second < 20; second++) {
      // A new worker each time: what is known of the failure lies in the database.
      await createJournalWorker(deps, [subscription]).runOnce()
      deps.clock.advance(1_000)
    }
    expect(tries.map((at) => at - (tries[0] ?? 0))).toEqual([0, 1_000, 3_000, 7_000, 15_000])
    const handled = await handledBy(deps, subscription.name)
    expect(handled.slice(0, 2)).toEqual(['before', 'after'])
    expect(await cursorsOf(deps, subscription.name)).toMatchObject([{ attempts: 0, retried: 4, dead_letters: 1 }])
    const { rows } = await deps.store.transaction({ organizationId }, (tx) =>
      sql`select l.subscriber, l.attempts, l.error, e.subject from journal_dead_letters l
        join journal_events e on e.organization_id = l.organization_id and e.event_id = l.event_id`.execute(
        tx.tables(),
      ),
    )
    const error = 'Error: cannot be handled'
    expect(rows).toEqual([{ subscriber: subscription.name, attempts: 5, error, subject: 'poison' }])
    // The news of it went to the journal, and so to this subscriber too.
    expect(handled).toEqual(['before', 'after', `subscriber/${subscription.name}`])
  })

  test('J5: slow work that fails before the transaction is tried again like the rest, and its neighbours are not', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const prepared: string[] = []
    const received: unknown[] = []
    const plain = fresh('preparing')
    const subscription = await registered(deps, {
      ...plain,
      prepare: async (_deps, event) => {
        prepared.push(event.subject)
        if (event.subject === 'second' && prepared.length < 4) throw new Error('the network is down')
        return event.subject.toUpperCase()
      },
      handle: async (d, tx, event, value) => {
        received.push(value)
        await plain.handle(d, tx, event, value)
      },
    })
    await appendIn(deps, organizationId, [newEvent('first'), newEvent('second'), newEvent('third')])
    const worker = createJournalWorker(deps, [subscription])
    for (let second = 0; second < 5; second++) {
      await worker.runOnce()
      deps.clock.advance(1_000)
    }
    expect(received).toEqual(['FIRST', 'SECOND', 'THIRD'])
    expect(await handledBy(deps, plain.name)).toEqual(['first', 'second', 'third'])
    expect(await cursorsOf(deps, plain.name)).toMatchObject([{ delivered: 3, dead_letters: 0 }])
  })

  test('a database that is away for a moment is no failure of the event', async () => {
    const deps = realDeps()
    const organizationId = newOrganization()
    const plain = fresh('interrupted')
    let away = true
    const subscription = await registered(deps, {
      ...plain,
      handle: async (d, tx, event, prepared) => {
        if (away) {
          away = false
          throw new StoreUnavailable('the connection was lost')
        }
        await plain.handle(d, tx, event, prepared)
      },
    })
    await appendIn(deps, organizationId, [newEvent('one'), newEvent('two')])
    const worker = createJournalWorker(deps, [subscription], { leaseEveryMs: 100 })
    worker.start()
    await until(async () => (await handledBy(deps, plain.name)).length === 2)
    await worker.stop()
    expect(await cursorsOf(deps, plain.name)).toMatchObject([{ attempts: 0, retried: 0, delivered: 2 }])
  })

  test('J1: a subscriber that falls behind what is kept in memory still gets every event once', async () => {
    const deps = realDeps()
    const organizationId = newOrganization()
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const seen: Record<'ahead' | 'behind', string[]> = { ahead: [], behind: [] }
    const counting = (name: 'ahead' | 'behind'): Subscription => ({
      ...fresh(name),
      handle: async (_deps, _tx, event) => {
        seen[name].push(event.eventId)
      },
    })
    const behind = { ...counting('behind'), prepare: async () => await gate }
    const worker = createJournalWorker(deps, [counting('ahead'), behind], { lingerMs: 1 })
    await worker.runOnce()
    worker.start()
    const ids: string[] = []
    for (let batch = 0; batch < 12; batch++) {
      const events = Array.from({ length: 450 }, () => newEvent('many'))
      ids.push(...(await appendIn(deps, organizationId, events)).map((event) => event.eventId))
    }
    await until(() => seen.ahead.length >= ids.length)
    expect(seen.behind).toEqual([])
    release()
    await until(() => seen.behind.length >= ids.length)
    await worker.stop()
    expect(seen.ahead).toEqual(ids)
    expect(seen.behind).toEqual(ids)
  })

  test('J5: a subscriber that fails on everything does not fail on the news of its failures for ever', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const subscription = await registered(deps, {
      ...fresh('hopeless'),
      handle: async () => {
        throw new Error('always')
      },
    })
    await appendIn(deps, organizationId, [newEvent('one')])
    const worker = createJournalWorker(deps, [subscription])
    for (let second = 0; second < 60; second++) {
      await worker.runOnce()
      deps.clock.advance(1_000)
    }
    expect(await cursorsOf(deps, subscription.name)).toMatchObject([{ dead_letters: 2 }])
  })

  test('J5: a commit that fails is laid to the right event', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const plain = fresh('swallowing')
    const subscription = await registered(deps, {
      ...plain,
      handle: async (d, tx: Tx, event, prepared) => {
        await plain.handle(d, tx, event, prepared)
        // The transaction is broken from here on, and the handler does not say so.
        if (event.subject === 'broken') await sql`select 1 / 0`.execute(tx.tables()).catch(() => {})
      },
    })
    await appendIn(deps, organizationId, [newEvent('one'), newEvent('broken'), newEvent('three')])
    const worker = createJournalWorker(deps, [subscription])
    for (let second = 0; second < 20; second++) {
      await worker.runOnce()
      deps.clock.advance(1_000)
    }
    expect((await handledBy(deps, subscription.name)).slice(0, 2)).toEqual(['one', 'three'])
    expect(await cursorsOf(deps, subscription.name)).toMatchObject([{ dead_letters: 1 }])
  })

  test('J6: a slow subscriber and a failing one delay no other', async () => {
    const deps = realDeps()
    const organizationId = newOrganization()
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = fresh('slow', { prepare: async () => await gate })
    const failing: Subscription = {
      ...fresh('failing'),
      handle: async () => {
        throw new Error('no')
      },
    }
    const fast = fresh('fast')
    const worker = createJournalWorker(deps, [slow, failing, fast])
    await worker.runOnce()
    worker.start()
    await appendIn(
      deps,
      organizationId,
      Array.from({ length: 50 }, (_, at) => newEvent(`event ${at}`)),
    )
    await until(async () => (await handledBy(deps, fast.name)).length === 50)
    expect(await handledBy(deps, slow.name)).toEqual([])
    release()
    await worker.stop()
    expect(await cursorsOf(deps, failing.name)).toMatchObject([{ delivered: 0, lease_holder: null }])
  })

  test('J10: workers share the lanes, and no event is handled by two of them', async () => {
    const deps = realDeps()
    const other = { ...deps, ids: uuidV7(systemClock, systemRandom) }
    const organizationId = newOrganization()
    const subscription = await registered(deps, fresh('shared', { lanes: 4 }))
    const options = { leaseEveryMs: 50 }
    const workers = [
      createJournalWorker(deps, [subscription], options),
      createJournalWorker(other, [subscription], options),
    ]
    workers[0]?.start()
    await until(async () => (await cursorsOf(deps, subscription.name)).every((lane) => lane.lease_holder !== null))
    workers[1]?.start()
    await until(async () => {
      const holders = (await cursorsOf(deps, subscription.name)).map((lane) => lane.lease_holder)
      return new Set(holders).size === 2 && !holders.includes(null)
    })
    for (let at = 0; at < 40; at++) await appendIn(deps, organizationId, [newEvent(`event ${at}`)])
    await until(async () => (await handledBy(deps, subscription.name)).length >= 40)
    await Promise.all(workers.map((worker) => worker.stop()))
    const handled = await handledBy(deps, subscription.name)
    expect(new Set(handled).size).toBe(40)
    expect(handled).toHaveLength(40)
  })

  test('J10: a worker that lost its lease in the middle of a batch commits nothing of it', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const plain = await registered(deps, fresh('paused'))
    const rival = createJournalWorker({ ...deps, ids: uuidV7(systemClock, systemRandom) }, [plain])
    let paused = false
    const subscription: Subscription = {
      ...plain,
      // The lease runs out while the work is prepared, and the rival delivers the event.
      prepare: async () => {
        if (paused) return
        paused = true
        deps.clock.advance(60_000)
        expect(await rival.runOnce()).toBe(1)
      },
    }
    await appendIn(deps, organizationId, [newEvent('once')])
    await expect(createJournalWorker(deps, [subscription]).runOnce()).rejects.toThrow()
    expect(await handledBy(deps, plain.name)).toEqual(['once'])
  })

  test('a journal that was restored from another cluster is noticed when the worker starts', async () => {
    const deps = createTestDeps(opened.store, { clock: systemClock })
    const organizationId = newOrganization()
    const [event] = await appendIn(deps, organizationId, [newEvent('restored')])
    const setXid = async (xid: string) =>
      await opened.owner.migrate(async (owner) => {
        await owner.exec('set local role none')
        await owner.query(`update journal_events set xid = ${xid} where event_id = $1`, [event?.eventId])
      })
    await setXid(`'1152921504606846976'`)
    const worker = createJournalWorker(deps, [fresh('restored')])
    worker.start()
    await until(() => deps.log.lines.some((line) => line.level === 'error' && line.message.includes('another')))
    await worker.stop()
    expect(deps.log.lines.at(-1)?.message).toContain('another database cluster')
    await setXid('pg_current_xact_id()')
  })

  test('a new subscriber begins with the whole journal, or with what comes when it says so', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    await appendIn(deps, organizationId, [newEvent('old')])
    const whole = fresh('whole', { startAt: 'beginning' })
    const coming = fresh('coming')
    const worker = createJournalWorker(deps, [whole, coming])
    await worker.runOnce()
    await appendIn(deps, organizationId, [newEvent('new')])
    await worker.runOnce()
    expect((await handledBy(deps, whole.name)).slice(-2)).toEqual(['old', 'new'])
    expect(await handledBy(deps, coming.name)).toEqual(['new'])
  })

  test('only events that match the pattern are handled, far behind and at the head', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const subscription = await registered(deps, fresh('picky', { pattern: 'registry.a*.registered' }))
    const head = await registered(deps, fresh('head'))
    const payload = { agentId: randomUUID(), name: 'a', domain: 'd' }
    const wanted: NewEvent = { type: 'registry.agent.registered', subject: 'wanted', actor, payload }
    await appendIn(deps, organizationId, [newEvent('other'), wanted, newEvent('other')])
    await createJournalWorker(deps, [head]).runOnce()
    // The one at the head comes first, so that the other has to catch up.
    const worker = createJournalWorker(deps, [head, subscription])
    expect(await worker.runOnce()).toBe(1)
    await appendIn(deps, organizationId, [wanted, newEvent('other')])
    expect(await worker.runOnce()).toBe(3)
    expect(await handledBy(deps, subscription.name)).toEqual(['wanted', 'wanted'])
  })

  test('when the count of lanes changes nothing is missed', async () => {
    const deps = createTestDeps(opened.store)
    const organizationId = newOrganization()
    const two = await registered(deps, fresh('recut', { lanes: 2 }))
    await appendIn(deps, organizationId, [newEvent('one', 'a'), newEvent('two', 'b')])
    await createJournalWorker(deps, [two]).runOnce()
    await appendIn(deps, organizationId, [newEvent('three', 'c')])
    await createJournalWorker(deps, [{ ...two, lanes: 5 }]).runOnce()
    expect(new Set(await handledBy(deps, two.name))).toEqual(new Set(['one', 'two', 'three']))
    expect(await cursorsOf(deps, two.name)).toHaveLength(5)
  })
})

/** The reader that the journal must not have: it remembers the last id and asks for those behind it. */
function readNaively(deps: Deps, organizationId: string): { stop(): Promise<ReadonlySet<string>> } {
  const seen = new Set<string>()
  let stopped = false
  const look = async () => {
    let last = '00000000-0000-0000-0000-000000000000'
    for (let over = false; !over; ) {
      over = stopped
      const { rows } = await deps.store.transaction({ organizationId }, (tx) =>
        sql<{ event_id: string }>`select event_id from journal_events
          where organization_id = ${organizationId} and event_id > ${last} order by event_id`.execute(tx.tables()),
      )
      for (const row of rows) seen.add(row.event_id)
      last = rows.at(-1)?.event_id ?? last
    }
  }
  const ended = look()
  return {
    stop: async () => {
      stopped = true
      await ended
      return seen
    },
  }
}
