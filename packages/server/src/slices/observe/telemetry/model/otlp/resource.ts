import type { JsonValue } from '@metaagent/contract'
import { toJsonText } from '../json-text.ts'
import type { SpanAttributes } from './span.ts'
import { nameOfValue } from './texts.ts'
import { resourceTable } from './vocabulary.ts'

/** What a resource says for all of its spans. */
export interface ResourceFields {
  readonly release: string | null
  readonly environment: string | null
  readonly service: string | null
  /** All of it as JSON text. */
  readonly text: string
}

// All spans of one resource share the object.
const remembered = new WeakMap<SpanAttributes, ResourceFields>()

/** Reads a resource, once for all of its spans. */
export function resourceFields(resource: SpanAttributes): ResourceFields {
  const known = remembered.get(resource)
  if (known !== undefined) return known
  const first = (sources: Readonly<Record<string, readonly string[]>>): JsonValue => {
    for (const name of Object.values(sources).flat()) {
      const value = resource[name]
      if (value !== undefined && value !== null && value !== '') return value
    }
    return null
  }
  const fields: ResourceFields = {
    release: nameOfValue(first(resourceTable.release)),
    environment: nameOfValue(first(resourceTable.environment)),
    service: nameOfValue(first(resourceTable.service)),
    text: toJsonText(resource),
  }
  remembered.set(resource, fields)
  return fields
}
