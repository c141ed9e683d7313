import { concatBytes } from './bytes.ts'

const NEWLINE = 0x0a

/** Thrown when a file that is not an export is larger than any proof. */
export class InputTooLarge extends Error {
  override readonly name = 'InputTooLarge'
}

/** Splits a stream of bytes into lines without waiting between lines: a large export has millions. */
export class InputLines {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array()

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** The first line without its newline, which stays to be read; throws `InputTooLarge` beyond `limitBytes`. */
  async peek(limitBytes: number): Promise<Uint8Array> {
    for (;;) {
      const end = this.#held.indexOf(NEWLINE)
      if (end >= 0) return this.#held.subarray(0, end)
      if (this.#held.length > limitBytes) throw new InputTooLarge(`a line is longer than ${limitBytes} bytes`)
      const chunk = await this.#next()
      if (chunk === null) return this.#held
      this.#held = concatBytes(this.#held, chunk)
    }
  }

  /** Everything to the end; throws `InputTooLarge` beyond `limitBytes`. */
  async all(limitBytes: number): Promise<Uint8Array> {
    const parts = [this.#held]
    let length = this.#held.length
    for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) {
      parts.push(chunk)
      length += chunk.length
      if (length > limitBytes) throw new InputTooLarge(`the file is larger than ${limitBytes} bytes`)
    }
    return concatBytes(...parts)
  }

  /** Hands over line after line until `onLine` answers false. A last line needs no newline. */
  async each(limitBytes: number, onLine: (line: Uint8Array) => boolean): Promise<void> {
    for (;;) {
      let from = 0
      for (let end = this.#held.indexOf(NEWLINE, from); end >= 0; end = this.#held.indexOf(NEWLINE, from)) {
        if (!onLine(this.#held.subarray(from, end))) return
        from = end + 1
      }
      const left = this.#held.subarray(from)
      if (left.length > limitBytes) throw new InputTooLarge(`a line is longer than ${limitBytes} bytes`)
      const chunk = await this.#next()
      if (chunk === null) {
        if (left.length > 0) onLine(left)
        return
      }
      this.#held = left.length === 0 ? chunk : concatBytes(left, chunk)
    }
  }

  /** Lets go of the stream; a file or pipe that was not read to its end would otherwise stay open. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #next(): Promise<Uint8Array | null> {
    const step = await this.#chunks.next()
    return step.done === true ? null : step.value
  }
}
