import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestStore } from '../../../../testkit/database.ts'
import { FakeClock } from '../../../../testkit/fake-clock.ts'
import { createTestDeps, type TestDeps } from '../../../../testkit/test-deps.ts'
import type { TestStore } from '../../../../testkit/test-stores.ts'
import { journalHints } from './append.ts'
import { type LivePicture, watchPicture } from './live.ts'

const organizationId = '01890b8e-7b3a-7cc3-98c4-dc0c0c07398f'

describe('a live picture', () => {
  let opened: TestStore
  let deps: TestDeps
  beforeAll(async () => {
    opened = await openTestStore('pglite', { migrations: [] })
    deps = createTestDeps(opened.store, { clock: new FakeClock() })
  })
  afterAll(async () => await opened.close())

  /** Counts its readings; each waits for `gate` and takes `tookMs` of the clock. */
  class Counted {
    readings = 0
    gate: Promise<void> = Promise.resolve()
    tookMs = 0
    readonly of: LivePicture<number> = {
      organizationId,
      key: [`counted ${Math.trunc(performance.now() * 1000)}`],
      read: async () => {
        const number = ++this.readings
        await this.gate
        if (this.tookMs > 0) deps.clock.advance(this.tookMs)
        return number
      },
      first: (number) => [{ event: 'number', about: null, data: number }],
      next: (_, number) => [{ event: 'number', about: null, data: number }],
    }
  }

  function watch(of: LivePicture<number>) {
    const abort = new AbortController()
    const events = watchPicture(deps, of, abort.signal)[Symbol.asyncIterator]()
    return {
      next: async () => (await events.next()).value,
      close: async () => {
        abort.abort()
        await events.return?.()
      },
    }
  }

  /** Long enough for a hint to arrive: PGlite's one session may be held by the reading. */
  const turn = async () => await new Promise((resolve) => setImmediate(resolve))

  /** One hint, and the time after which the picture is read. */
  const hintAndWait = async (waitMs: number) => {
    opened.store.notify(journalHints)
    await turn()
    deps.clock.advance(waitMs)
  }

  test('is one object for all who watch, so that it is written as text once', async () => {
    const counted = new Counted()
    const watchers = [watch(counted.of), watch(counted.of), watch(counted.of)]
    for (const watcher of watchers) expect(await watcher.next()).toMatchObject({ event: 'number', data: 1 })
    await hintAndWait(200)
    const [one, ...others] = await Promise.all(watchers.map(async (watcher) => await watcher.next()))
    expect(one).toMatchObject({ event: 'number' })
    for (const other of others) expect(other).toBe(one)
    for (const watcher of watchers) await watcher.close()
  })

  test('is read once more for all hints that came while it was read, and never twice at a time', async () => {
    const counted = new Counted()
    const watcher = watch(counted.of)
    await watcher.next()
    const { promise, resolve } = Promise.withResolvers<void>()
    counted.gate = promise
    await hintAndWait(200)
    await expect.poll(() => counted.readings).toBe(2)
    for (let hint = 0; hint < 20; hint++) await hintAndWait(100)
    expect(counted.readings).toBe(2)
    resolve()
    expect(await watcher.next()).toMatchObject({ data: 2 })
    await turn()
    deps.clock.advance(10_000)
    expect(await watcher.next()).toMatchObject({ data: 3 })
    expect(counted.readings).toBe(3)
    await watcher.close()
  })

  test('that takes long to read waits longer for the next hints, so that reading takes a fifth of the time', async () => {
    const counted = new Counted()
    const watcher = watch(counted.of)
    await watcher.next()
    counted.tookMs = 300
    await hintAndWait(200)
    await watcher.next()
    await turn()
    await hintAndWait(1_199)
    await turn()
    expect(counted.readings).toBe(2)
    deps.clock.advance(1)
    expect(await watcher.next()).toMatchObject({ data: 3 })
    await watcher.close()
  })
})
