import type { JsonValue } from '@metaagent/contract'

/** The provider that a payload names, at whatever depth; null: it names none. */
export function providerOf(payload: JsonValue): string | null {
  if (typeof payload !== 'object' || payload === null) return null
  if (!Array.isArray(payload) && typeof payload['provider'] === 'string') return payload['provider']
  for (const value of Object.values(payload)) {
    const found = providerOf(value)
    if (found !== null) return found
  }
  return null
}
