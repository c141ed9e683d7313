/** An object of parsed JSON. */
export type Json = Readonly<Record<string, unknown>>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under a key; null if there is none. Names such as `constructor` are keys like others. */
export function objectAt(value: Json, key: string): Json | null {
  const found = Object.hasOwn(value, key) ? value[key] : null
  return isJson(found) ? found : null
}

/** What a `$ref` within the document leads to; what it cannot reach (elsewhere, nowhere, in a circle) stays as it is. */
export function resolved(document: Json, value: Json): Json {
  const seen = new Set<Json>()
  let at = value
  while (typeof at['$ref'] === 'string' && !seen.has(at)) {
    seen.add(at)
    const target = targetOf(document, at['$ref'])
    if (target === null) return at
    at = target
  }
  return at
}

function targetOf(document: Json, ref: string): Json | null {
  if (!ref.startsWith('#/')) return null
  let at: unknown = document
  for (const part of ref.slice(2).split('/')) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (!(isJson(at) || Array.isArray(at)) || !Object.hasOwn(at, key)) return null
    at = (at as Json)[key]
  }
  return isJson(at) ? at : null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const schemas = '#/components/schemas/'

/**
 * A schema of the document as a JSON Schema of its own: the named schemas that it reaches come along under `$defs`, and what
 * OpenAPI 3.0 writes in its own way (`nullable`, `exclusiveMinimum: true`) is written as JSON Schema has it.
 */
export function closedSchema(document: Json, schema: unknown): unknown {
  const names = new Set<string>()
  const own = rewritten(schema === undefined ? true : schema, names)
  const defs: Record<string, unknown> = {}
  // The set grows while it is walked: schemas that a schema names are walked too.
  for (const name of names) {
    const named = objectAt(objectAt(document, 'components') ?? {}, 'schemas')
    if (named !== null && Object.hasOwn(named, name)) defs[name] = rewritten(named[name], names)
  }
  return isJson(own) && names.size > 0 ? { ...own, $defs: defs } : own
}

function rewritten(schema: unknown, names: Set<string>): unknown {
  if (Array.isArray(schema)) return schema.map((one) => rewritten(one, names))
  if (!isJson(schema)) return schema
  const copy: Record<string, unknown> = {}
  for (const [key, one] of Object.entries(schema)) {
    if (key === '$ref' && typeof one === 'string') copy[key] = rewrittenRef(one, names)
    else if (maps.has(key) && isJson(one)) copy[key] = rewrittenMap(one, names)
    else if (values.has(key)) copy[key] = one
    else if (!notes.has(key)) copy[key] = rewritten(one, names)
  }
  return asJsonSchema(copy)
}

function rewrittenRef(ref: string, names: Set<string>): string {
  if (!ref.startsWith(schemas)) return ref
  const name = ref.slice(schemas.length)
  names.add(
    decoded(name.split('/')[0] as string)
      .replaceAll('~1', '/')
      .replaceAll('~0', '~'),
  )
  return `#/$defs/${name}`
}

/** Schemas by names that mean nothing by themselves: a property may be called `example` or `nullable`. */
function rewrittenMap(named: Json, names: Set<string>): Json {
  return Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, rewritten(schema, names)]))
}

const maps = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'])
const values = new Set(['enum', 'const', 'default', 'required', 'examples'])
/** Keywords of OpenAPI that accept and refuse nothing. */
const notes = new Set(['example', 'externalDocs', 'xml', 'discriminator'])

function asJsonSchema({ nullable, ...schema }: Readonly<Record<string, unknown>>): unknown {
  const bounded = withBound(withBound(schema, 'exclusiveMinimum', 'minimum'), 'exclusiveMaximum', 'maximum')
  if (nullable === undefined) return bounded
  if (nullable !== true) return typeof nullable === 'boolean' ? bounded : { ...bounded, nullable }
  if (typeof bounded['type'] === 'string') return { ...bounded, type: [bounded['type'], 'null'] }
  return { anyOf: [bounded, { type: 'null' }] }
}

function withBound(schema: Json, exclusive: string, bound: string): Json {
  if (typeof schema[exclusive] !== 'boolean') return schema
  const { [exclusive]: isExclusive, [bound]: limit, ...rest } = schema
  if (limit === undefined) return rest
  return isExclusive === true ? { ...rest, [exclusive]: limit } : { ...rest, [bound]: limit }
}
