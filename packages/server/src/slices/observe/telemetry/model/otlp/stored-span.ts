import type { JsonValue } from '@metaagent/contract'
import type { Instant } from '../../../../../kernel/instant.ts'
import { derivedKey, notesKey } from './canonical.ts'
import type { OtlpSpan, SpanAttributes } from './span.ts'

/** An action that came as a span, as the table holds it. */
export interface StoredSpanRow {
  readonly executionId: string
  readonly actionId: string
  readonly parentActionId: string | null
  readonly name: string
  readonly status: string
  readonly startedAt: Instant
  readonly endedAt: Instant
  readonly errorMessage: string | null
  readonly attributes: SpanAttributes
}

/**
 * The span that an action was read from, out of what was kept of it: what the mapping added is left out again. It holds
 * what was stored, so what was masked stays masked. Inverse of what `mapSpan` keeps.
 */
export function spanOfStored(row: StoredSpanRow): OtlpSpan {
  const { attributes } = row
  const derived = attributes[derivedKey]
  const added = new Set<JsonValue>(Array.isArray(derived) ? derived : [])
  const own: Record<string, JsonValue> = Object.create(null)
  for (const [key, value] of Object.entries(attributes)) if (!keptBeside.has(key) && !added.has(key)) own[key] = value
  const message = attributes['metaagent.status_message']
  return {
    traceId: row.executionId,
    spanId: row.actionId,
    parentSpanId: row.parentActionId ?? '',
    parentIsRemote: attributes['metaagent.parent_is_remote'] === true ? true : null,
    name: textOr(attributes['metaagent.span_name'], row.name),
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    attributes: own,
    events: eventsOf(attributes['metaagent.events']),
    // An error type alone makes a failure too, and says so again.
    status: row.status === 'failure' && (own['error.type'] === undefined || message !== undefined) ? 'error' : 'unset',
    statusMessage: textOr(message, row.errorMessage ?? ''),
    resource: recordOf(attributes['metaagent.resource']),
    scope: textOr(attributes['metaagent.scope'], ''),
  }
}

const keptBeside: ReadonlySet<string> = new Set([
  derivedKey,
  notesKey,
  'metaagent.resource',
  'metaagent.scope',
  'metaagent.span_name',
  'metaagent.parent_is_remote',
  'metaagent.status_message',
  'metaagent.events',
])

const textOr = (value: JsonValue | undefined, other: string): string => (typeof value === 'string' ? value : other)

function recordOf(value: JsonValue | undefined): SpanAttributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function eventsOf(value: JsonValue | undefined): OtlpSpan['events'] {
  if (!Array.isArray(value)) return []
  return value.map((event) => {
    const { name, attributes } = recordOf(event)
    return { name: textOr(name, ''), attributes: recordOf(attributes) }
  })
}
