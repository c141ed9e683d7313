import { afterEach, expect, test, vi } from 'vitest'
import { followStream, type LiveState, type LiveStreamOptions } from './live-stream.ts'
import type { ServerSentEvent } from './sse.ts'

afterEach(() => vi.unstubAllGlobals())

interface Script {
  readonly text?: string
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly fails?: boolean
}

/** Follows a stream whose connections go as the script says; after its end the reader goes away. */
async function follow(script: readonly Script[], more: Partial<LiveStreamOptions> = {}) {
  const stop = new AbortController()
  const asked: (string | null)[] = []
  const waits: number[] = []
  const states: LiveState[] = []
  const codes: (string | null)[] = []
  const events: ServerSentEvent[] = []
  vi.stubGlobal('fetch', async (_address: string, init: RequestInit) => {
    const step = script[asked.length]
    asked.push(new Headers(init.headers).get('last-event-id'))
    if (step === undefined) {
      stop.abort()
      throw new DOMException('gone', 'AbortError')
    }
    if (step.fails === true) throw new TypeError('no network')
    if (step.status !== undefined)
      return new Response(step.body ?? 'oops', { status: step.status, headers: step.headers ?? {} })
    return new Response(step.text ?? '')
  })
  await followStream({
    address: '/api/v1/fleet/stream',
    onEvent: (event) => events.push(event),
    onState: (state, error) => {
      states.push(state)
      codes.push(error?.code ?? null)
    },
    signal: stop.signal,
    wait: async (ms) => void waits.push(ms),
    random: () => 1,
    ...more,
  })
  return { asked, waits, states, codes, events }
}

const event = (id: string) => `id: ${id}\ndata: ${id}\n\n`

test('a broken connection is opened again where it broke, with Last-Event-ID', async () => {
  const { asked, events, states } = await follow([{ text: event('7') + event('8') }, { text: event('9') }])
  expect(asked).toEqual([null, '8', '9'])
  expect(events.map(({ id }) => id)).toEqual(['7', '8', '9'])
  expect(states.slice(0, 3)).toEqual(['connecting', 'live', 'reconnecting'])
})

test('the wait doubles with each failure, up to 15 seconds, and starts anew after a success', async () => {
  const fails = Array.from({ length: 7 }, () => ({ fails: true }))
  const { waits } = await follow([...fails, { text: event('1') }, { fails: true }])
  expect(waits.slice(0, 9)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 500, 1000])
})

test('many tabs do not come back at the same moment', async () => {
  const { waits } = await follow([{ fails: true }], { random: () => 0 })
  expect(waits[0]).toBe(250)
})

test('what the server asks for is obeyed: Retry-After and retry', async () => {
  const { waits } = await follow([{ status: 503, headers: { 'retry-after': '7' } }, { text: 'retry: 9000\n\n' }])
  expect(waits.slice(0, 2)).toEqual([7000, 9000])
})

test('a refusal that waiting cannot cure ends it and says why', async () => {
  const problem = JSON.stringify({
    type: '/docs',
    title: 'No valid credential was sent',
    status: 401,
    code: 'not-authenticated',
    detail: 'Sign in.',
  })
  const { asked, states, codes } = await follow([{ status: 401, body: problem }])
  expect(asked).toHaveLength(1)
  expect(states).toEqual(['connecting', 'refused'])
  expect(codes.at(-1)).toBe('not-authenticated')
})

test('a server that fails is tried again', async () => {
  const { asked, codes } = await follow([{ status: 500 }, { text: event('1') }])
  expect(asked).toHaveLength(3)
  expect(codes).toContain('http-500')
})

test('a connection that falls silent counts as dead', async () => {
  const stop = new AbortController()
  let opened = 0
  vi.stubGlobal('fetch', async (_address: string, init: RequestInit) => {
    opened += 1
    if (opened === 2) {
      stop.abort()
      throw new DOMException('gone', 'AbortError')
    }
    const body = new ReadableStream({
      start: (stream) =>
        init.signal?.addEventListener('abort', () => stream.error(new DOMException('aborted', 'AbortError'))),
    })
    return new Response(body)
  })
  const states: LiveState[] = []
  await followStream({
    address: '/s',
    onEvent: () => undefined,
    onState: (state) => states.push(state),
    signal: stop.signal,
    wait: async () => undefined,
    idleMs: 5,
  })
  expect(states).toContain('reconnecting')
  expect(opened).toBe(2)
})

test('whoever leaves while it waits is not kept', async () => {
  const stop = new AbortController()
  vi.stubGlobal('fetch', async () => {
    setTimeout(() => stop.abort(), 1)
    throw new TypeError('no network')
  })
  await expect(
    followStream({ address: '/s', onEvent: () => undefined, onState: () => undefined, signal: stop.signal }),
  ).resolves.toBeUndefined()
})
