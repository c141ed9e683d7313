import { togetherOf } from '../../../../../kernel/json-schema/difference.ts'
import { type JsonSchema, schemaDifference } from '../../../../../kernel/json-schema/schema-difference.ts'
import { compareOpenApi } from './openapi.ts'
import { type Breaks, breaksOf, type SchemaChange } from './schema-change.ts'

/**
 * What became of a schema, change by change: of two OpenAPI 3 documents per operation, of two JSON Schemas per place, sorted
 * by path. No change that breaks writers: whoever made values for the earlier one is taken by the later; none that breaks
 * readers: whoever reads values of the earlier one understands those of the later. What cannot be told breaks both.
 * `$ref` is followed within the document alone. A JSON Schema's new property that is not required breaks no writer, by the
 * custom that nobody sends what a schema does not name.
 */
export function compareSchemas(before: unknown, after: unknown): readonly SchemaChange[] {
  const changes = changesOf(before, after)
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

function changesOf(before: unknown, after: unknown): readonly SchemaChange[] {
  if (isOpenApi(before) && isOpenApi(after)) return compareOpenApi(before, after)
  if (isJsonSchema(before) && isJsonSchema(after) && !isOpenApi(before) && !isOpenApi(after))
    return schemaDifference(before, after).map((change) => ({ ...change, breaks: breaksOf(change) }))
  const because = { rule: 'one-kind-of-document', observed: kindOf(after), limit: kindOf(before) }
  return [{ path: '', kind: 'changed', breaks: 'both', because }]
}

/** Whom a list of changes breaks, all of them together. */
export function breaksTogether(changes: readonly SchemaChange[]): Breaks {
  const effects = { readers: 'widens', writers: 'narrows', both: 'both', none: 'none' } as const
  const effect = togetherOf(changes.map(({ breaks }) => effects[breaks]))
  return effect === 'widens' ? 'readers' : effect === 'narrows' ? 'writers' : effect
}

function isJsonSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || isObject(value)
}

function isOpenApi(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && typeof value['openapi'] === 'string' && value['openapi'].startsWith('3.')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (isOpenApi(value)) return 'an OpenAPI 3 document'
  return isJsonSchema(value) ? 'a JSON Schema' : 'neither a JSON Schema nor an OpenAPI 3 document'
}
