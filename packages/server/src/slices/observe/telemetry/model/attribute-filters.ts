import { ok, type Result, refuse } from '../../../../kernel/result.ts'

/** An attribute that an execution must have with a value, compared as text. */
export interface AttributeFilter {
  readonly key: string
  readonly value: string
}

const prefix = 'attribute.'
const mostFilters = 5

/**
 * The filters `attribute.KEY=VALUE` of a query, and what is left of it; a key that is neither is refused, so that a
 * filter that was misspelt does not list everything.
 */
export function splitAttributeFilters<Known extends object>(
  query: Known & Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
): Result<{ readonly query: Known; readonly attributes: readonly AttributeFilter[] }> {
  const attributes: AttributeFilter[] = []
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(query)) {
    if (known.has(name)) rest[name] = value
    else if (name.startsWith(prefix) && name.length > prefix.length && typeof value === 'string')
      attributes.push({ key: name.slice(prefix.length), value })
    else
      return refuse(
        'invalid-query',
        `${name} is no filter of this list. Attributes are asked for as attribute.KEY=VALUE.`,
      )
  }
  if (attributes.length > mostFilters)
    return refuse('invalid-query', `At most ${mostFilters} attributes can be asked for at once.`)
  // Exactly the known names were copied.
  return ok({ query: rest as Known, attributes: attributes.sort((a, b) => (a.key < b.key ? -1 : 1)) })
}
