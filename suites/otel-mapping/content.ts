// Inputs and outputs are compared by what they say. The original keeps the text that came; our rows hold the structure.
// So JSON text is read, wrappers of one member (`message`) are taken off, and a list of one is its item.

/** A content in one form, whichever of both systems wrote it. */
export function sameForm(value: unknown): unknown {
  if (typeof value === 'string') return /^\s*[[{"]/.test(value) ? sameForm(parsed(value)) : value
  if (Array.isArray(value)) return value.length === 1 ? sameForm(value[0]) : value.map(sameForm)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, sameForm(item)] as const)
  const record = Object.fromEntries(entries)
  const { message, ...rest } = record
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) return { ...message, ...rest }
  return record
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? { text: value } : value
  } catch {
    return { text }
  }
}

/** Whether two contents say the same. */
export function sameContent(a: unknown, b: unknown): boolean {
  return canonical(sameForm(a)) === canonical(sameForm(b))
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}
