import { createHash } from 'node:crypto'

/** A trace id made of texts that identify a run elsewhere: the same texts, the same 32 hex digits. */
export function hashedTraceId(...texts: readonly string[]): string {
  return digestOf('trace', texts).slice(0, 32)
}

/** A span id made of texts that identify a step elsewhere: 16 hex digits. */
export function hashedSpanId(...texts: readonly string[]): string {
  return digestOf('span', texts).slice(0, 16)
}

// As JSON, so that ("ab", "c") and ("a", "bc") differ.
function digestOf(kind: string, texts: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, ...texts]))
    .digest('hex')
}
