import type { Alert, AlertCounts, AlertsAcknowledged } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../../testkit/database.ts'
import { executionReport } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

describeOnStores('the inbox of alerts', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
    for (const rule of (await get<{ items: { ruleId: string }[] }>('/alert-rules')).items)
      await server.request('DELETE', `/api/v1/alert-rules/${rule.ruleId}`)
  })
  afterAll(async () => await server.close())

  const get = async <Body>(path: string) => (await server.request<Body>('GET', `/api/v1${path}`)).body
  const fail = async (agent: string) => {
    const condition = { kind: 'figure', figure: 'failureRate', operator: '>=', threshold: 0.5, window: '24h' }
    const body = { name: `${agent} fails`, condition, scope: { agents: [agent] }, severity: 'critical' }
    expect((await server.request('POST', '/api/v1/alert-rules', { body })).status).toBe(201)
    const at = new Date(server.clock.now()).toISOString()
    const run = () => executionReport({ agent, status: 'failure', startedAt: at, endedAt: at })
    await server.request('POST', '/api/v1/telemetry', { body: { executions: [run(), run(), run()] } })
    for (let turn = 0; turn < 3; turn++) {
      server.clock.advance(15_000)
      await server.settle()
    }
  }
  const alertOf = async (agent: string) => (await get<{ items: Alert[] }>(`/alerts?agent=${agent}`)).items

  test('alerts are filtered by their agent', async () => {
    await fail('first')
    await fail('second')
    expect((await alertOf('first')).map(({ labels }) => labels['agent'])).toEqual(['first'])
    expect(await alertOf('nobody')).toEqual([])
  })

  test('AL9: several are acknowledged at once with one reason; what does not fire is left and named', async () => {
    const [first] = await alertOf('first')
    const [second] = await alertOf('second')
    const unknown = '01900000-0000-7000-8000-000000000000'
    const acknowledge = (alertIds: readonly (string | undefined)[]) =>
      server.request<AlertsAcknowledged>('POST', '/api/v1/alert-acknowledgements', {
        body: { alertIds, comment: 'the vendor is down' },
      })
    await server.newEvents()
    const taken = await acknowledge([second?.alertId, unknown, first?.alertId, first?.alertId])
    expect(new Set(taken.body.acknowledged)).toEqual(new Set([first?.alertId, second?.alertId]))
    expect(taken.body.left).toMatchObject([{ alertId: unknown }])
    const again = await acknowledge([first?.alertId])
    expect(again.body).toMatchObject({ acknowledged: [], left: [{ alertId: first?.alertId }] })
    expect(again.body.left[0]?.reason).toContain('acknowledged')
    expect((await alertOf('second'))[0]).toMatchObject({ state: 'acknowledged', comment: 'the vendor is down' })
    const told = (await server.newEvents()).filter(({ type }) => type === 'alerts.alert.acknowledged')
    expect(told).toHaveLength(2)
    expect((await acknowledge([])).status).toBe(400)
  })

  test('AL18: an open inbox is told of an alert that fires, that is taken and that ends', async () => {
    const abort = new AbortController()
    const stream = await fetch(`${server.url}/api/v1/alert-stream`, {
      headers: { authorization: `Bearer ${await server.keyFor('viewer')}` },
      signal: abort.signal,
    })
    expect(stream.status).toBe(200)
    const next = eventReader(stream)
    const ticking = setInterval(() => server.clock.advance(50), 5)
    const state = async (of: string) => {
      for (;;) {
        const { event, data } = await next()
        if (event === 'alert' && (data as Alert).labels['agent'] === of) return (data as Alert).state
      }
    }
    const counts = await next()
    expect([counts.event, (counts.data as AlertCounts).firing]).toEqual(['counts', 0])
    await fail('third')
    expect(await state('third')).toBe('firing')
    const [third] = await alertOf('third')
    await server.request('POST', `/api/v1/alerts/${third?.alertId}/acknowledge`, { body: {} })
    expect(await state('third')).toBe('acknowledged')
    await server.request('DELETE', `/api/v1/alert-rules/${third?.ruleId}`)
    await server.settle()
    expect(await state('third')).toBe('resolved')
    clearInterval(ticking)
    abort.abort()
  })
})

/** Reads server-sent events off the wire, one a call. */
function eventReader(stream: Response): () => Promise<{ readonly event: string; readonly data: unknown }> {
  if (stream.body === null) throw new Error('no stream')
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  return async () => {
    for (;;) {
      const end = buffer.indexOf('\n\n')
      if (end < 0) {
        const { value, done } = await reader.read()
        if (done) throw new Error('the stream ended')
        buffer += value
        continue
      }
      const text = buffer.slice(0, end)
      buffer = buffer.slice(end + 2)
      const event = /^event: (.*)$/m.exec(text)?.[1]
      const data = /^data: (.*)$/m.exec(text)?.[1]
      if (event !== undefined && data !== undefined) return { event, data: JSON.parse(data) }
    }
  }
}
