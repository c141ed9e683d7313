import { ApiError, asApiError } from './api-error.ts'
import { refusalOf } from './request.ts'
import { type ServerSentEvent, SseReader } from './sse.ts'

/** What a reader should be told about a live stream. */
export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'refused'

export interface LiveStreamOptions {
  readonly address: string
  readonly onEvent: (event: ServerSentEvent) => void
  /** Called on each change; the error is there for `reconnecting` and `refused`. */
  readonly onState: (state: LiveState, error: ApiError | null) => void
  readonly signal: AbortSignal
  /** Waits that long, or less when the signal fires. Replaceable, so that tests need not wait. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
  /** 0…1, spreads the reconnections of many tabs. */
  readonly random?: () => number
  /** Silence after which a connection counts as dead. The server sends a comment at least every 15 s. */
  readonly idleMs?: number
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000

/**
 * Keeps a stream of server-sent events open until the signal fires. A broken connection is opened again with
 * `Last-Event-ID`, after a wait that doubles up to 15 s, with jitter; `Retry-After` and `retry:` are obeyed. A refusal
 * that waiting cannot cure (401, 403, 404 …) ends it. `fetch` instead of `EventSource`: that one hides the refusal.
 */
export async function followStream(options: LiveStreamOptions): Promise<void> {
  const { signal, onState, wait = abortableWait, random = Math.random } = options
  let lastEventId: string | null = null
  let failures = 0
  let asked: number | null = null
  onState('connecting', null)
  while (!signal.aborted) {
    try {
      await readOnce(options, lastEventId, {
        opened: () => {
          failures = 0
          onState('live', null)
        },
        saw: (id) => {
          lastEventId = id
        },
        askedToWait: (ms) => {
          asked = ms
        },
      })
      if (!signal.aborted) onState('reconnecting', null)
    } catch (error) {
      if (signal.aborted) return
      const failure = asApiError(error)
      if (failure.kind !== 'unreachable' && !failure.mayPass) return onState('refused', failure)
      onState('reconnecting', failure)
    }
    const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
    failures += 1
    await wait(Math.max(asked ?? 0, backoff * (0.5 + random() / 2)), signal)
    asked = null
  }
}

interface Progress {
  readonly opened: () => void
  readonly saw: (id: string) => void
  readonly askedToWait: (ms: number) => void
}

async function readOnce(options: LiveStreamOptions, lastEventId: string | null, progress: Progress): Promise<void> {
  const { address, onEvent, signal, idleMs = 45_000 } = options
  const connection = new AbortController()
  const stop = () => connection.abort()
  signal.addEventListener('abort', stop, { once: true })
  let watchdog = setTimeout(stop, idleMs)
  try {
    const response = await connect(address, lastEventId, connection.signal)
    if (!response.ok || response.body === null) {
      const after = Number(response.headers.get('retry-after'))
      if (after > 0) progress.askedToWait(after * 1000)
      throw refusalOf(response, await response.json().catch(() => null))
    }
    progress.opened()
    const reader = new SseReader()
    for await (const text of textOf(response.body)) {
      clearTimeout(watchdog)
      watchdog = setTimeout(stop, idleMs)
      const { events, retryMs } = reader.push(text)
      if (retryMs !== null) progress.askedToWait(retryMs)
      for (const event of events) {
        if (event.id !== null) progress.saw(event.id)
        onEvent(event)
      }
    }
  } finally {
    clearTimeout(watchdog)
    connection.abort()
    signal.removeEventListener('abort', stop)
  }
}

async function connect(address: string, lastEventId: string | null, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: 'text/event-stream' }
  if (lastEventId !== null && lastEventId !== '') headers['last-event-id'] = lastEventId
  try {
    return await fetch(address, { headers, credentials: 'same-origin', cache: 'no-store', signal })
  } catch {
    throw broken('The server does not answer')
  }
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } catch {
    throw broken('The live connection broke')
  } finally {
    // Cancelling an aborted stream rejects with the abort that caused it.
    await reader.cancel().catch(() => undefined)
  }
}

function broken(title: string): ApiError {
  return new ApiError({
    kind: 'unreachable',
    status: 0,
    code: 'live-connection-broken',
    title,
    detail: 'What is shown may be out of date. It is being tried again by itself.',
  })
}

function abortableWait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
