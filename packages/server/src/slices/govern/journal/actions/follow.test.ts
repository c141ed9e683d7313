import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StreamEvent } from '../../../../ports/slice.ts'
import { describeOnStores, openTestStore } from '../../../../testkit/database.ts'
import { createTestDeps, type TestDeps } from '../../../../testkit/test-deps.ts'
import type { TestStore } from '../../../../testkit/test-stores.ts'
import { append } from './append.ts'
import { followJournal, placeOf } from './follow.ts'

describeOnStores('following the journal', (kind) => {
  let opened: TestStore
  let deps: TestDeps
  beforeAll(async () => {
    opened = await openTestStore(kind)
    deps = createTestDeps(opened.store)
  })
  afterAll(async () => await opened.close())

  const actor = { kind: 'system', id: 'test' } as const
  const append1 = async (organizationId: string, name: string) =>
    await deps.store.transaction({ organizationId }, (tx) =>
      append(deps, tx, [
        { type: 'registry.environment.registered', subject: name, actor, payload: { name } },
        { type: 'identity.subject.erased', subject: name, actor, payload: { subjectId: randomUUID() } },
      ]),
    )
  const follow = (organizationId: string, lastEventId?: string) => {
    const stop = new AbortController()
    const asked = { type: 'registry.*', lastEventId, signal: stop.signal }
    const stream = followJournal(deps, { organizationId }, asked)[Symbol.asyncIterator]()
    const next = async (): Promise<StreamEvent> => {
      const taken = await stream.next()
      if (taken.done === true) throw new Error('the stream has ended')
      return taken.value
    }
    const end = async () => {
      stop.abort()
      while ((await stream.next()).done !== true);
    }
    return { next, end }
  }
  const nameIn = ({ data }: StreamEvent) => (data as { subject: string }).subject

  test('J13: each event of the pattern comes once and in order, from now on and of this organization alone', async () => {
    const organizationId = randomUUID()
    await append1(organizationId, 'before')
    const stream = follow(organizationId)
    expect(await stream.next()).toMatchObject({ event: 'position', data: { position: expect.any(String) } })
    await append1(randomUUID(), 'of another organization')
    await append1(organizationId, 'first')
    await append1(organizationId, 'second')
    expect(nameIn(await stream.next())).toBe('first')
    expect(nameIn(await stream.next())).toBe('second')
    await stream.end()
  })

  test('J13: it goes on behind the last id, with all that was committed while nobody listened', async () => {
    const organizationId = randomUUID()
    const early = follow(organizationId)
    await early.next()
    await append1(organizationId, 'first')
    const { id = '' } = await early.next()
    await early.end()
    await append1(organizationId, 'second')
    await append1(organizationId, 'third')
    const late = follow(organizationId, id)
    expect((await late.next()).id).toBe(id)
    expect([nameIn(await late.next()), nameIn(await late.next())]).toEqual(['second', 'third'])
    await late.end()
  })

  test('a hint that was lost costs a second', async () => {
    const organizationId = randomUUID()
    const quiet = createTestDeps(silent(opened.store), { clock: deps.clock })
    const stop = new AbortController()
    const asked = { type: '*', lastEventId: undefined, signal: stop.signal }
    const stream = followJournal(quiet, { organizationId }, asked)[Symbol.asyncIterator]()
    await stream.next()
    const next = stream.next()
    await append1(organizationId, 'unheard')
    // The reader may still be at its look before the wait: it is woken until it has it.
    let found: IteratorResult<StreamEvent> | null = null
    void next.then((taken) => {
      found = taken
    })
    await expect.poll(() => (deps.clock.advance(1_000), found)).not.toBeNull()
    stop.abort()
  })
})

/** The store without hints. */
function silent(store: TestStore['store']): TestStore['store'] {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'listen') return async () => async () => {}
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('a place that is none is refused', () => {
  expect(placeOf('x')).toMatchObject({ ok: false, refusal: { code: 'invalid-cursor' } })
  expect(placeOf('')).toMatchObject({ ok: true, value: null })
  const eventId = randomUUID()
  expect(placeOf(`12-${eventId}`)).toMatchObject({ ok: true, value: { xid: 12n, eventId } })
})
