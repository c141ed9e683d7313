/** An event of a stream as MetaAgent writes it: one line each of id, event and data. */
export interface StreamedEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** The events of a body of server-sent events; comments are passed over. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const frames = (rest + decoder.decode(value, { stream: true })).split('\n\n')
      rest = frames.pop() ?? ''
      for (const frame of frames) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? ''
        if (field('event') !== '') yield { id: field('id'), event: field('event'), data: field('data') }
      }
    }
  } finally {
    // Cancelling an aborted stream rejects with the abort that caused it.
    await reader.cancel().catch(() => undefined)
  }
}
