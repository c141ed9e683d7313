/** A glob over a whole event type: `*` stands for any run of characters, everything else for itself. */
export interface TypePattern {
  readonly glob: string
  /** True when every type matches. */
  readonly all: boolean
  /** The one type that matches when the glob has no star, else null. */
  readonly exact: string | null
  /** The same for SQL's `like … escape '\'`. */
  readonly like: string
  matches(type: string): boolean
}

/** Reads a glob. Every text is one; characters other than `*` have no special meaning. */
export function typePattern(glob: string): TypePattern {
  const parts = glob.split('*')
  return {
    glob,
    all: /^\*+$/.test(glob),
    exact: parts.length === 1 ? glob : null,
    like: parts.map((part) => part.replace(/[\\%_]/g, '\\$&')).join('%'),
    matches: (type) => matchesParts(parts, type),
  }
}

// Left to right, each middle part at its first place: linear, where a regular expression could be made to backtrack.
function matchesParts(parts: readonly string[], type: string): boolean {
  const [first = ''] = parts
  if (parts.length === 1) return type === first
  const last = parts.at(-1) ?? ''
  if (type.length < first.length + last.length || !type.startsWith(first) || !type.endsWith(last)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = type.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= type.length - last.length
}
