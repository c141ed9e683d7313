const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/gs

/**
 * The first member name that an object of this valid JSON has twice, or null. `JSON.parse` keeps the last of them and says
 * nothing (RFC 8259 §4 calls that unpredictable), so that a verdict could hide another.
 */
export function repeatedName(json: string): string | null {
  /** The names of each open object; null for an open list. */
  const open: (Set<string> | null)[] = []
  for (const { 0: found, index } of json.matchAll(token)) {
    if (found === '{') open.push(new Set())
    else if (found === '[') open.push(null)
    else if (found === '}' || found === ']') open.pop()
    else {
      const names = open.at(-1)
      if (names == null || !isName(json, index + found.length)) continue
      const name = JSON.parse(found) as string
      if (names.has(name)) return name
      names.add(name)
    }
  }
  return null
}

function isName(json: string, after: number): boolean {
  let at = after
  while (/[ \t\r\n]/.test(json.charAt(at))) at++
  return json[at] === ':'
}
