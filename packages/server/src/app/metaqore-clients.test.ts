import type { ApiKey, JournalEvent, SystemHealth, Tunable } from '@metaagent/contract'
import { scopesOfRole } from '@metaagent/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { z } from 'zod'
import { PrivilegedClientMiddleware } from '../http/privileged-client.ts'
import { ensureEnvironmentKey } from '../slices/govern/identity/index.ts'
import { describeOnStores } from '../testkit/database.ts'
import { startTestServer, type TestServer } from '../testkit/test-server.ts'

// What clients of MetaQore rely on, over HTTP: their names of the environment, privileged clients, and events over WebSocket.

const privilegedToken = 'the secret of this deployment'
const privileged = { [PrivilegedClientMiddleware.headerName]: privilegedToken }
const environmentKey = 'correct-horse-battery'

let addresses = 0
/** Refused credentials count against the address, so each question comes from one of its own. */
const fromElsewhere = () => ({ 'x-forwarded-for': `192.0.2.${++addresses}` })

/** A WebSocket whose messages and end can be waited for. */
function open(server: TestServer, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/journal/stream${path}`, {
    headers: { ...fromElsewhere(), ...headers },
  })
  const messages: { id: string; event: string; data: JournalEvent }[] = []
  const waiting = new Set<() => void>()
  const told = () => {
    for (const look of waiting) look()
  }
  let closed: { code: number; status: number | null } | null = null
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)))
    told()
  })
  socket.on('unexpected-response', (_request, response) => {
    closed = { code: 0, status: response.statusCode ?? null }
    socket.terminate()
    told()
  })
  socket.on('error', () => {})
  socket.on('close', (code) => {
    closed ??= { code, status: null }
    told()
  })
  const until = async <T>(seen: () => T | null | undefined | false): Promise<T> =>
    await new Promise((resolve) => {
      const look = () => {
        const value = seen()
        if (!value) return
        waiting.delete(look)
        resolve(value)
      }
      waiting.add(look)
      look()
    })
  return {
    socket,
    messages,
    count: (most: number) => until(() => messages.length >= most && messages),
    end: () => until(() => closed),
  }
}

describeOnStores('clients of MetaQore', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    const rateLimit = { enabled: true, apiPerMinute: 1_000, ingestPerMinute: 1_000 }
    const trustedProxies = ['127.0.0.1']
    server = await startTestServer(kind, { rateLimit, trustedProxies, privilegedToken, apiKeyHeader: 'x-metaqore-key' })
    // Subscribers are told of once they have begun.
    await server.composed.journal.runOnce()
  })
  afterAll(async () => await server.close())

  const send = async (name: string) =>
    server.request('POST', '/api/v1/journal/events', { body: { source: 'ci', type: name, payload: {} } })

  test('the API’s document says of what is internal that it wants the secret', () => {
    const { paths } = server.composed.shell.openApi() as {
      paths: Record<string, Record<string, { description?: string }>>
    }
    const internal = Object.entries(paths).filter(([path]) => path.startsWith('/internal/'))
    expect(internal.map(([path]) => path)).toHaveLength(3)
    for (const [path, methods] of internal)
      for (const { description } of Object.values(methods)) expect(description, path).toContain('X-MetaQore-Privileged')
  })

  describe('privileged ones', () => {
    test('what is internal is refused without the secret, with a wrong one, without a credential and without the scope', async () => {
      const internal = [
        ['GET', '/internal/journal/lag'],
        ['POST', '/internal/rules/reload'],
        ['POST', '/internal/conflicts/auto-resolve'],
      ] as const
      for (const [method, path] of internal) {
        const asked = async (key: string | null | undefined, headers: Record<string, string>) => {
          const reply = await server.request<{ code?: string }>(method, path, {
            ...(key === undefined ? {} : { key }),
            headers: { ...fromElsewhere(), ...headers },
            ...(path.startsWith('/internal/conflicts') ? { body: {} } : {}),
          })
          return reply.status === 200 ? 'answered' : reply.body.code
        }
        expect(await asked(undefined, privileged), path).toBe('answered')
        expect(await asked(undefined, {}), path).toBe('privileged-only')
        for (const wrong of ['terraqore', 'true', '1', `${privilegedToken} `.repeat(2)])
          expect(await asked(undefined, { [PrivilegedClientMiddleware.headerName]: wrong }), path).toBe(
            'privileged-only',
          )
        expect(await asked(null, privileged), path).toBe('not-authenticated')
        expect(await asked(await server.keyFor(['self:read']), privileged), path).toBe('not-allowed')
      }
      const lag = await server.request<{ items: { name: string }[] }>('GET', '/internal/journal/lag', {
        headers: privileged,
      })
      expect(lag.body.items.map(({ name }) => name)).toContain('amendments.propose')
      const reloaded = await server.request('POST', '/internal/rules/reload', { headers: privileged })
      expect(reloaded.body).toMatchObject({ gatewayRulesVersion: 0, governanceRulesFileFault: null })
    })

    test('they have ten times the rate limits, or as many times as the tunable says', async () => {
      const policy = async (headers: Record<string, string>) =>
        (await server.request('GET', '/api/v1/me', { headers })).headers.get('ratelimit-policy')
      expect(await policy({})).toContain('q=1000;')
      expect(await policy(privileged)).toContain('q=10000;')
      const body = { value: 3, reason: 'r' }
      const path = '/api/v1/tunables/gateway.privileged_rate_factor'
      const refused = await server.request<Tunable & { code?: string }>('PUT', path, { body })
      expect(refused.body.code).toBe('approval-required')
    })

    test('the figures of both kinds of requests are told', async () => {
      await server.request('GET', '/api/v1/me', { headers: privileged })
      const { body } = await server.request<z.infer<typeof SystemHealth>>('GET', '/api/v1/health', { key: null })
      expect(body.requests).toMatchObject({
        ordinary: { slots: 16, waiting: 0 },
        privileged: { slots: 4, inFlight: 0 },
      })
      expect(body.requests?.privileged.served).toBeGreaterThan(0)
      expect(body.requests?.privileged.p99Ms).not.toBeNull()
    })
  })

  test('the key of the environment is an admin key in any of the headers, and another one or none revokes it', async () => {
    const { deps, organizationId } = server
    const status = async (headers: Record<string, string>) =>
      (
        await server.request('GET', '/api/v1/identity/api-keys', {
          key: null,
          headers: { ...fromElsewhere(), ...headers },
        })
      ).status
    const forms = (key: string) => [
      { authorization: `Bearer ${key}` },
      { authorization: key },
      { 'x-api-key': key },
      { 'x-metaqore-key': key },
    ]
    for (const headers of forms(environmentKey)) expect(await status(headers)).toBe(401)
    await server.newEvents()
    await ensureEnvironmentKey(deps, organizationId, environmentKey)
    await ensureEnvironmentKey(deps, organizationId, environmentKey)
    expect((await server.newEvents()).map(({ type }) => type)).toEqual(['identity.api_key.created'])
    for (const headers of forms(environmentKey)) expect(await status(headers)).toBe(200)
    const { body } = await server.request<{ items: ApiKey[] }>('GET', '/api/v1/identity/api-keys')
    expect(body.items.find(({ name }) => name === 'METAQORE_API_KEY')?.scopes).toEqual(scopesOfRole.admin)
    expect(JSON.stringify(body)).not.toContain(environmentKey)
    await ensureEnvironmentKey(deps, organizationId, `${environmentKey}-2`)
    expect(await status({ 'x-api-key': environmentKey })).toBe(401)
    expect(await status({ 'x-api-key': `${environmentKey}-2` })).toBe(200)
    await ensureEnvironmentKey(deps, organizationId, environmentKey)
    expect(await status({ 'x-api-key': environmentKey })).toBe(200)
    await ensureEnvironmentKey(deps, organizationId, null)
    expect(await status({ 'x-api-key': environmentKey })).toBe(401)
  })

  describe('events over WebSocket', () => {
    const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
    const ticketOf = async (headers: Record<string, string> = {}) =>
      (await server.request<{ ticket: string }>('POST', '/api/v1/auth/stream-ticket', { headers })).body.ticket

    beforeAll(async () => {
      await server.request('POST', '/api/v1/journal/sources', { body: { name: 'ci', algorithm: 'none' } })
    })

    test('they come once and in order, of the pattern alone, and go on behind an id', async () => {
      const first = open(server, '?type=ws.*', bearer(server.adminKey))
      await first.count(1)
      for (const name of ['ws.one', 'other.x', 'ws.two']) await send(name)
      const [position, one, two] = await first.count(3)
      expect([position?.event, one?.data.type, two?.data.type]).toEqual(['position', 'ws.one', 'ws.two'])
      first.socket.close()
      for (const [path, headers] of [
        ['?type=ws.*', { 'last-event-id': one?.id ?? '' }],
        [`?type=ws.*&lastEventId=${one?.id}`, {}],
      ] as const) {
        const again = open(server, path, { ...bearer(server.adminKey), ...headers })
        expect((await again.count(2))[1]?.data.eventId).toBe(two?.data.eventId)
        again.socket.close()
      }
    })

    test('who may not is refused before the protocol changes, and a key in the address is no credential', async () => {
      const none = await server.keyFor(['self:read'])
      expect(await open(server, '').end()).toMatchObject({ status: 401 })
      expect(await open(server, `?key=${server.adminKey}&authorization=${server.adminKey}`).end()).toMatchObject({
        status: 401,
      })
      expect(await open(server, '', bearer(none)).end()).toMatchObject({ status: 403 })
      expect(await open(server, '?lastEventId=nonsense', bearer(server.adminKey)).end()).toMatchObject({ status: 400 })
    })

    test('a ticket opens one stream within thirty seconds, and nothing else', async () => {
      const ticket = await ticketOf()
      const stream = open(server, `?type=ticket.*&ticket=${ticket}`)
      await stream.count(1)
      expect(await open(server, `?ticket=${ticket}`).end()).toMatchObject({ status: 401 })
      expect((await server.request('GET', `/api/v1/me?ticket=${await ticketOf()}`, { key: null })).status).toBe(401)
      const late = await ticketOf()
      server.clock.advance(30_000)
      expect(await open(server, `?ticket=${late}`).end()).toMatchObject({ status: 401 })
      stream.socket.close()
    })

    test('a socket of a revoked key is closed with the next ping', async () => {
      const { body } = await server.request<{ apiKey: ApiKey; secret: string }>('POST', '/api/v1/identity/api-keys', {
        body: { name: 'short', scopes: ['journal:read'] },
      })
      const revoked = open(server, '?type=none.*', bearer(body.secret))
      await revoked.count(1)
      await server.request('DELETE', `/api/v1/identity/api-keys/${body.apiKey.apiKeyId}`)
      server.clock.advance(15_000)
      expect(await revoked.end()).toMatchObject({ code: 1008 })
    })

    test('a request that offers another protocol is answered as it is', async () => {
      const { hostname, port } = new URL(server.url)
      const { request } = await import('node:http')
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' }
        const asked = request({ hostname, port, path: '/api/v1/health', headers }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        asked.on('error', reject)
        asked.end()
      })
      expect(status).toBe(200)
    })
  })
})
