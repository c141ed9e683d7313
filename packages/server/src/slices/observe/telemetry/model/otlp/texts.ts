import type { JsonValue } from '@metaagent/contract'
import { storableText } from '../json-text.ts'

/** A text of at most `longest` characters; longer ones are cut, since a span is not refused for a long name. */
export function textOfValue(value: JsonValue, longest: number): string | null {
  if (value === null || typeof value === 'object') return null
  return shortened(unquoted(String(value)), longest)
}

/** MLflow and Langfuse write each attribute as JSON, so that a name comes in quotes. */
function unquoted(text: string): string {
  if (text.length < 2 || text[0] !== '"' || !text.endsWith('"')) return text
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'string' ? parsed : text
  } catch {
    return text
  }
}

export function shortened(text: string, longest: number): string | null {
  const storable = storableText(text.length > longest ? text.slice(0, longest) : text)
  return storable === '' ? null : storable
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: names must not hold them
const controlCharacters = /[\u0000-\u001f\u007f]/g

/** A name as the contract wants it: trimmed, 1 to 200 characters, no control characters. Null when nothing is left. */
export function nameOfValue(value: JsonValue): string | null {
  const text = textOfValue(value, 1_000)
  return text === null ? null : cleanName(text)
}

export function cleanName(text: string): string | null {
  const name = text.replace(controlCharacters, ' ').trim().slice(0, 200).trim()
  return name === '' ? null : storableText(name)
}

/** A count of tokens: a whole number from 0 on, as number or text. */
export function countOfValue(value: JsonValue): number | null {
  if (value === null || typeof value === 'object' || typeof value === 'boolean') return null
  const count = Number(value)
  return Number.isSafeInteger(count) && count >= 0 ? count : null
}

export function numberOfValue(value: JsonValue): number | null {
  if (value === null || typeof value === 'object' || typeof value === 'boolean') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}
