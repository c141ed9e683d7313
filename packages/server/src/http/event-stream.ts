import type { ServerResponse } from 'node:http'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { StreamEvent } from '../ports/slice.ts'

const keepAliveMs = 15_000

interface OpenStream {
  readonly response: ServerResponse
  readonly abort: AbortController
}

/** All open server-sent event streams of this process, so that shutdown can end them cleanly for the client. */
export class EventStreams {
  readonly #open = new Set<OpenStream>()
  readonly #clock: Clock
  readonly #log: Log

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  get count(): number {
    return this.#open.size
  }

  /**
   * Writes events until the source ends, the client leaves or `stillAllowed` says no (asked at each keep-alive, so a
   * revoked credential loses its stream within 15 s). A slow client holds back its own source only.
   */
  async serve(
    response: ServerResponse,
    abort: AbortController,
    events: AsyncIterable<StreamEvent>,
    stillAllowed: () => Promise<boolean>,
  ): Promise<void> {
    const stream = { response, abort }
    this.#open.add(stream)
    response.on('close', () => abort.abort())
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    })
    response.write(': open\n\n')
    const stopKeepAlive = this.#keepAlive(stream, stillAllowed)
    try {
      for await (const event of events) {
        if (abort.signal.aborted) break
        if (!response.write(frame(event))) await drained(response, abort.signal)
      }
    } catch (error) {
      if (!abort.signal.aborted) this.#log.error({ error: String(error) }, 'an event stream failed')
    } finally {
      stopKeepAlive()
      this.#open.delete(stream)
      response.end()
    }
  }

  #keepAlive(stream: OpenStream, stillAllowed: () => Promise<boolean>): () => void {
    let cancel = () => {}
    const next = () => {
      cancel = this.#clock.after(keepAliveMs, () => {
        stillAllowed().then(
          (allowed) => {
            if (!allowed) return stream.abort.abort()
            if (stream.abort.signal.aborted) return
            stream.response.write(': keep\n\n')
            next()
          },
          () => next(),
        )
      })
    }
    next()
    return () => cancel()
  }

  /** Ends every stream; clients reconnect elsewhere with Last-Event-ID. */
  endAll(): void {
    for (const { abort, response } of this.#open) {
      abort.abort()
      response.end()
    }
  }
}

/** Frames of events that many streams write; they go when their events go. */
const frames = new WeakMap<StreamEvent, Buffer>()

/** An event as bytes, made once however many streams it goes to. */
function frame(event: StreamEvent): Buffer {
  const known = frames.get(event)
  if (known !== undefined) return known
  const id = event.id === undefined ? '' : `id: ${event.id}\n`
  const made = Buffer.from(`${id}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`)
  frames.set(event, made)
  return made
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}
