const unreachable = /^#\/components\/schemas\/__shared#\/\$defs\//

interface Readable extends Record<string, unknown> {
  components?: { schemas?: Record<string, unknown> }
}

/**
 * Puts the schemas that several routes share without a name (recursive ones) where their references lead. The type provider
 * leaves them below `__shared`, under references of the form `…/__shared#/$defs/…`, which no reader can follow.
 */
export function withSharedSchemas(document: unknown): Record<string, unknown> {
  const copy = rewritten(document) as Readable
  const schemas = copy.components?.schemas
  const shared = schemas?.['__shared'] as { $defs?: Record<string, unknown> } | undefined
  if (schemas !== undefined && shared !== undefined) {
    delete schemas['__shared']
    for (const [name, schema] of Object.entries(shared.$defs ?? {})) schemas[`Shared-${name}`] = schema
  }
  return copy
}

function rewritten(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(unreachable, '#/components/schemas/Shared-')
  if (Array.isArray(value)) return value.map(rewritten)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rewritten(inner)]))
}
