import { JournalEvent, QaReceipt, SubscriberList, type SubscriberStatus } from '@metaagent/contract'
import { eventsOf } from './event-stream.ts'
import type { JudgmentReport } from './judging.ts'
import { type AgentLoggerOptions, resolveSettings } from './settings.ts'

/** How a bus reaches MetaAgent. The key needs `judgments:write` to publish and `journal:read` for the rest. */
export type QAEventBusOptions = Pick<AgentLoggerOptions, 'url' | 'apiKey' | 'requestTimeoutMs' | 'fetch'>

/** What MetaAgent refused; the code is one of its refusals, the message says what to do. */
export class QAEventBusError extends Error {
  override readonly name = 'QAEventBusError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(`${code}: ${detail}`)
    this.status = status
    this.code = code
  }
}

/** What is followed, until it is closed or its handler fails. */
export interface QASubscription {
  /** Behind the last event that was handled; given as `after`, a later subscription goes on there. Null: nothing yet. */
  readonly position: string | null
  /** Resolves when it was closed; rejects with what its handler threw, or with what MetaAgent refused. */
  readonly done: Promise<void>
  close(): void
}

const firstWaitMs = 500
const longestWaitMs = 15_000
/** The server writes at least every 15 s; silence for longer is a dead connection. */
const idleMs = 45_000

/**
 * The bus of QA events: an asynchronous broker with correlation ids and delivery metrics, over MetaAgent's journal. Unlike
 * `AgentLogger.judge`, it waits for the server and says what went wrong. Seed 1, “Architecture Overview”.
 */
export class QAEventBus {
  readonly #settings: ReturnType<typeof resolveSettings>

  constructor(options: QAEventBusOptions = {}) {
    this.#settings = resolveSettings(options)
  }

  /**
   * Publishes one event or up to 1,000; resolves when what was accepted is stored durably, and tells what was refused. Rejects
   * with `QAEventBusError` when an event that came alone, or the whole request, is refused.
   */
  async publish(events: JudgmentReport | readonly JudgmentReport[]): Promise<QaReceipt> {
    const body = JSON.stringify(Array.isArray(events) ? { events } : events)
    const signal = AbortSignal.timeout(this.#settings.requestTimeoutMs)
    const headers = { 'content-type': 'application/json' }
    return QaReceipt.parse(await this.#json('/api/v1/qa/events', { method: 'POST', body, headers, signal }))
  }

  /**
   * Hands events of a pattern (`qa_*`, `macro_blocked`, `*`) to the handler, one after the other and in the order in which
   * they were committed: from now on, or behind `after`. A broken connection is opened again where it stood, so none is left
   * out. A handler that throws ends it.
   */
  subscribe(
    pattern: string,
    handler: (event: JournalEvent) => Promise<void> | void,
    options: { readonly after?: string; readonly signal?: AbortSignal } = {},
  ): QASubscription {
    const stop = new AbortController()
    const close = () => stop.abort()
    if (options.signal?.aborted === true) close()
    options.signal?.addEventListener('abort', close, { once: true })
    const place = { after: options.after ?? null }
    const done = this.#follow(pattern, handler, place, stop.signal).finally(() =>
      options.signal?.removeEventListener('abort', close),
    )
    // Whoever does not look at `done` is not to be ended by it.
    done.catch(() => undefined)
    return {
      get position() {
        return place.after
      },
      done,
      close,
    }
  }

  /** How far each of MetaAgent's own subscribers of QA events has come, and what failed. */
  async deliveryMetrics(): Promise<readonly SubscriberStatus[]> {
    const signal = AbortSignal.timeout(this.#settings.requestTimeoutMs)
    const { items } = SubscriberList.parse(await this.#json('/api/v1/journal/subscribers', { signal }))
    return items.filter(({ name }) => name.startsWith('meta-agent.'))
  }

  async #follow(
    pattern: string,
    handler: (event: JournalEvent) => Promise<void> | void,
    place: { after: string | null },
    signal: AbortSignal,
  ): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.#followOnce(pattern, place, signal, async (data) => {
          failures = 0
          if (data !== null) await handled(() => handler(JournalEvent.parse(JSON.parse(data))))
        })
      } catch (error) {
        if (error instanceof HandlerFailed) throw error.cause
        if (error instanceof QAEventBusError && error.status < 500 && error.status !== 429) throw error
      }
      if (!signal.aborted) await pause(Math.min(longestWaitMs, firstWaitMs * 2 ** failures), signal)
    }
  }

  /** `take` gets the data of each event, or null for the first sign of life. */
  async #followOnce(
    pattern: string,
    place: { after: string | null },
    signal: AbortSignal,
    take: (data: string | null) => Promise<void>,
  ): Promise<void> {
    const connection = new AbortController()
    const stop = () => connection.abort()
    signal.addEventListener('abort', stop, { once: true })
    let watchdog = setTimeout(stop, idleMs)
    try {
      const response = await this.#ask(`/api/v1/journal/stream?type=${encodeURIComponent(pattern)}`, {
        headers: place.after === null ? {} : { 'last-event-id': place.after },
        signal: connection.signal,
      })
      if (response.body === null) return
      const alive = response.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (piece, out) => {
            clearTimeout(watchdog)
            watchdog = setTimeout(stop, idleMs)
            out.enqueue(piece)
          },
        }),
      )
      for await (const { id, event, data } of eventsOf(alive)) {
        if (signal.aborted) return
        await take(event === 'journal-event' ? data : null)
        place.after = id
      }
    } finally {
      clearTimeout(watchdog)
      signal.removeEventListener('abort', stop)
      connection.abort()
    }
  }

  async #json(path: string, init: RequestInit): Promise<unknown> {
    return await (await this.#ask(path, init)).json()
  }

  async #ask(path: string, { headers, ...init }: RequestInit): Promise<Response> {
    const { url, apiKey, fetch } = this.#settings
    const authorized = { ...(headers as Record<string, string>), authorization: `Bearer ${apiKey}` }
    const response = await fetch(`${url}${path}`, { ...init, headers: authorized })
    if (response.ok) return response
    const problem = (await response.json().catch(() => null)) as { code?: unknown; detail?: unknown } | null
    throw new QAEventBusError(response.status, textOr(problem?.code, 'unknown'), textOr(problem?.detail, 'no reason'))
  }
}

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)

/** What the caller's own handler threw, told apart from a connection that broke. */
class HandlerFailed extends Error {
  override readonly name = 'HandlerFailed'
}

async function handled(work: () => Promise<void> | void): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw new HandlerFailed('the handler failed', { cause: error })
  }
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, durationMs * (0.5 + Math.random() / 2))
    signal.addEventListener('abort', end, { once: true })
  })
}
