import { Environment } from '@metaagent/contract'
import { afterEach, expect, test, vi } from 'vitest'
import { refusal } from '../testing/replies.ts'
import { ApiError, asApiError } from './api-error.ts'
import { createQueryClient } from './queries.ts'
import { addressOf, request, requestNothing } from './request.ts'

afterEach(() => vi.unstubAllGlobals())

const serve = (reply: (address: string, init: RequestInit) => Response) =>
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => reply(address, init))
const failure = async (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(() => expect.unreachable(), asApiError)

test('empty values are left out of an address', () => {
  expect(addressOf('/executions', { agentId: undefined, unit: '', flagged: true, limit: 5, cursor: null })).toBe(
    '/api/v1/executions?flagged=true&limit=5',
  )
  expect(addressOf('/me')).toBe('/api/v1/me')
})

test('a refusal keeps its code, its sentence, its places and the request id', async () => {
  serve(() =>
    refusal('invalid-query', '`from` must lie before `to`.', { errors: [{ path: 'from', message: 'too late' }] }),
  )
  const error = await failure(request(Environment, '/environments'))
  expect(error).toMatchObject({
    kind: 'refused',
    status: 400,
    code: 'invalid-query',
    message: '`from` must lie before `to`.',
    requestId: 'request-1',
    mayPass: false,
  })
  expect(error.places).toEqual([{ path: 'from', message: 'too late' }])
})

test('a code that this build does not know is shown all the same', async () => {
  serve(
    () =>
      new Response(
        JSON.stringify({ type: 'x', title: 'Too early', status: 425, code: 'from-the-future', detail: 'Wait.' }),
        { status: 425 },
      ),
  )
  expect(await failure(request(Environment, '/x'))).toMatchObject({
    kind: 'refused',
    code: 'from-the-future',
    message: 'Wait.',
  })
})

test('a reply that does not fit the contract is told with the places that do not fit', async () => {
  serve(() => new Response(JSON.stringify({ name: 7 }), { headers: { 'x-request-id': 'r7' } }))
  const error = await failure(request(Environment, '/environments'))
  expect(error).toMatchObject({ kind: 'unreadable', code: 'reply-not-understood', requestId: 'r7' })
  expect(error.places.map(({ path }) => path)).toEqual(['name', 'firstSeenAt'])
})

test('an answer of something else than MetaAgent is named as such', async () => {
  serve(() => new Response('<html>Bad gateway</html>', { status: 502 }))
  expect(await failure(request(Environment, '/x'))).toMatchObject({ code: 'http-502', mayPass: true })
})

test('no answer is no crash', async () => {
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('fetch failed')))
  expect(await failure(request(Environment, '/x'))).toMatchObject({
    kind: 'unreachable',
    code: 'server-unreachable',
    mayPass: true,
  })
})

test('who aborts gets the abort', async () => {
  const stop = new AbortController()
  stop.abort()
  vi.stubGlobal('fetch', async () => Promise.reject(new DOMException('aborted', 'AbortError')))
  await expect(request(Environment, '/x', { signal: stop.signal })).rejects.toThrow(DOMException)
})

test('a body is sent as JSON; a reply of nothing is enough where nothing is expected', async () => {
  let sent: RequestInit = {}
  serve((_address, init) => {
    sent = init
    return new Response(null, { status: 204 })
  })
  await requestNothing('/me/password', { method: 'PUT', body: { password: 'x' } })
  expect(sent).toMatchObject({ method: 'PUT', body: '{"password":"x"}', credentials: 'same-origin' })
  serve(() => refusal('not-allowed', 'No.'))
  expect(await failure(requestNothing('/me/password', { method: 'PUT' }))).toMatchObject({ code: 'not-allowed' })
})

test('any thrown thing can be shown', () => {
  expect(asApiError(new Error('boom')).message).toContain('boom')
  expect(asApiError('text').code).toBe('dashboard-error')
})

test('a session that is over is told once to whoever keeps the cache; failures that may pass are tried again', async () => {
  let over = 0
  const client = createQueryClient(() => {
    over += 1
  })
  const gone = new ApiError({ kind: 'refused', status: 401, code: 'credential-expired', title: 't', detail: 'd' })
  await client.fetchQuery({ queryKey: ['x'], queryFn: () => Promise.reject(gone) }).catch(() => undefined)
  expect(over).toBe(1)
  await client.fetchQuery({ queryKey: ['me'], queryFn: () => Promise.reject(gone) }).catch(() => undefined)
  expect(over).toBe(1)
  const { retry, retryDelay } = client.getDefaultOptions().queries ?? {}
  const away = new ApiError({ kind: 'unreachable', status: 0, code: 'c', title: 't', detail: 'd' })
  expect(typeof retry === 'function' && [retry(0, gone), retry(0, away), retry(2, away)]).toEqual([false, true, false])
  expect(typeof retryDelay === 'function' && [retryDelay(0, away), retryDelay(9, away)]).toEqual([500, 4000])
})
