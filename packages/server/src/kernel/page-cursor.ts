import { ok, type Result, refuse } from './result.ts'

/**
 * The opaque cursor behind the last item of a page: where to go on, bound to the list's name and its filters, so that a
 * cursor of another question is refused and not misread. `position` is what `order by` compares, as texts.
 */
export function encodePageCursor(list: string, filters: unknown, position: readonly string[]): string {
  return [bindingOf(list, filters), ...position.map(escapePart)].join('~')
}

/** Reads a cursor of this list with these filters; refuses any other. The parts are as long as they were written. */
export function decodePageCursor(
  list: string,
  filters: unknown,
  cursor: string,
  parts: number,
): Result<readonly string[]> {
  const [binding, ...position] = cursor.split('~')
  const read = position.map(unescapePart)
  if (binding !== bindingOf(list, filters) || read.length !== parts || read.some((part) => part === null)) {
    return refuse('invalid-cursor', 'Use the nextCursor of this list with the filters unchanged, or leave it out.')
  }
  return ok(read.filter((part) => part !== null))
}

function escapePart(part: string): string {
  return encodeURIComponent(part).replaceAll('~', '%7E')
}

function unescapePart(part: string): string | null {
  try {
    const text = decodeURIComponent(part)
    // No list was ever ordered by it, and the database takes none.
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

// FNV-1a: it need not withstand an attacker, who could only mislead a list of their own.
function bindingOf(list: string, filters: unknown): string {
  const text = `${list}\n${JSON.stringify(filters)}`
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(36)
}
