import type { JournalEvent } from '@metaagent/contract'
import { QAEventBus, QAEventBusError } from '@metaagent/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../testkit/database.ts'
import { startTestServer, type TestServer } from '../testkit/test-server.ts'

describeOnStores('the bus of QA events against a real server', (kind) => {
  let server: TestServer
  let bus: QAEventBus
  beforeAll(async () => {
    server = await startTestServer(kind)
    bus = new QAEventBus({ url: server.url, apiKey: await server.keyFor('admin') })
  })
  afterAll(async () => await server.close())

  let count = 0
  const event = (change: object = {}) => ({
    type: 'qa_success' as const,
    judge: 'grader',
    judgeKind: 'model' as const,
    metric: 'tone',
    subject: { kind: 'series' as const, id: `series ${++count}` },
    ...change,
  })

  /** What is handed over, and when there are so many of it. */
  const collector = () => {
    const events: JournalEvent[] = []
    let wake = () => {}
    return {
      events,
      take: (one: JournalEvent) => {
        events.push(one)
        wake()
      },
      until: async (many: number) => {
        while (events.length < many)
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      },
    }
  }

  /** The stream begins at its first sign of life. */
  const begun = async (subscription: { readonly position: string | null }) =>
    await expect.poll(() => subscription.position).not.toBeNull()

  test('what is published is told to who subscribes: each event once, in order, with its correlation id', async () => {
    const got = collector()
    const subscription = bus.subscribe('qa_*', got.take)
    await begun(subscription)
    const receipt = await bus.publish([
      event({ correlationId: 'c1' }),
      event({ type: 'qa_failure' }),
      event({ judge: '' }),
    ])
    expect(receipt).toMatchObject({ accepted: 2, duplicates: 0, rejected: [{ index: 2, code: 'invalid-body' }] })
    await bus.publish(event({ type: 'qa_warning', correlationId: 'c2' }))
    await got.until(3)
    expect(got.events.map(({ type }) => type)).toEqual(['qa_success', 'qa_failure', 'qa_warning'])
    expect(got.events.map(({ correlationId }) => correlationId)).toEqual(['c1', expect.any(String), 'c2'])
    subscription.close()
    await subscription.done
  })

  test('a later subscription goes on behind the place where an earlier one stood', async () => {
    const first = collector()
    const early = bus.subscribe('qa_failure', first.take)
    await begun(early)
    await bus.publish(event({ type: 'qa_failure' }))
    await first.until(1)
    await expect.poll(() => early.position).toContain(first.events[0]?.eventId)
    early.close()
    await early.done
    await bus.publish([event(), event({ type: 'qa_failure' }), event({ type: 'qa_failure' })])
    const second = collector()
    const late = bus.subscribe('qa_failure', second.take, { after: early.position ?? '' })
    await second.until(2)
    expect(second.events.map(({ type }) => type)).toEqual(['qa_failure', 'qa_failure'])
    expect(second.events.map(({ eventId }) => eventId)).not.toContain(first.events[0]?.eventId)
    late.close()
  })

  test('a handler that throws ends its subscription alone, at the event that it did not handle', async () => {
    const subscription = bus.subscribe('qa_warning', () => {
      throw new Error('no')
    })
    await begun(subscription)
    const before = subscription.position
    await bus.publish(event({ type: 'qa_warning' }))
    await expect(subscription.done).rejects.toThrow('no')
    expect(subscription.position).toBe(before)
  })

  test('what is refused says its code', async () => {
    await expect(bus.publish(event({ metric: '' }))).rejects.toMatchObject({ status: 400, code: 'invalid-body' })
    const stranger = new QAEventBus({ url: server.url, apiKey: await server.keyFor(['fleet:read']) })
    await expect(stranger.publish(event())).rejects.toBeInstanceOf(QAEventBusError)
    await expect(stranger.subscribe('*', () => {}).done).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(bus.subscribe('*', () => {}, { after: 'x' }).done).rejects.toMatchObject({ code: 'invalid-cursor' })
    const aborted = bus.subscribe('*', () => {}, { signal: AbortSignal.abort() })
    await expect(aborted.done).resolves.toBeUndefined()
  })

  test('delivery metrics tell how far each engine has come', async () => {
    await server.settle()
    const metrics = await bus.deliveryMetrics()
    expect(metrics.map(({ name }) => name).toSorted()).toEqual([
      'meta-agent.arbitration',
      'meta-agent.drift',
      'meta-agent.trust',
    ])
    for (const { lagEvents, deadLetters } of metrics) expect([lagEvents, deadLetters]).toEqual([0, 0])
  })
})
