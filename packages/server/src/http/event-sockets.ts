import type { WebSocket } from 'ws'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { StreamEvent } from '../ports/slice.ts'

const pingMs = 15_000
/** Who has not taken what waits for them by then is dropped. */
const slowMs = 10_000
/** Bytes that may wait for a client before its source is held back. */
const mostBufferedBytes = 1_048_576
/** A client that does not answer the closing is cut off. */
const closingMs = 1_000

/** RFC 6455, 7.4.1. */
export const closeCodes = { ended: 1000, goingAway: 1001, notAllowed: 1008, failed: 1011, tooSlow: 1013 } as const

/** The open WebSockets of this process: the same events as server-sent ones, as one JSON message each. */
export class EventSockets {
  readonly #open = new Set<WebSocket>()
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
   * Sends events until the source ends, the client leaves, does not answer a ping, takes too long to take what waits for it
   * (1013, it may go on behind the last id that it has), or `stillAllowed` says no (1008, asked with each ping).
   */
  async serve(
    socket: WebSocket,
    abort: AbortController,
    events: AsyncIterable<StreamEvent>,
    stillAllowed: () => Promise<boolean>,
  ): Promise<void> {
    this.#open.add(socket)
    socket.on('close', () => {
      this.#open.delete(socket)
      abort.abort()
    })
    const stopPings = this.#ping(socket, abort, stillAllowed)
    try {
      for await (const event of events) {
        if (abort.signal.aborted) break
        const { id, event: name, data } = event
        socket.send(JSON.stringify({ ...(id === undefined ? {} : { id }), event: name, data }))
        if (socket.bufferedAmount > mostBufferedBytes && !(await this.#drained(socket, abort.signal)))
          return this.#close(socket, abort, closeCodes.tooSlow, 'too slow: go on behind the last id')
      }
      this.#close(socket, abort, closeCodes.ended, 'the stream has ended')
    } catch (error) {
      if (abort.signal.aborted) return
      this.#log.error({ error: String(error) }, 'an event socket failed')
      this.#close(socket, abort, closeCodes.failed, 'the stream failed: go on behind the last id')
    } finally {
      stopPings()
    }
  }

  /** Ends every socket; clients reconnect elsewhere behind the last id that they have. */
  endAll(): void {
    for (const socket of this.#open) socket.close(closeCodes.goingAway, 'going away')
  }

  #close(socket: WebSocket, abort: AbortController, code: number, reason: string): void {
    abort.abort()
    socket.close(code, reason)
    const cancel = this.#clock.after(closingMs, () => socket.terminate())
    socket.once('close', cancel)
  }

  /** False when what waits was not taken in time. */
  async #drained(socket: WebSocket, signal: AbortSignal): Promise<boolean> {
    return await new Promise((resolve) => {
      const done = (isDrained: boolean) => {
        cancelLook()
        cancelLimit()
        signal.removeEventListener('abort', gone)
        resolve(isDrained)
      }
      const gone = () => done(true)
      let cancelLook = () => {}
      const look = () => {
        if (socket.bufferedAmount <= mostBufferedBytes / 2) done(true)
        else cancelLook = this.#clock.after(50, look)
      }
      const cancelLimit = this.#clock.after(slowMs, () => done(false))
      signal.addEventListener('abort', gone, { once: true })
      if (signal.aborted) done(true)
      else look()
    })
  }

  #ping(socket: WebSocket, abort: AbortController, stillAllowed: () => Promise<boolean>): () => void {
    let isAnswered = true
    socket.on('pong', () => {
      isAnswered = true
    })
    let cancel = () => {}
    const next = () => {
      cancel = this.#clock.after(pingMs, () => {
        if (!isAnswered) return socket.terminate()
        stillAllowed().then(
          (allowed) => {
            if (abort.signal.aborted) return
            if (!allowed) return this.#close(socket, abort, closeCodes.notAllowed, 'the credential counts no longer')
            isAnswered = false
            socket.ping()
            next()
          },
          () => next(),
        )
      })
    }
    next()
    return () => cancel()
  }
}
