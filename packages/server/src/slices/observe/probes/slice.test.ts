import { createServer, type Server } from 'node:http'
import type { FleetHealth, Probe, ProbeList, ProbeResult, ProbeResultPage, Trace } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { executionReport } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { runDueProbes } from './actions/run.ts'

describeOnStores('probes', (kind) => {
  let server: TestServer
  let target: Server
  let url = ''
  let agentId = ''
  let answer = { status: 200, body: '{"ok":true}' }
  const asked: { readonly method: string; readonly headers: Record<string, unknown>; readonly body: string }[] = []

  beforeAll(async () => {
    target = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += String(chunk)
      })
      request.on('end', () => {
        asked.push({ method: request.method ?? '', headers: request.headers, body })
        response.writeHead(answer.status).end(answer.body)
      })
    })
    await new Promise<void>((done) => target.listen(0, '127.0.0.1', done))
    const address = target.address()
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/run` : ''
    server = await startTestServer(kind)
    const body = { executions: [executionReport({ agent: 'probed' })] }
    expect((await server.request('POST', '/api/v1/telemetry', { body })).status).toBe(200)
    const agents = await server.request<{ items: { agentId: string }[] }>('GET', '/api/v1/agents')
    agentId = agents.body.items[0]?.agentId ?? ''
  })
  afterAll(async () => {
    await server.close()
    target.closeAllConnections()
    await new Promise((done) => target.close(done))
  })

  const settings = (name: string, change: object = {}) => ({
    name,
    agentId,
    kind: 'http',
    url,
    schedule: '*/5 * * * *',
    assertions: [
      { kind: 'status', min: 200, max: 299 },
      { kind: 'json-equals', pointer: '/ok', value: true },
    ],
    ...change,
  })
  const add = (name: string, change: object = {}) =>
    server.request<Probe>('POST', '/api/v1/probes', { body: settings(name, change) })
  const remove = async (probeId: string) =>
    expect((await server.request('DELETE', `/api/v1/probes/${probeId}`)).status).toBe(204)
  const probeNamed = async (name: string) =>
    (await server.request<z.infer<typeof ProbeList>>('GET', '/api/v1/probes')).body.items.find(
      (one) => one.name === name,
    )

  test('PB1, PB5: a due probe runs once, and what changes is told once', async () => {
    const made = await add('pulse')
    expect(made).toMatchObject({ status: 201, body: { state: 'unknown', agent: 'probed', lastResult: null } })
    await server.settle()
    expect(asked).toHaveLength(0)
    server.clock.advance(5 * 60_000)
    await server.newEvents()
    await Promise.all([runDueProbes(server.deps), runDueProbes(server.deps), runDueProbes(server.deps)])
    await server.settle()
    expect(asked).toHaveLength(1)
    expect(await probeNamed('pulse')).toMatchObject({
      state: 'passing',
      failuresInRow: 0,
      lastResult: { passed: true },
    })
    answer = { status: 503, body: 'down' }
    for (let turn = 0; turn < 2; turn++) {
      server.clock.advance(5 * 60_000)
      await server.settle()
    }
    answer = { status: 200, body: '{"ok":true}' }
    expect(await probeNamed('pulse')).toMatchObject({ state: 'failing', failuresInRow: 2 })
    const told = (await server.newEvents()).filter(({ type }) => type === 'health.probe.changed')
    expect(told.map(({ payload }) => [Object(payload).from, Object(payload).to])).toEqual([
      ['unknown', 'passing'],
      ['passing', 'failing'],
    ])
    const path = `/api/v1/probes/${made.body.probeId}/results`
    const page = await server.request<z.infer<typeof ProbeResultPage>>('GET', `${path}?limit=2`)
    expect(page.body.items.map(({ status }) => status)).toEqual([503, 503])
    expect(page.body.items[0]?.because.map(({ rule }) => rule)).toEqual(['status-broken', 'json-equals-broken'])
    const next = `${path}?limit=2&cursor=${encodeURIComponent(page.body.nextCursor ?? '')}`
    expect((await server.request<z.infer<typeof ProbeResultPage>>('GET', next)).body.items).toHaveLength(1)
    await remove(made.body.probeId)
    expect((await server.newEvents()).map(({ type }) => type)).toContain('health.probe.removed')
    expect((await server.request('GET', path)).status).toBe(404)
  })

  test('PB3, PB6: an execution is asked for with its trace id, is synthetic, counts nowhere, and its headers are sealed', async () => {
    const health = async () =>
      (await server.request<FleetHealth>('GET', '/api/v1/fleet/health?window=all')).body.agents[0]?.figures
    const before = await health()
    const made = await add('conversation', {
      kind: 'execution',
      method: 'POST',
      body: { question: 'Where is my order?' },
      headers: { authorization: 'Bearer secret-of-the-agent' },
    })
    expect(made.body.headerNames).toEqual(['authorization'])
    expect(JSON.stringify(made.body)).not.toContain('secret-of-the-agent')
    const run = await server.request<ProbeResult>('POST', `/api/v1/probes/${made.body.probeId}/runs`)
    expect(run).toMatchObject({ status: 200, body: { passed: true, status: 200 } })
    const call = asked.at(-1)
    expect(call?.headers['authorization']).toBe('Bearer secret-of-the-agent')
    expect(String(call?.headers['traceparent'])).toContain(run.body.executionId ?? 'none')
    expect(call?.body).toBe('{"question":"Where is my order?"}')
    const { body } = await server.request<z.infer<typeof Trace>>(
      'GET',
      `/api/v1/executions/${run.body.executionId}/trace`,
    )
    expect(body.execution).toMatchObject({
      synthetic: true,
      status: 'success',
      unit: 'probe/conversation',
      agent: 'probed',
    })
    expect(await health()).toEqual(before)
    const kept = { ...settings('conversation', { kind: 'execution', method: 'POST', body: {} }) }
    await server.request('PUT', `/api/v1/probes/${made.body.probeId}`, { body: kept })
    await server.request('POST', `/api/v1/probes/${made.body.probeId}/runs`)
    expect(asked.at(-1)?.headers['authorization']).toBe('Bearer secret-of-the-agent')
    await remove(made.body.probeId)
  })

  test('PB4: an address of a private network is a failed run that says so', async () => {
    const made = await add('metadata', { url: 'http://169.254.169.254/latest/meta-data' })
    const run = await server.request<ProbeResult>('POST', `/api/v1/probes/${made.body.probeId}/runs`)
    expect(run.body).toMatchObject({ passed: false, status: null, because: [{ rule: 'address-refused' }] })
    await remove(made.body.probeId)
  })

  test('what cannot be checked is refused with what to do', async () => {
    await server.newEvents()
    for (const [change, status] of [
      [{ schedule: 'whenever' }, 400],
      [{ timeZone: 'Mars/Olympus' }, 400],
      [{ agentId: '01900000-0000-7000-8000-0000000000ff' }, 400],
      [{ kind: 'execution' }, 400],
      [{ body: {} }, 400],
      [{ url: 'ftp://a.example' }, 400],
      [{ url: 'https://a:b@c.example' }, 400],
      [{ assertions: [] }, 400],
      [{ headers: { 'x-a': 'a\r\nb: c' } }, 400],
    ] as const)
      expect((await add('wrong', change)).status, JSON.stringify(change)).toBe(status)
    expect(await server.newEvents()).toEqual([])
    const made = await add('twice')
    expect((await add('twice')).status).toBe(409)
    await remove(made.body.probeId)
    const idle = await add('idle', { enabled: false })
    expect(idle.body.nextRunAt).toBeNull()
    await remove(idle.body.probeId)
  })
})
