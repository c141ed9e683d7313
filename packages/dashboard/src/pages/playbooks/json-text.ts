import type { JsonValue } from '@metaagent/contract'

export type JsonText =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly fault: string; readonly offset: number | null }

/** Reads a text that somebody writes; else what is wrong with it, and where when that is known. */
export function readJson(text: string): JsonText {
  try {
    return { ok: true, value: JSON.parse(text) as JsonValue }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const offset = /position (\d+)/.exec(message)?.[1]
    const place = offset === undefined ? '' : ` Line ${text.slice(0, Number(offset)).split('\n').length}.`
    const what = message.replace(/ \(line.*$/, '').replace(/ in JSON at position \d+$/, '')
    return {
      ok: false,
      fault: `This is no JSON: ${what}.${place}`,
      offset: offset === undefined ? null : Number(offset),
    }
  }
}

/** A value as JSON has it: members that are not set are gone. */
export function jsonOf(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue
}
