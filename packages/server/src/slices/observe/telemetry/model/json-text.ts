import type { JsonText } from './rows.ts'

/** Deepest nesting of inputs, outputs and attributes; deeper ones are attacks or mistakes. */
export const deepestJson = 64

/** Why a value cannot be stored as JSON, or null when it can. `value` comes from a JSON parser or a span decoder. */
export function jsonFault(value: unknown, levels: number = deepestJson): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'a number is too large for JSON'
  if (typeof value !== 'object' || value === null) return null
  if (levels === 0) return `nested deeper than ${deepestJson} levels`
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === 'string') continue
      const fault = jsonFault(item, levels - 1)
      if (fault !== null) return fault
    }
    return null
  }
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key]
    if (typeof item === 'string') continue
    const fault = jsonFault(item, levels - 1)
    if (fault !== null) return fault
  }
  return null
}

// JSON.stringify writes a NUL as \u0000 and a lone surrogate as \ud83d; a database text can hold neither.
const unstorable = /\\u(0000|d[89a-f])/

/** The value as JSON text that PostgreSQL accepts as jsonb too: NULs and lone surrogates become U+FFFD. */
export function toJsonText(value: unknown): JsonText {
  const text = JSON.stringify(value)
  return unstorable.test(text) ? JSON.stringify(value, (_key, item: unknown) => cleanItem(item)) : text
}

function cleanItem(item: unknown): unknown {
  if (typeof item === 'string') return storableText(item)
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
  const keys = Object.keys(item)
  if (keys.every((key) => storableText(key) === key)) return item
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [storableText(key), value]))
}

const hasUnstorable = /\0|[\ud800-\udfff]/

/** A text that PostgreSQL accepts. */
export function storableText(text: string): string {
  return hasUnstorable.test(text) ? text.replaceAll('\0', '\ufffd').toWellFormed() : text
}
