import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProbeCall } from '../../ports/prober.ts'
import { createHttpProber } from './http-prober.ts'

let server: Server
let url = ''
const seen: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-probe'] ?? ''}`)
    if (request.url === '/slow') return
    if (request.url === '/away') response.writeHead(302, { location: '/ok' }).end()
    else if (request.url === '/large') response.end('x'.repeat(1_000_000))
    else request.pipe(response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

const monotonicMs = () => performance.now()
const open = createHttpProber({ allowedNetworks: ['127.0.0.0/8'], monotonicMs })
const closed = createHttpProber({ allowedNetworks: [], monotonicMs })
const call = (path: string, more: Partial<ProbeCall> = {}): ProbeCall => ({
  method: 'GET',
  url: `${url}${path}`,
  headers: {},
  body: null,
  timeoutMs: 5_000,
  ...more,
})

test('a reply comes with its status and body, and headers and body are sent', async () => {
  const reply = await open(call('/ok', { method: 'POST', body: '{"a":1}', headers: { 'x-probe': 'yes' } }))
  expect(reply).toMatchObject({ kind: 'reply', status: 200, body: '{"a":1}' })
  expect(seen).toContain('POST /ok yes')
})

test('a redirect is a reply and is not followed, and a long reply is cut', async () => {
  expect(await open(call('/away'))).toMatchObject({ kind: 'reply', status: 302 })
  const large = await open(call('/large'))
  expect(large.kind === 'reply' && large.body.length).toBe(65_536)
})

test('no reply in time is told as such', async () => {
  const reply = await open(call('/slow', { timeoutMs: 100 }))
  expect(reply).toMatchObject({ kind: 'no-reply', reason: 'timeout' })
})

test.each([
  'http://127.0.0.1:1/',
  'http://localhost:1/',
  'http://[::1]:1/',
  'http://169.254.169.254/latest/meta-data',
  'http://10.0.0.1/',
])('%s is on no public network and is not called', async (target) => {
  expect(await closed(call('', { url: target }))).toMatchObject({ kind: 'no-reply', reason: 'address-refused' })
})

test('a port that nobody listens on is a failed connection', async () => {
  expect(await open(call('', { url: 'http://127.0.0.1:1/' }))).toMatchObject({
    kind: 'no-reply',
    reason: 'connection-failed',
  })
})
