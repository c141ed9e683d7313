import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Problem, refusals } from '@metaagent/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { slices } from '../app/slices.ts'
import { startTestServer, type TestServer } from '../testkit/test-server.ts'

let server: TestServer
let dashboardDir: string

beforeAll(async () => {
  dashboardDir = mkdtempSync(join(tmpdir(), 'metaagent-dashboard-'))
  mkdirSync(join(dashboardDir, 'assets'))
  writeFileSync(join(dashboardDir, 'index.html'), '<!doctype html><title>dashboard</title>')
  writeFileSync(join(dashboardDir, 'assets', 'app-1a2b.js'), 'export {}')
  server = await startTestServer('pglite', { dashboardDir })
})

afterAll(async () => {
  await server.close()
  rmSync(dashboardDir, { recursive: true, force: true })
})

interface OpenApi {
  readonly openapi: string
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { operationId?: string; security?: unknown[]; responses: object }>>>
  >
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

describe('OpenAPI', () => {
  test('the document is OpenAPI 3.1 and names every route of every slice once', async () => {
    const { status, body } = await server.request<OpenApi>('GET', '/api/v1/openapi.json', { key: null })
    expect(status).toBe(200)
    expect(body.openapi).toBe('3.1.0')
    for (const route of slices.flatMap((slice) => slice.routes)) {
      const path = route.path.replace(/:([A-Za-z]+)/g, '{$1}').replace(/\*$/, '{*}')
      expect(body.paths[path]?.[route.method.toLowerCase()]?.operationId, `${route.method} ${route.path}`).toBe(
        route.operationId,
      )
    }
    const ids = Object.values(body.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
    expect(new Set(ids).size).toBe(ids.length)
    for (const wanted of ['Agent', 'Execution', 'Problem', 'ProofFile'])
      expect(body.components.schemas).toHaveProperty(wanted)
  })

  test('the ways in for telemetry are described, too', async () => {
    const { body } = await server.request<OpenApi>('GET', '/api/v1/openapi.json', { key: null })
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/api/v1/telemetry', '/v1/traces']))
  })

  test('the reader at /docs loads nothing from elsewhere', async () => {
    const { status, body, headers } = await server.request<string>('GET', '/docs/', { key: null })
    expect(status).toBe(200)
    expect(body).not.toMatch(/(src|href)="https?:/)
    expect(headers.get('content-security-policy')).toContain("default-src 'self'")
  })
})

describe('refusals', () => {
  test.each([
    ['an address that is not there', 'GET', '/api/v1/nothing', {}, 'not-found'],
    ['a wrong method', 'DELETE', '/api/v1/fleet/health', {}, 'method-not-allowed'],
    ['no credential', 'GET', '/api/v1/agents', { key: null }, 'not-authenticated'],
    [
      'a made-up key',
      'GET',
      '/api/v1/agents',
      { key: 'mak_aaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' },
      'not-authenticated',
    ],
    ['a bad query', 'GET', '/api/v1/agents?limit=0', {}, 'invalid-query'],
    ['an unknown query field', 'GET', '/api/v1/agents?nope=1', {}, 'invalid-query'],
    ['a bad path', 'GET', '/api/v1/agents/not-a-uuid', {}, 'invalid-path'],
    [
      'broken JSON',
      'POST',
      '/api/v1/approvals',
      { body: '{', headers: { 'content-type': 'application/json' } },
      'bad-request',
    ],
    [
      'a body that is no JSON',
      'POST',
      '/api/v1/approvals',
      { body: 'x', headers: { 'content-type': 'text/csv' } },
      'unsupported-media-type',
    ],
    ['a body that does not fit', 'POST', '/api/v1/approvals', { body: { organizationId: 'mine' } }, 'invalid-body'],
    [
      'a body that is too large',
      'POST',
      '/api/v1/approvals',
      { body: { reason: 'x'.repeat(1_100_000) } },
      'payload-too-large',
    ],
  ] as const)(
    '%s is refused as a problem document that says what to do',
    async (_name, method, path, request, code) => {
      const { status, headers, body } = await server.request<Problem>(method, path, request)
      expect([body.code, status]).toEqual([code, refusals[code].status])
      expect(headers.get('content-type')).toContain('application/problem+json')
      expect(body.detail.length).toBeGreaterThan(10)
      expect(body.instance).toBe(headers.get('x-request-id'))
    },
  )

  test('a wrong method names the right ones', async () => {
    const { headers } = await server.request('DELETE', '/api/v1/fleet/health')
    expect(headers.get('allow')).toBe('GET')
  })

  test('HEAD is answered where GET is, but for a stream, which would never end', async () => {
    expect((await server.request('HEAD', '/api/v1/agents')).status).toBe(200)
    const stream = await server.request('HEAD', '/api/v1/fleet/stream')
    expect([stream.status, stream.headers.get('allow')]).toEqual([405, 'GET'])
  })

  test('a schema refusal names each place', async () => {
    const { body } = await server.request<Problem>('POST', '/api/v1/approvals', { body: { operation: 7 } })
    expect(body.errors?.map(({ path }) => path)).toEqual(expect.arrayContaining(['/operation', '/subject']))
  })

  test('a credential without the right is told which one it lacks', async () => {
    const key = await server.keyFor(['fleet:read'])
    const { status, body } = await server.request<Problem>('GET', '/api/v1/ledger', { key })
    expect([status, body.code, body['scope']]).toEqual([403, 'not-allowed', 'ledger:read'])
  })

  test('an unsafe request on a session cookie from another site is refused', async () => {
    const headers = { cookie: 'metaagent_session=whatever', 'sec-fetch-site': 'cross-site' }
    const { body } = await server.request<Problem>('POST', '/api/v1/approvals', { key: null, headers, body: {} })
    expect(body.code).toBe('csrf-refused')
  })

  test('an older browser is judged by Origin against Host', async () => {
    const cookie = 'metaagent_session=whatever'
    const foreign = await server.request<Problem>('POST', '/api/v1/approvals', {
      key: null,
      headers: { cookie, origin: 'https://evil.example' },
      body: {},
    })
    expect(foreign.body.code).toBe('csrf-refused')
    const own = await server.request<Problem>('POST', '/api/v1/approvals', {
      key: null,
      headers: { cookie, origin: server.url },
      body: {},
    })
    expect(own.body.code).toBe('not-authenticated')
  })
})

describe('pages', () => {
  test('any page address of the dashboard gets the page, an API address never does', async () => {
    const page = await server.request<string>('GET', '/agents/some-agent', {
      key: null,
      headers: { accept: 'text/html' },
    })
    expect([page.status, page.body]).toEqual([200, '<!doctype html><title>dashboard</title>'])
    const api = await server.request<Problem>('GET', '/api/v1/nothing', { key: null, headers: { accept: 'text/html' } })
    expect(api.status).toBe(404)
  })

  test('assets may be kept for ever, the page and the API may not', async () => {
    const cache = async (path: string) =>
      (await server.request('GET', path, { key: null })).headers.get('cache-control')
    expect(await cache('/assets/app-1a2b.js')).toContain('immutable')
    expect(await cache('/')).toBe('no-cache')
    expect(await cache('/api/v1/health')).toBe('no-store')
  })

  test('every reply forbids framing and sniffing', async () => {
    const { headers } = await server.request('GET', '/', { key: null })
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('readiness', () => {
  test.each(['/api/v1/health', '/readyz'])('%s says that this process can serve, to everybody', async (path) => {
    const { status, body } = await server.request('GET', path, { key: null })
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'ok', store: 'pglite', checks: [{ name: 'store', ok: true }] })
  })

  test('a database that is away makes it not ready, and requests are told to come back', async () => {
    const other = await startTestServer('pglite')
    try {
      await other.testStore.store.close()
      expect((await other.request('GET', '/readyz', { key: null })).status).toBe(503)
      expect((await other.request('GET', '/healthz', { key: null })).status).toBe(200)
      const refused = await other.request<Problem>('GET', '/api/v1/agents')
      expect([refused.status, refused.body.code]).toEqual([503, 'store-unavailable'])
      expect(refused.headers.get('retry-after')).not.toBeNull()
    } finally {
      await other.close().catch(() => {})
    }
  })
})

describe('limits', () => {
  test('a spent quota answers 429 with the headers that say when to come back', async () => {
    const limited = await startTestServer('pglite', {
      rateLimit: { enabled: true, apiPerMinute: 3, ingestPerMinute: 3 },
    })
    try {
      const replies = []
      for (let at = 0; at < 8; at++) replies.push(await limited.request<Problem>('GET', '/api/v1/agents'))
      expect(replies[0]?.headers.get('ratelimit-policy')).toContain('q=3')
      const last = replies.at(-1)
      expect([last?.status, last?.body.code]).toEqual([429, 'rate-limited'])
      expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      await limited.close()
    }
  })
})

describe('behind a proxy', () => {
  const signIn = (of: TestServer, from: string) =>
    of.request('POST', '/api/v1/auth/sign-in', {
      key: null,
      headers: { 'x-forwarded-for': from },
      body: { linkToken: 'x'.repeat(43) },
    })

  test.each([
    ['a trusted proxy names the client, so people behind it do not share one limit', ['127.0.0.1'], 410],
    ['nobody is believed by default, so the header cannot escape a limit', [], 429],
  ] as const)('%s', async (_name, trustedProxies, expected) => {
    const limits = { enabled: true, apiPerMinute: 100, ingestPerMinute: 100 }
    const proxied = await startTestServer('pglite', { rateLimit: limits, trustedProxies })
    try {
      for (let at = 0; at < 11; at++) await signIn(proxied, '203.0.113.1')
      expect((await signIn(proxied, '203.0.113.1')).status).toBe(429)
      expect((await signIn(proxied, '203.0.113.2')).status).toBe(expected)
    } finally {
      await proxied.close()
    }
  })
})

describe('shutdown', () => {
  test('open streams end cleanly and the port is free', async () => {
    const other = await startTestServer('pglite')
    const response = await fetch(`${other.url}/api/v1/fleet/stream`, {
      headers: { authorization: `Bearer ${other.adminKey}` },
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('event: fleet')) text += (await reader?.read())?.value ?? ''
    await other.close()
    let last = await reader?.read()
    while (last?.done === false) last = await reader?.read()
    expect(last?.done).toBe(true)
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow()
  })
})
