/** A value of a COPY row: null, a text as it is, or something whose own text needs no escaping. */
export type CopyValue = string | number | boolean | null

const special = /[\\\t\n\r]/

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/**
 * One field of PostgreSQL's text COPY format: `\N` for null, backslash, tab, newline and carriage return escaped.
 * (PostgreSQL 15, COPY, "Text Format".) A NUL has no form in it and must be gone before.
 */
export function copyField(value: CopyValue): string {
  if (value === null) return '\\N'
  if (typeof value === 'string')
    return special.test(value) ? value.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found) : value
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return String(value)
}

/** The same for JSON as `JSON.stringify` writes it, in which only backslashes are special. */
export function copyJson(text: string | null): string {
  if (text === null) return '\\N'
  return text.includes('\\') ? text.replaceAll('\\', '\\\\') : text
}
