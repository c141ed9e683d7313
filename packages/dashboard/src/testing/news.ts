import type { ServerSentEvent } from '../api/sse.ts'

/** The open live streams of a fixture server: what a test says is sent to all of them. */
export interface News {
  /** Sends an event to every open stream. */
  readonly send: (event: Partial<ServerSentEvent> & { readonly event: string; readonly data: string }) => void
  /** Breaks every open stream, as a restart of the server does. */
  readonly breakAll: () => void
  /** Opens a stream that begins with an event, `fleet` unless another is named. */
  readonly open: (first: string, signal: AbortSignal | null, event?: string) => Response
  /** How many streams are open now. */
  readonly count: () => number
}

/** Makes an empty store. */
export function createStoreOfNews(): News {
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const encoder = new TextEncoder()
  return {
    send: ({ id, event, data }) => {
      const text = `${id == null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`
      for (const stream of streams) stream.enqueue(encoder.encode(text))
    },
    breakAll: () => {
      for (const stream of streams) stream.close()
      streams.clear()
    },
    count: () => streams.size,
    open: (first, signal, event = 'fleet') => {
      let mine: ReadableStreamDefaultController<Uint8Array> | null = null
      const drop = () => {
        if (mine !== null) streams.delete(mine)
      }
      const body = new ReadableStream<Uint8Array>({
        start: (stream) => {
          mine = stream
          streams.add(stream)
          stream.enqueue(encoder.encode(`: open\n\nevent: ${event}\ndata: ${first}\n\n`))
          signal?.addEventListener('abort', () => {
            if (streams.delete(stream)) stream.error(new DOMException('The request was aborted', 'AbortError'))
          })
        },
        cancel: drop,
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    },
  }
}
