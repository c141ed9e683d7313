/** One event of a stream (WHATWG HTML, section 9.2). */
export interface ServerSentEvent {
  readonly id: string | null
  readonly event: string
  readonly data: string
}

/** What a piece of a stream gave: its events, and the waiting time that the server asked for, if it did. */
export interface SseChunk {
  readonly events: readonly ServerSentEvent[]
  readonly retryMs: number | null
}

/**
 * Reads a stream piece by piece, cut anywhere. Lines end in LF, CR or CRLF; a line that begins with a colon is a comment;
 * an event without data is dropped; an id with NUL is ignored, as the standard says.
 */
export class SseReader {
  #rest = ''
  #started = false
  #id: string | null = null
  #event = ''
  #data: string[] = []

  push(text: string): SseChunk {
    let input = this.#rest + text
    if (!this.#started && input !== '') {
      this.#started = true
      if (input.startsWith('\uFEFF')) input = input.slice(1)
    }
    const events: ServerSentEvent[] = []
    let retryMs: number | null = null
    const ending = /\r\n|\n|\r/g
    let from = 0
    for (let match = ending.exec(input); match !== null; match = ending.exec(input)) {
      // A CR at the very end may be the first half of CRLF: wait for what follows.
      if (match[0] === '\r' && match.index === input.length - 1) break
      const line = input.slice(from, match.index)
      from = ending.lastIndex
      if (line === '') this.#dispatch(events)
      else retryMs = this.#field(line) ?? retryMs
    }
    this.#rest = input.slice(from)
    return { events, retryMs }
  }

  #dispatch(events: ServerSentEvent[]): void {
    if (this.#data.length > 0) {
      events.push({ id: this.#id, event: this.#event === '' ? 'message' : this.#event, data: this.#data.join('\n') })
    }
    this.#event = ''
    this.#data = []
  }

  #field(line: string): number | null {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') this.#data.push(value)
    else if (name === 'event') this.#event = value
    else if (name === 'id' && !value.includes('\0')) this.#id = value
    else if (name === 'retry' && /^\d+$/.test(value)) return Number(value)
    return null
  }
}
