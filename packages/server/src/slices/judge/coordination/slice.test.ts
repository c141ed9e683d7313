import type { CausalTrace, JournalEvent, QaNews } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../adapters/system/system-clock.ts'
import { systemRandom } from '../../../adapters/system/system-random.ts'
import { uuidV7 } from '../../../adapters/system/uuid-v7.ts'
import type { NewJudgment } from '../../../ports/judgments.ts'
import type { QaEngine } from '../../../ports/qa-engine.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createJournalWorker } from '../../govern/journal/index.ts'
import { MetaAgent } from './index.ts'

/** An engine that notes what it is told, or does something else in its place. */
function engine(name: QaEngine['name'], told: string[], observe?: QaEngine['observe']): QaEngine {
  return {
    name,
    pattern: 'qa_*',
    observe:
      observe ??
      (async (_deps, _tx, events: readonly JournalEvent[]) => {
        told.push(...events.map(({ subject }) => subject))
      }),
  }
}

describeOnStores('coordination', (kind) => {
  let server: TestServer
  let keys = 0
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const record = async (executionId: string, judges: readonly string[]) => {
    const rows = judges.map(
      (judge): NewJudgment => ({
        executionId,
        actionId: null,
        metric: 'helpfulness',
        verdict: 'qa_failure',
        score: null,
        label: null,
        explanation: null,
        judge,
        judgeKind: 'model',
        source: 'otlp',
        observedAt: server.clock.now(),
        idempotencyKey: `key ${++keys}`,
        recordedBy: { kind: 'system', id: 'test' },
      }),
    )
    const { organizationId } = server
    await server.deps.store.transaction({ organizationId }, (tx) => server.deps.recordJudgments(tx, rows))
  }
  const trace = async (path: string) => await server.request<CausalTrace>('GET', `/api/v1/qa/${path}`)

  test('MA3: the trace of a story tells which engines have seen each event, and is found by any of its events', async () => {
    const executionId = freshExecutionId()
    await record(executionId, ['Ann', 'Bob'])
    const before = await trace(`traces/${executionId}`)
    expect(before.body.steps.map(({ type, stage, depth }) => [type, stage, depth])).toEqual([
      ['qa_failure', 'judgment', 0],
      ['qa_failure', 'judgment', 0],
    ])
    expect(before.body.steps[0]?.engines?.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting'])
    await server.composed.journal.runOnce()
    const after = await trace(`traces/${executionId}`)
    const reported = after.body.steps.filter(({ engines }) => engines !== null)
    expect(reported.flatMap(({ engines }) => engines?.map(({ state }) => state))).toEqual(Array(6).fill('done'))
    const eventId = after.body.steps[0]?.eventId
    expect((await trace(`events/${eventId}/trace`)).body).toEqual(after.body)
    const short = (await trace(`traces/${executionId}?limit=1`)).body
    expect([short.steps.length, short.truncated]).toEqual([1, true])
  })

  test('MA4: an open stream tells in which parts something came, and of nothing else', async () => {
    const stop = new AbortController()
    const stream = await fetch(`${server.url}/api/v1/qa/stream`, {
      headers: { authorization: `Bearer ${await server.keyFor('viewer')}` },
      signal: stop.signal,
    })
    const next = newsReader(stream)
    expect(await next()).toHaveLength(5)
    const ticking = setInterval(() => server.clock.advance(50), 5)
    await record(freshExecutionId(), ['Ann'])
    expect(await next()).toEqual(['judgments'])
    clearInterval(ticking)
    stop.abort()
  })

  test('MA3: a story that nobody knows is not found, and neither is that of another organization', async () => {
    expect((await trace('traces/nothing')).status).toBe(404)
    expect((await trace('traces/a%00b')).status).toBe(404)
    expect((await trace('events/01900000-0000-7000-8000-00000000dead/trace')).status).toBe(404)
  })

  test('MA1, MA2: every engine is told of each event once, in order, though one sleeps and another throws', async () => {
    const executionId = freshExecutionId()
    const deps = { ...server.deps, clock: systemClock, ids: uuidV7(systemClock, systemRandom) }
    const told: string[] = []
    const wake = Promise.withResolvers<void>()
    const failing = async () => {
      throw new Error('broken')
    }
    const metaAgent = new MetaAgent({
      trust: engine('trust', [], failing),
      arbitration: engine('arbitration', told),
      drift: engine('drift', [], kind === 'postgres' ? async () => await wake.promise : async () => {}),
    })
    // What other tests left is none of this one's business.
    await server.composed.journal.runOnce()
    const worker = createJournalWorker(deps, metaAgent.subscriptions, { lingerMs: 1 })
    worker.start()
    await record(executionId, ['Ann', 'Bob', 'Cay'])
    server.deps.store.notify('metaagent_journal')
    await expect.poll(() => told.length, { timeout: 20_000, interval: 20 }).toBe(3)
    wake.resolve()
    await worker.stop()
    const { steps } = (await trace(`traces/${executionId}`)).body
    const subjects = steps.filter(({ stage }) => stage === 'judgment').map(({ subject }) => subject)
    expect(told).toEqual(subjects)
  })
})

/** Reads the parts of the `news` events of a stream, one event a call. */
function newsReader(stream: Response): () => Promise<readonly string[]> {
  if (stream.body === null) throw new Error('no stream')
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return async () => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end < 0) {
        const { value, done } = await reader.read()
        if (done) throw new Error('the stream ended')
        text += value
        continue
      }
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1]
      text = text.slice(end + 2)
      if (data !== undefined) return (JSON.parse(data) as QaNews).parts
    }
  }
}
