import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Problem } from '@metaagent/contract'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createIngestHandler } from '../../../../http/ingest.ts'
import { createRateLimits } from '../../../../http/rate-limit.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Store, Tx } from '../../../../ports/store.ts'
import { SqlError, StoreUnavailable } from '../../../../ports/store-errors.ts'
import { describeOnStores } from '../../../../testkit/database.ts'
import { actionReport, executionReport, freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { authenticate } from '../../../govern/identity/index.ts'
import { type ReadBatch, readTelemetryBatch } from '../model/reports.ts'
import { tooManyPartitionsCode } from '../store/partitions.ts'
import { createIngest, type Ingest } from './ingest.ts'

describeOnStores('taking telemetry in', (kind) => {
  let server: TestServer
  const doors: Server[] = []
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterEach(() => {
    for (const door of doors.splice(0)) door.close()
  })
  afterAll(async () => {
    await server.close()
  })

  const batchOf = (...executionIds: readonly string[]): ReadBatch => {
    const executions = executionIds.map((executionId) => executionReport({ executionId }))
    const actions = executionIds.map((executionId) => actionReport(executionId, 1))
    const read = readTelemetryBatch({ executions, actions }, server.clock.now())
    if (!read.ok) throw new Error(read.refusal.detail)
    return read.value
  }
  const isStored = async (executionId: string) =>
    (await server.request('GET', `/api/v1/executions/${executionId}`)).status === 200
  /** The house's parts over a store whose transactions the test directs. */
  const over = (transaction: Store['transaction']): Deps => ({
    ...server.deps,
    store: { ...boundStore(server.deps.store), transaction },
  })
  /** The hot path with an ingest of its own on a port of its own. */
  const openDoor = async (ingest: Ingest, knows: typeof authenticate = authenticate) => {
    const { deps } = server
    const handle = createIngestHandler({
      deps,
      ingest,
      authenticate: knows,
      rateLimits: createRateLimits({ enabled: false }),
    })
    const door = createServer((request, response) => void handle(request, response))
    doors.push(door)
    await new Promise<void>((resolve) => {
      door.listen(0, '127.0.0.1', resolve)
    })
    return async (body: unknown) => {
      const reply = await fetch(`http://127.0.0.1:${(door.address() as AddressInfo).port}/api/v1/telemetry`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
        body: JSON.stringify(body),
      })
      return {
        status: reply.status,
        retryAfter: reply.headers.get('retry-after'),
        body: (await reply.json()) as Problem,
      }
    }
  }

  test('T1: the answer waits for the commit, and what it says is there for everybody', async () => {
    const gate = Promise.withResolvers<void>()
    const executionId = freshExecutionId()
    const { store } = server.deps
    const deps = over(async (scope, work, options) => {
      const result = await store.transaction(scope, work, options)
      await gate.promise
      return result
    })
    const answered: boolean[] = []
    const answer = createIngest(deps)
      .submit(server.organizationId, batchOf(executionId))
      .then((result) => answered.push(result.ok))
    await isStored(executionId)
    expect(answered).toEqual([])
    gate.resolve()
    await answer
    expect(answered).toEqual([true])
    expect(await isStored(executionId)).toBe(true)
  })

  test('T1: what was rolled back is refused, is not there and can be sent again', async () => {
    const executionId = freshExecutionId()
    const { store } = server.deps
    let lost = true
    const deps = over((scope, work, options) =>
      store.transaction(
        scope,
        async (tx) => {
          const result = await work(tx)
          if (lost && (await holds(tx, executionId))) throw new StoreUnavailable('lost before the commit')
          return result
        },
        options,
      ),
    )
    const ingest = createIngest(deps)
    const refused = await ingest.submit(server.organizationId, batchOf(executionId))
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'store-unavailable' } })
    expect(await isStored(executionId)).toBe(false)
    lost = false
    const again = await ingest.submit(server.organizationId, batchOf(executionId))
    expect(again).toMatchObject({ ok: true, value: { accepted: { executions: 1 } } })
    expect(await isStored(executionId)).toBe(true)
  })

  test('T12: a full queue is refused with 429 and a time to wait, and takes the batch later', async () => {
    const gate = Promise.withResolvers<void>()
    const { store } = server.deps
    const deps = over(async (scope, work, options) => {
      await gate.promise
      return await store.transaction(scope, work, options)
    })
    const ingest = createIngest(deps, { queueRowsMax: 5 })
    const post = await openDoor(ingest)
    const held = freshExecutionId()
    const first = ingest.submit(server.organizationId, batchOf(held, freshExecutionId()))
    const late = { actions: [actionReport(held, 2), actionReport(held, 3)] }
    const refused = await post(late)
    expect(refused).toMatchObject({ status: 429, retryAfter: '1', body: { code: 'queue-full' } })
    gate.resolve()
    expect((await first).ok).toBe(true)
    expect((await post(late)).body).toMatchObject({ accepted: { actions: 2 } })
  })

  test('T12: a batch that is larger than the queue is taken when nothing waits', async () => {
    const ingest = createIngest(server.deps, { queueRowsMax: 1 })
    const batch = batchOf(freshExecutionId(), freshExecutionId())
    expect((await ingest.submit(server.organizationId, batch)).ok).toBe(true)
  })

  test('T12: bodies are refused before they take memory that is not there', async () => {
    const ingest = createIngest(server.deps, { queueBytesMax: 1_000 })
    const post = await openDoor(ingest)
    const release = ingest.reserve(990)
    const body = { executions: [executionReport()] }
    expect(await post(body)).toMatchObject({ status: 429, retryAfter: '1', body: { code: 'queue-full' } })
    release?.()
    release?.()
    expect((await post(body)).status).toBe(200)
    expect(ingest.reserve(1_000)).not.toBeNull()
    expect(ingest.reserve(1)).toBeNull()
  })

  test('T12: while the database is away it is 503 with a time to wait, wherever it is noticed', async () => {
    const away = () => Promise.reject(new StoreUnavailable('away'))
    const body = { executions: [executionReport()] }
    const before = await (await openDoor(createIngest(over(away))))(body)
    expect(before).toMatchObject({ status: 503, retryAfter: '2', body: { code: 'store-unavailable' } })
    const { store } = server.deps
    let transactions = 0
    const atTheRows = over((scope, work, options) => {
      transactions += 1
      return transactions === 1 ? store.transaction(scope, work, options) : away()
    })
    const later = await (await openDoor(createIngest(atTheRows)))(body)
    expect(later).toMatchObject({ status: 503, retryAfter: '2', body: { code: 'store-unavailable' } })
    expect(transactions).toBe(2)
  })

  test('a database that holds as many days as it can is said as such', async () => {
    const full = over(() => Promise.reject(new SqlError({ code: tooManyPartitionsCode, message: 'full' })))
    const refused = await createIngest(full).submit(server.organizationId, batchOf(freshExecutionId()))
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'too-many-partitions' } })
  })

  test('T12: an error before the body is read is told as what it is', async () => {
    const body = { executions: [executionReport()] }
    const ingest = createIngest(server.deps)
    const away = await openDoor(ingest, () => Promise.reject(new StoreUnavailable('away')))
    expect(await away(body)).toMatchObject({ status: 503, retryAfter: '2', body: { code: 'store-unavailable' } })
    const broken = await openDoor(ingest, () => Promise.reject(new Error('a mistake of ours')))
    expect(await broken(body)).toMatchObject({ status: 500, body: { code: 'internal-error' } })
    expect(server.log.lines.some(({ message }) => message === 'an ingest request failed')).toBe(true)
  })

  test('an execution whose day was dropped begins anew', async () => {
    const ingest = createIngest(server.deps)
    const executionId = freshExecutionId()
    await ingest.submit(server.organizationId, batchOf(executionId))
    await server.testStore.owner.migrate(async (sql) => {
      await sql.exec('set local role none')
      await sql.query('delete from agent_executions where execution_id = $1', [executionId])
    })
    expect(await isStored(executionId)).toBe(false)
    const again = await ingest.submit(server.organizationId, batchOf(executionId))
    expect(again).toMatchObject({ ok: true, value: { accepted: { executions: 1 } } })
    expect(await isStored(executionId)).toBe(true)
  })

  test('a deadlock is tried again; a mistake of ours is told as one and logged', async () => {
    const { store } = server.deps
    const failing = (executionId: string, times: number) => {
      let failures = 0
      return over((scope, work, options) =>
        store.transaction(
          scope,
          async (tx) => {
            const result = await work(tx)
            if (failures < times && (await holds(tx, executionId))) {
              failures += 1
              throw new SqlError({ code: '40P01', message: 'deadlock detected' })
            }
            return result
          },
          options,
        ),
      )
    }
    const kept = freshExecutionId()
    expect((await createIngest(failing(kept, 3)).submit(server.organizationId, batchOf(kept))).ok).toBe(true)
    const lost = freshExecutionId()
    const post = await openDoor(createIngest(failing(lost, 4)))
    const reply = await post({ executions: [executionReport({ executionId: lost })], actions: [actionReport(lost, 1)] })
    expect(reply).toMatchObject({ status: 500, body: { code: 'internal-error' } })
    expect(server.log.lines.some(({ level, message }) => level === 'error' && message.includes('not be stored'))).toBe(
      true,
    )
  })

  test('of requests that are stored together one that cannot be stored fails alone', async () => {
    const { deps } = server
    const broken = deps.ids.uuid()
    const ingest = createIngest(
      {
        ...deps,
        writeRollups: async (tx, deltas) => {
          if (tx.organizationId === broken) throw new Error('no rollups for this organization')
          await deps.writeRollups(tx, deltas)
        },
      },
      { maxWaitMs: 20, lanes: 1 },
    )
    const ids = [freshExecutionId(), freshExecutionId(), freshExecutionId()] as const
    // One of each first, so that the day's partitions are there and all three wait in one group.
    await ingest.submit(server.organizationId, batchOf(freshExecutionId()))
    const results = await Promise.all([
      ingest.submit(server.organizationId, batchOf(ids[0])),
      ingest.submit(broken, batchOf(ids[1])),
      ingest.submit(server.organizationId, batchOf(ids[2])),
    ])
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true])
    expect(results[1]).toMatchObject({ refusal: { code: 'internal-error' } })
    expect([await isStored(ids[0]), await isStored(ids[2])]).toEqual([true, true])
  })

  test('requests of several organizations that are stored together stay apart', async () => {
    const ingest = createIngest(server.deps, { maxWaitMs: 20, lanes: 1 })
    const [own, foreign] = [freshExecutionId(), freshExecutionId()]
    const results = await Promise.all([
      ingest.submit(server.organizationId, batchOf(own)),
      ingest.submit(server.deps.ids.uuid(), batchOf(foreign)),
    ])
    expect(results.map(({ ok }) => ok)).toEqual([true, true])
    expect([await isStored(own), await isStored(foreign)]).toEqual([true, false])
  })

  test('T1: closing stores what waits and refuses what comes after', async () => {
    const ingest = createIngest(server.deps, { maxWaitMs: 60_000 })
    const waiting = freshExecutionId()
    const answer = ingest.submit(server.organizationId, batchOf(waiting))
    await ingest.close()
    expect((await answer).ok).toBe(true)
    expect(await isStored(waiting)).toBe(true)
    expect(await ingest.submit(server.organizationId, batchOf(freshExecutionId()))).toMatchObject({
      ok: false,
      refusal: { code: 'shutting-down' },
    })
    await ingest.close()
  })

  test('a client that goes away before its body is there leaves no memory set aside', async () => {
    const ingest = createIngest(server.deps, { queueBytesMax: 1_000 })
    const released = Promise.withResolvers<void>()
    const watched: Ingest = {
      submit: (organizationId, batch) => ingest.submit(organizationId, batch),
      close: () => ingest.close(),
      reserve: (bytes) => {
        const release = ingest.reserve(bytes)
        queueMicrotask(() => controller.abort())
        return release === null
          ? null
          : () => {
              release()
              released.resolve()
            }
      },
    }
    const controller = new AbortController()
    await openDoor(watched)
    const address = doors.at(-1)?.address()
    if (typeof address !== 'object' || address === null) throw new Error('the door does not listen')
    const half = new ReadableStream<Uint8Array>({
      start: (stream) => {
        stream.enqueue(new Uint8Array([123]))
      },
    })
    const sent = fetch(`http://127.0.0.1:${address.port}/api/v1/telemetry`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
      body: half,
      duplex: 'half',
      signal: controller.signal,
    })
    await expect(sent).rejects.toThrow()
    await released.promise
    expect(ingest.reserve(1_000)).not.toBeNull()
  })
})

/** Whether a transaction sees this execution: the one that stores it does, the one that makes partitions does not. */
async function holds(tx: Tx, executionId: string): Promise<boolean> {
  const found = await tx
    .tables<{ agent_execution_logs: { execution_id: string } }>()
    .selectFrom('agent_execution_logs')
    .select('execution_id')
    .where('execution_id', '=', executionId)
    .execute()
  return found.length > 0
}

/** A store's methods as free functions, to be replaced one by one. */
function boundStore(store: Store): Store {
  return {
    kind: store.kind,
    transaction: (scope, work, options) => store.transaction(scope, work, options),
    listen: (channel, onHint) => store.listen(channel, onHint),
    notify: (channel, payload) => store.notify(channel, payload),
    status: () => store.status(),
    close: () => store.close(),
  }
}
