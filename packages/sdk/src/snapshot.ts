import type { JsonValue } from '@metaagent/contract'

const depthMax = 32

/**
 * A copy of any value as JSON, taken now, so that the agent may go on changing its own. Never throws: what JSON cannot
 * say becomes a text that says so (`[circular]`, `[function]`), long texts are cut with a mark.
 */
export function snapshot(value: unknown, fieldCharacters: number): JsonValue {
  try {
    return copy(value, { ancestors: new Set(), depth: 0, fieldCharacters })
  } catch {
    return '[unreadable]'
  }
}

interface Walk {
  readonly ancestors: Set<object>
  readonly depth: number
  readonly fieldCharacters: number
}

function copy(value: unknown, walk: Walk): JsonValue {
  switch (typeof value) {
    case 'string':
      return cut(value, walk.fieldCharacters)
    case 'number':
      // JSON has one zero.
      return Number.isFinite(value) ? value + 0 : String(value)
    case 'boolean':
      return value
    case 'undefined':
      return null
    case 'bigint':
      return value.toString()
    case 'function':
      return '[function]'
    case 'symbol':
      return '[symbol]'
    case 'object':
      return value === null ? null : copyObject(value, walk)
  }
}

function copyObject(value: object, walk: Walk): JsonValue {
  if (walk.ancestors.has(value)) return '[circular]'
  if (walk.depth >= depthMax) return '[too deep]'
  if (value instanceof Error) return { name: value.name, message: cut(value.message, walk.fieldCharacters) }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  const json = (value as { toJSON?: unknown }).toJSON
  walk.ancestors.add(value)
  try {
    const inner = { ...walk, depth: walk.depth + 1 }
    if (typeof json === 'function') return copy(json.call(value), inner)
    if (Array.isArray(value)) return value.map((item) => copy(item, inner))
    if (value instanceof Map) return copy(Object.fromEntries(value), inner)
    if (value instanceof Set) return copy([...value], inner)
    const fields: { [key: string]: JsonValue } = {}
    for (const [key, field] of Object.entries(value)) {
      // Set by assignment it would be the copy's prototype, and sent as it is it would have the whole batch refused.
      if (field !== undefined && key !== '__proto__') fields[key] = copy(field, inner)
    }
    return fields
  } finally {
    walk.ancestors.delete(value)
  }
}

function cut(text: string, charactersMax: number): string {
  // Lone surrogates cannot be stored as text everywhere.
  const whole = text.isWellFormed?.() === false ? text.toWellFormed() : text
  return whole.length <= charactersMax
    ? whole
    : `${whole.slice(0, charactersMax)}… [${whole.length - charactersMax} characters cut]`
}
