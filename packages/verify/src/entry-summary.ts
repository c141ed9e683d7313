import type { JsonObject, JsonValue } from './canonical-json.ts'

/** What a person wants to know of a ledger entry first. Null where the entry does not say. */
export interface EntrySummary {
  readonly type: string | null
  /** What the decision is about, as the entry writes it. */
  readonly subject: JsonValue
  /** Why it was decided: rule, observed, limit. Looked for in the entry and in its payload. */
  readonly because: JsonValue
  readonly occurredAt: string | null
}

/** Picks the plain facts out of an entry of a MetaAgent ledger. */
export function summarizeEntry(entry: JsonObject): EntrySummary {
  const payload = entry['payload']
  const inPayload = isObject(payload) ? payload['because'] : undefined
  return {
    type: textOrNull(entry['type']),
    subject: entry['subject'] ?? null,
    because: entry['because'] ?? inPayload ?? null,
    occurredAt: textOrNull(entry['occurredAt']),
  }
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
