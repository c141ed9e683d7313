import type { Execution, ExecutionDetail } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../../testkit/database.ts'
import { type OtlpAttribute, type OtlpJsonSpan, otlpBytes } from '../../../../testkit/otlp-bytes.ts'
import { actionIdOf, executionReport, freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

const text = (key: string, stringValue: string): OtlpAttribute => ({ key, value: { stringValue } })

describeOnStores('what an execution is said to be', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  const detailOf = async (executionId: string) =>
    (await server.request<z.output<typeof ExecutionDetail>>('GET', `/api/v1/executions/${executionId}`)).body
  const at = (ms: number) => new Date(server.clock.now() + ms).toISOString()

  test('T5: a run that waited and goes on is running, and ends; late and repeated reports change nothing', async () => {
    const executionId = freshExecutionId()
    const { endedAt: _, ...begun } = executionReport({ executionId, status: 'running' })
    const running = { ...begun, reportedAt: at(0) }
    const waiting = { ...begun, status: 'waiting', endReason: 'approval', reportedAt: at(10) }
    const resumed = { ...begun, reportedAt: at(20) }
    const send = async (report: object) => {
      const { status } = await server.request('POST', '/api/v1/telemetry', { body: { executions: [report] } })
      expect(status).toBe(200)
      const { status: now, endReason } = await detailOf(executionId)
      return [now, endReason]
    }
    expect(await send(running)).toEqual(['running', null])
    expect(await send(waiting)).toEqual(['waiting', 'approval'])
    expect(await send(resumed)).toEqual(['running', null])
    expect(await send(waiting)).toEqual(['running', null])
    expect(await send({ ...begun, status: 'success', endedAt: at(30), reportedAt: at(30) })).toEqual(['success', null])
    expect(await send({ ...waiting, reportedAt: at(40) })).toEqual(['success', null])
  })

  test('T4: a time of a report that cannot be is refused with its place', async () => {
    const executionId = freshExecutionId()
    const { body } = await server.request<{ rejected: readonly { path: string }[] }>('POST', '/api/v1/telemetry', {
      body: {
        executions: [{ ...executionReport({ executionId }), reportedAt: 'yesterday' }],
      },
    })
    expect(body.rejected.map(({ path }) => path)).toEqual(['reportedAt'])
  })

  const spanOf = (traceId: string, n: number, attributes: readonly OtlpAttribute[]): OtlpJsonSpan => ({
    traceId,
    spanId: actionIdOf(n),
    ...(n === 1 ? {} : { parentSpanId: actionIdOf(1) }),
    name: `span ${n}`,
    startTimeUnixNano: `${server.clock.now() - 10_000 + n}000000`,
    endTimeUnixNano: `${server.clock.now() - 5_000 + n}000000`,
    attributes,
  })
  const exportSpans = async (...spans: readonly OtlpJsonSpan[]) => {
    const { status } = await server.request('POST', '/v1/traces', {
      headers: { 'content-type': 'application/x-protobuf' },
      body: otlpBytes({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    })
    expect(status).toBe(200)
  }

  test('T8: a session that only calls within a run name is the run’s, in whichever order they come', async () => {
    const executionId = freshExecutionId()
    const later = spanOf(executionId, 3, [text('session.id', 'second'), text('user.id', 'u-2')])
    const first = spanOf(executionId, 2, [
      text('traceloop.association.properties.session_id', 'first'),
      text('traceloop.association.properties.user_id', 'u-1'),
    ])
    await exportSpans(later)
    expect(await detailOf(executionId)).toMatchObject({ conversationId: 'second', attributes: { 'user.id': 'u-2' } })
    await exportSpans(spanOf(executionId, 1, []), first)
    expect(await detailOf(executionId)).toMatchObject({ conversationId: 'first', attributes: { 'user.id': 'u-1' } })
    const list = async (query: string) => {
      const { body } = await server.request<{ items: readonly Execution[] }>('GET', `/api/v1/executions?${query}`)
      return body.items.map((one) => one.executionId)
    }
    expect(await list('conversationId=first')).toEqual([executionId])
    expect(await list('conversationId=second')).toEqual([])
    expect(await list('attribute.user.id=u-1')).toEqual([executionId])
  })

  test('T8: what the run says of its session itself wins', async () => {
    const executionId = freshExecutionId()
    await exportSpans(spanOf(executionId, 2, [text('session.id', 'of the call')]))
    await exportSpans(spanOf(executionId, 1, [text('gen_ai.conversation.id', 'of the run')]))
    expect((await detailOf(executionId)).conversationId).toBe('of the run')
    await exportSpans(spanOf(executionId, 4, [text('session.id', 'of another call')]))
    expect((await detailOf(executionId)).conversationId).toBe('of the run')
  })

  test('T6: a user who is named by an address is not, after masking', async () => {
    const executionId = freshExecutionId()
    await exportSpans(spanOf(executionId, 1, []), spanOf(executionId, 2, [text('user.id', 'ada@example.org')]))
    expect((await detailOf(executionId)).attributes).toMatchObject({ 'user.id': '[masked:email]' })
  })
})
