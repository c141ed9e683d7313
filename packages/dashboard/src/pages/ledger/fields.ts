import { type JsonValue, Sealed } from '@metaagent/contract'

/** A field of an entry: where it stands, what it says, and whether it is sealed in the ledger. */
export interface EntryField {
  readonly path: string
  readonly text: string
  /** `sealed`: personal, encrypted in the ledger and opened for this reader. `erased`: its key is gone for ever. */
  readonly state: 'plain' | 'sealed' | 'erased'
}

/**
 * The fields of an entry, flat. `leaf` is what was hashed, `content` the same with sealed fields opened where their key
 * still lives; what is still sealed there can no longer be read by anybody.
 */
export function entryFields(leaf: JsonValue, content: JsonValue, path = ''): readonly EntryField[] {
  if (Sealed.safeParse(content).success) return [{ path, text: 'erased', state: 'erased' }]
  const sealed = Sealed.safeParse(leaf).success
  if (isContainer(content) && !sealed) {
    const keys = Object.keys(content)
    if (keys.length === 0)
      return [{ path, text: Array.isArray(content) ? '(empty list)' : '(nothing)', state: 'plain' }]
    return keys.flatMap((key) =>
      entryFields(childOf(leaf, key), childOf(content, key), path === '' ? key : `${path}.${key}`),
    )
  }
  return [{ path, text: textOf(content), state: sealed ? 'sealed' : 'plain' }]
}

function isContainer(value: JsonValue): value is JsonValue[] | { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null
}

function childOf(value: JsonValue, key: string): JsonValue {
  if (Array.isArray(value)) return value[Number(key)] ?? null
  return isContainer(value) ? (value[key] ?? null) : null
}

function textOf(value: JsonValue): string {
  if (value === null) return 'null'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
