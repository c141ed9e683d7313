import type { JsonValue } from '@metaagent/contract'
import type { Instant } from '../../../../../kernel/instant.ts'
import { jsonFault } from '../json-text.ts'
import { parseJson, type ReadFields } from './sources.ts'
import type { SpanAttributes } from './span.ts'
import { numberOfValue } from './texts.ts'
import { canonicalAttributes, type SpanField } from './vocabulary.ts'

/** Names of the attributes that the mapping added, so that a later one can tell them from what the span said. */
export const derivedKey = 'metaagent.derived'
/** Remarks of the mapping about a span, as `MappingNote`. */
export const notesKey = 'metaagent.mapping_notes'

const fields = Object.entries(canonicalAttributes) as [SpanField, string][]
const lists: ReadonlySet<SpanField> = new Set(['tags', 'finishReasons', 'toolDefinitions', 'annotations'])
const numbers: ReadonlySet<SpanField> = new Set(['timeToFirstChunkS', 'audioTokens'])

/**
 * What a span said in other words, under the names of the current conventions (`canonicalAttributes`, parameters as
 * `gen_ai.request.*`); null when it said everything in those words itself.
 */
export function derivedAttributes(
  attributes: SpanAttributes,
  { values, parameters }: ReadFields,
  startedAt: Instant,
): Record<string, JsonValue> | null {
  let derived: Record<string, JsonValue> | null = null
  for (const [field, name] of fields) {
    if (attributes[name] !== undefined) continue
    const value =
      canonicalValue(field, values.get(field)) ?? (field === 'timeToFirstChunkS' ? firstChunk(values, startedAt) : null)
    if (value === null) continue
    derived ??= {}
    derived[name] = value
  }
  for (const source of parameters) {
    const named = typeof source === 'string' ? parseJson(source) : source
    if (typeof named !== 'object' || named === null || Array.isArray(named)) continue
    for (const [parameter, value] of Object.entries(named)) {
      const name = `gen_ai.request.${snakeCase(parameter)}`
      if (value === null || attributes[name] !== undefined || (derived !== null && Object.hasOwn(derived, name)))
        continue
      derived ??= {}
      derived[name] = value
    }
  }
  return derived === null || jsonFault(derived) !== null ? null : derived
}

function canonicalValue(field: SpanField, value: JsonValue): JsonValue {
  if (value === null) return null
  if (lists.has(field)) return listOfValue(value, field === 'tags')
  return numbers.has(field) ? numberOfValue(value) : value
}

/** A list as such, as JSON, or (tags) with commas; a single value is a list of one. */
function listOfValue(value: JsonValue, commas: boolean): JsonValue {
  if (Array.isArray(value)) return value
  if (typeof value !== 'string') return [value]
  const parsed = parseJson(value)
  if (Array.isArray(parsed)) return parsed
  if (parsed !== undefined) return [parsed]
  const items = (commas ? value.split(',') : [value]).map((item) => item.trim()).filter((item) => item !== '')
  return items.length === 0 ? null : items
}

/** Seconds until the first part of the answer, where a vocabulary counts milliseconds or tells the time of day. */
function firstChunk(values: ReadFields['values'], startedAt: Instant): number | null {
  const ms = numberOfValue(values.get('timeToFirstChunkMs'))
  if (ms !== null) return ms / 1_000
  const at = values.get('firstChunkAt')
  const epochMs = typeof at === 'string' ? Date.parse(at.replaceAll('"', '')) : Number.NaN
  return Number.isNaN(epochMs) || epochMs < startedAt ? null : (epochMs - startedAt) / 1_000
}

/** `maxTokens` of the AI SDK is `max_tokens` everywhere else. */
function snakeCase(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase()
}
