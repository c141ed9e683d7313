import { parse, TomlError } from 'smol-toml'

export type TomlDocument =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly line: number | null; readonly text: string }

/** Reads a TOML 1.0 document; what is none answers the line and the reason. Dates come as text, big integers as bigint. */
export function readToml(text: string): TomlDocument {
  try {
    return { ok: true, value: parse(text, { integersAsBigInt: 'asNeeded' }) }
  } catch (error) {
    if (error instanceof TomlError) return { ok: false, line: error.line, text: firstLine(error.message) }
    // Nested beyond what the stack holds.
    if (error instanceof RangeError) return { ok: false, line: null, text: 'It is nested too deeply.' }
    throw error
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message
}
