import type { FleetStatus } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { executionReport } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

const listed = 'https://agency.example'

describeOnStores('status', (kind) => {
  let server: TestServer
  let key = ''
  beforeAll(async () => {
    server = await startTestServer(kind)
    key = await server.keyFor(['health:read'])
    const times = {
      startedAt: new Date(server.clock.now() - 5_000).toISOString(),
      endedAt: new Date(server.clock.now() - 1_000).toISOString(),
    }
    const run = (agent: string, environment: string, status: 'success' | 'failure') =>
      executionReport({ agent, environment, status, ...times })
    const runs = [
      ...Array.from({ length: 4 }, () => run('desk', 'production', 'success')),
      ...Array.from({ length: 30 }, () => run('shaky', 'staging', 'failure')),
    ]
    expect((await server.request('POST', '/api/v1/telemetry', { body: { executions: runs } })).status).toBe(200)
  })
  afterAll(async () => await server.close())

  test('SA1: a key of its own reads the status at once, and nothing else', async () => {
    const { status, body } = await server.request<FleetStatus>('GET', '/api/v1/status', { key })
    expect(status).toBe(200)
    expect(body.agents.map(({ agent, state, executions }) => [agent, state, executions])).toEqual([
      ['shaky', 'failing', 30],
      ['desk', 'healthy', 4],
    ])
    expect(body.domains).toMatchObject([{ name: 'general', agents: 2, state: 'failing', successes: 4, failures: 30 }])
    expect(body.environments.map(({ name, state, executions }) => [name, state, executions])).toEqual([
      ['production', 'healthy', 4],
      ['staging', 'failing', 30],
    ])
    for (const path of ['/api/v1/fleet/health', '/api/v1/executions', '/api/v1/agents', '/api/v1/status/origins'])
      expect((await server.request('GET', path, { key })).status, path).toBe(403)
    expect((await server.request('GET', '/api/v1/status', { key: null })).status).toBe(401)
  })

  test('SA2: pages of listed origins read it, others are refused, and a preflight tells nothing', async () => {
    const ask = (origin: string) => server.request('GET', '/api/v1/status', { key, headers: { origin } })
    const refused = await ask(listed)
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null])
    await server.newEvents()
    const list = { body: { origins: [listed] } }
    expect((await server.request('PUT', '/api/v1/status/origins', list)).status).toBe(200)
    const answered = await ask(listed)
    expect([answered.status, answered.headers.get('access-control-allow-origin')]).toEqual([200, listed])
    expect(answered.headers.get('vary')).toContain('Origin')
    expect(answered.headers.get('access-control-allow-credentials')).toBeNull()
    expect((await ask('https://other.example')).status).toBe(403)
    const preflight = await server.request('OPTIONS', '/api/v1/status', {
      key: null,
      headers: {
        origin: listed,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    })
    expect(preflight.status).toBe(204)
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'authorization, x-api-key',
    })
    const closed = await server.request('OPTIONS', '/api/v1/fleet/health', { key: null, headers: { origin: listed } })
    expect(closed.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('SA5: a stream shows a commit to a listed page, is refused to others, and ends when the origin goes', async () => {
    const put = (origins: readonly string[]) => server.request('PUT', '/api/v1/status/origins', { body: { origins } })
    const abort = new AbortController()
    const open = (origin: string) =>
      fetch(`${server.url}/api/v1/status/stream?window=24h`, {
        headers: { authorization: `Bearer ${key}`, origin },
        signal: abort.signal,
      })
    await put([listed])
    const refused = await open('https://other.example')
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null])
    expect(await refused.json()).toMatchObject({ code: 'not-allowed' })
    const stream = await open(listed)
    expect([stream.status, stream.headers.get('access-control-allow-origin')]).toEqual([200, listed])
    const read = statusReader(stream)
    const runsOf = (status: FleetStatus) => status.agents.find(({ agent }) => agent === 'desk')?.executions
    expect(runsOf(await read())).toBe(4)
    const at = new Date(server.clock.now() - 1_000).toISOString()
    const run = executionReport({
      agent: 'desk',
      environment: 'production',
      status: 'success',
      startedAt: at,
      endedAt: at,
      executionId: 'd'.repeat(32),
    })
    await server.request('POST', '/api/v1/telemetry', { body: { executions: [run] } })
    const ticking = setInterval(() => server.clock.advance(50), 5)
    expect(runsOf(await read())).toBe(5)
    clearInterval(ticking)
    await put([])
    const passing = setInterval(() => server.clock.advance(5_000), 5)
    await expect(untilItEnds(read)).resolves.toBe('ended')
    clearInterval(passing)
    abort.abort()
  })

  test('SA4: a change of the list is journaled once, and what is no origin is refused', async () => {
    const put = (origins: readonly string[]) => server.request('PUT', '/api/v1/status/origins', { body: { origins } })
    await put([])
    await server.newEvents()
    await put(['https://b.example', listed])
    await put([listed, 'https://b.example'])
    const events = await server.newEvents()
    expect(events.map(({ type, payload }) => [type, payload])).toEqual([
      ['health.origins.changed', { origins: [listed, 'https://b.example'] }],
    ])
    for (const wrong of ['*', 'https://a.example/', 'a.example', 'ftp://a.example', 'https://a.example/path'])
      expect((await put([wrong])).status, wrong).toBe(400)
    expect((await server.request('GET', '/api/v1/status/origins')).body).toEqual({
      origins: [listed, 'https://b.example'],
    })
  })
})

/** Reads the `status` events of a stream, one a call; null at its end. */
function statusReader(stream: Response): () => Promise<FleetStatus> {
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
      const data = /^data: (.*)$/m.exec(buffer.slice(0, end))?.[1]
      buffer = buffer.slice(end + 2)
      if (data !== undefined) return JSON.parse(data) as FleetStatus
    }
  }
}

async function untilItEnds(read: () => Promise<FleetStatus>): Promise<string> {
  for (;;) {
    try {
      await read()
    } catch (error) {
      return String(error).includes('the stream ended') ? 'ended' : String(error)
    }
  }
}
