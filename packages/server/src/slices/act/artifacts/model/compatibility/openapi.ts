import { canonicalJson } from '../../../../../kernel/canonical-json.ts'
import { type JsonSchema, schemaDifference } from '../../../../../kernel/json-schema/schema-difference.ts'
import { closedSchema, type Json, objectAt, resolved } from './openapi-document.ts'
import { type Operation, operationsOf } from './openapi-operations.ts'
import { type Breaks, breaksOf, type SchemaChange } from './schema-change.ts'

/**
 * What became of an API, per operation (method and path, whatever its path parameters are called). Callers write requests
 * and read responses: an operation that is gone breaks both; a new required parameter or body, a narrowed request and
 * authentication where there was none break writers; a widened response, a status or content type that is gone break readers.
 * Headers of responses, callbacks, webhooks, links and what servers say of themselves are not compared. Own code: `openapi-diff`
 * and `json-schema-diff` under it load what references name, and answer which values came and went, not at which place.
 */
export function compareOpenApi(before: Json, after: Json): readonly SchemaChange[] {
  const [was, is] = [operationsOf(before), operationsOf(after)]
  const changes: SchemaChange[] = []
  for (const [key, operation] of was) {
    const now = is.get(key)
    if (now === undefined) changes.push(told(operation.at, 'removed', 'both', 'operation', null, key))
    else changes.push(...operationChanges({ before, after }, operation, now))
  }
  for (const [key, operation] of is)
    if (!was.has(key)) changes.push(told(operation.at, 'added', 'none', 'operation', key, null))
  return changes
}

interface Documents {
  readonly before: Json
  readonly after: Json
}

function operationChanges(documents: Documents, was: Operation, is: Operation): readonly SchemaChange[] {
  const changes = [
    ...parameterChanges(documents, was, is),
    ...bodyChanges(documents, was, is),
    ...responseChanges(documents, was, is),
  ]
  if (!was.isSecured && is.isSecured)
    changes.push(told(`${is.at}/security`, 'narrowed', 'writers', 'security', 'required', null))
  return changes
}

function parameterChanges(documents: Documents, was: Operation, is: Operation): readonly SchemaChange[] {
  const changes: SchemaChange[] = []
  for (const [key, now] of is.parameters) {
    const here = `${is.at}/parameters/${escaped(key)}`
    const then = was.parameters.get(key)
    if (then === undefined)
      changes.push(told(here, 'added', now.isRequired ? 'writers' : 'none', 'required', now.isRequired, null))
    else {
      if (!then.isRequired && now.isRequired)
        changes.push(told(`${here}/required`, 'narrowed', 'writers', 'required', true, false))
      changes.push(...schemaChanges(`${here}/schema`, documents, then.schema, now.schema, 'writers'))
    }
  }
  // What is sent and no longer asked for is ignored.
  for (const key of was.parameters.keys())
    if (!is.parameters.has(key))
      changes.push(told(`${was.at}/parameters/${escaped(key)}`, 'removed', 'none', 'parameter', null, key))
  return changes
}

function bodyChanges(documents: Documents, was: Operation, is: Operation): readonly SchemaChange[] {
  const here = `${is.at}/requestBody`
  const [then, now] = [was.body, is.body]
  if (now === null) return then === null ? [] : [told(here, 'removed', 'none', 'requestBody', null, true)]
  if (then === null) return [told(here, 'added', now.isRequired ? 'writers' : 'none', 'required', now.isRequired, null)]
  const required =
    !then.isRequired && now.isRequired ? [told(`${here}/required`, 'narrowed', 'writers', 'required', true, false)] : []
  return [...required, ...contentChanges(`${here}/content`, documents, then.content, now.content, 'writers')]
}

function responseChanges(documents: Documents, was: Operation, is: Operation): readonly SchemaChange[] {
  return Object.keys({ ...was.responses, ...is.responses }).flatMap((status) => {
    const here = `${is.at}/responses/${escaped(status)}`
    const [then, now] = [objectAt(was.responses, status), objectAt(is.responses, status)]
    if (then === null) return [told(here, 'added', 'none', 'response', status, null)]
    // Refusals come and go; a success that is gone is one that the caller waits for.
    if (now === null)
      return [told(here, 'removed', /^(2|default)/.test(status) ? 'readers' : 'none', 'response', null, status)]
    const [one, other] = [resolved(documents.before, then), resolved(documents.after, now)]
    const content = [objectAt(one, 'content') ?? {}, objectAt(other, 'content') ?? {}] as const
    return contentChanges(`${here}/content`, documents, ...content, 'readers')
  })
}

/** By content type. One that is gone breaks who wrote it in a request, and who read it in a response. */
function contentChanges(
  at: string,
  documents: Documents,
  was: Json,
  is: Json,
  side: 'readers' | 'writers',
): readonly SchemaChange[] {
  return Object.keys({ ...was, ...is }).flatMap((type) => {
    const here = `${at}/${escaped(type)}`
    const [then, now] = [objectAt(was, type), objectAt(is, type)]
    if (then === null) return [told(here, 'added', 'none', 'content', type, null)]
    if (now === null) return [told(here, 'removed', side, 'content', null, type)]
    return schemaChanges(`${here}/schema`, documents, then['schema'], now['schema'], side)
  })
}

/** Changes of a schema, of which only what breaks this side counts as breaking. */
function schemaChanges(
  at: string,
  { before, after }: Documents,
  was: unknown,
  is: unknown,
  side: 'readers' | 'writers',
): readonly SchemaChange[] {
  const [one, other] = [closedSchema(before, was), closedSchema(after, is)]
  if (canonicalJson(one) === canonicalJson(other)) return []
  return schemaDifference(one as JsonSchema, other as JsonSchema).map((change) => {
    const breaks = breaksOf(change)
    const isBreaking = breaks === 'both' || breaks === side
    return {
      path: `${at}${change.path}`,
      kind: change.kind,
      breaks: isBreaking ? side : 'none',
      because: change.because,
    }
  })
}

function told(
  path: string,
  kind: SchemaChange['kind'],
  breaks: Breaks,
  rule: string,
  observed: unknown,
  limit: unknown,
): SchemaChange {
  return { path, kind, breaks, because: { rule, observed, limit } }
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
