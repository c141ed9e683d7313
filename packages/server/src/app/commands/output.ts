/** Where a command writes: people read lines, `--json` gets one JSON value on standard output. Progress goes to standard error. */
export interface Output {
  readonly json: boolean
  /** A line for people; nothing with `--json`. */
  line(text?: string): void
  /** The command's result: printed as JSON with `--json`. */
  result(value: unknown): void
  /** One of a row of results without an end: a line for people, or one line of JSON. */
  stream(value: unknown, line: string): void
  /** A complaint on standard error, in both modes. */
  complain(text: string): void
}

export function createOutput(json: boolean, streams: Pick<typeof process, 'stdout' | 'stderr'> = process): Output {
  return {
    json,
    line: (text = '') => {
      if (!json) streams.stdout.write(`${text}\n`)
    },
    result: (value) => {
      if (json) streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
    },
    stream: (value, line) => {
      streams.stdout.write(`${json ? JSON.stringify(value) : line}\n`)
    },
    complain: (text) => {
      streams.stderr.write(`${text}\n`)
    },
  }
}
