import { isJson, type Json, objectAt, resolved } from './openapi-document.ts'

export interface Parameter {
  readonly isRequired: boolean
  readonly schema: unknown
}

export interface Operation {
  /** JSON pointer to it. */
  readonly at: string
  /** By where they are and how they are called; those of the path by their place in it. */
  readonly parameters: ReadonlyMap<string, Parameter>
  readonly body: { readonly isRequired: boolean; readonly content: Json } | null
  readonly responses: Json
  readonly isSecured: boolean
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

/** The operations of a document by method and path, in which every parameter is called `{}`. */
export function operationsOf(document: Json): ReadonlyMap<string, Operation> {
  const operations = new Map<string, Operation>()
  for (const [path, value] of Object.entries(objectAt(document, 'paths') ?? {})) {
    if (!isJson(value)) continue
    const item = resolved(document, value)
    for (const method of methods) {
      const operation = objectAt(item, method)
      if (operation === null) continue
      const at = `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}`
      operations.set(
        `${method} ${path.replace(/\{[^}]*\}/g, '{}')}`,
        readOperation(document, { at, path, item, operation }),
      )
    }
  }
  return operations
}

interface Found {
  readonly at: string
  readonly path: string
  readonly item: Json
  readonly operation: Json
}

function readOperation(document: Json, { at, path, item, operation }: Found): Operation {
  const body = objectAt(operation, 'requestBody')
  const read = body === null ? null : resolved(document, body)
  return {
    at,
    parameters: readParameters(document, path, [item['parameters'], operation['parameters']]),
    body: read === null ? null : { isRequired: read['required'] === true, content: objectAt(read, 'content') ?? {} },
    responses: objectAt(operation, 'responses') ?? {},
    isSecured: isSecured(operation['security'] ?? document['security']),
  }
}

/** Those of the operation take the place of those of its path. */
function readParameters(document: Json, path: string, lists: readonly unknown[]): ReadonlyMap<string, Parameter> {
  const names = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name)
  const parameters = new Map<string, Parameter>()
  for (const value of lists.flatMap((list) => (Array.isArray(list) ? list : []))) {
    if (!isJson(value)) continue
    const { in: where, name, required, schema, content } = resolved(document, value)
    if (typeof where !== 'string' || typeof name !== 'string') continue
    const key =
      where === 'path' ? `path ${names.indexOf(name)}` : `${where} ${where === 'header' ? name.toLowerCase() : name}`
    const media = isJson(content) ? Object.values(content).find(isJson) : undefined
    parameters.set(key, { isRequired: required === true, schema: schema ?? media?.['schema'] })
  }
  return parameters
}

/** Whether a caller has to show a credential: no alternative is empty. */
function isSecured(security: unknown): boolean {
  return (
    Array.isArray(security) &&
    security.length > 0 &&
    security.every((one) => isJson(one) && Object.keys(one).length > 0)
  )
}
