/** One place where a request does not fit its schema. */
export interface SchemaFault {
  /** JSON pointer; `/` is the whole. */
  readonly path: string
  readonly message: string
}

interface Issue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** Of a union: what each of its forms misses. */
  readonly errors?: readonly (readonly Issue[])[]
}

/** What the type provider makes of an issue of Zod: the same under names of JSON Schema. */
interface ValidationEntry {
  readonly keyword: string
  readonly instancePath: string
  readonly message?: string | undefined
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * Where a request does not fit. Zod says of a value that fits no form of a union only “Invalid input”; here the form that
 * comes closest (the fewest faults, of equals the first) tells what it misses.
 */
export function schemaFaults(entries: readonly ValidationEntry[]): readonly SchemaFault[] {
  return entries.flatMap(({ keyword, instancePath, message = 'does not fit the schema', params }) => {
    const path = instancePath.split('/').filter((part) => part !== '')
    return faultsOf({ ...params, code: keyword, path, message })
  })
}

function faultsOf(issue: Issue): readonly SchemaFault[] {
  const at = `/${issue.path.join('/')}`
  const [first, ...others] = issue.code === 'invalid_union' ? (issue.errors ?? []) : []
  if (first === undefined) return [{ path: at, message: issue.message }]
  const closest = others.reduce((best, form) => (form.length < best.length ? form : best), first)
  return closest.flatMap((inner) =>
    faultsOf({ ...inner, path: [...issue.path, ...inner.path] }).map(({ path, message }) => ({
      path,
      message: `${message} (or use another of its ${others.length + 1} forms)`,
    })),
  )
}
