/** What a cell may hold. Null is unknown and stays empty. */
export type Cell = string | number | boolean | null

/** A column of an export: its heading and how it is read from a row. */
export interface ExportColumn<Row> {
  readonly header: string
  readonly value: (row: Row) => Cell
}

// OWASP «CSV injection»: what spreadsheets take for the start of a formula, the full-width forms included.
const FORMULA_START = /^[\s\u0000]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/

/**
 * A text that no spreadsheet runs: what could be read as a formula gets an apostrophe before it, which spreadsheets hide.
 * Traces hold text that strangers wrote, so an export must not be a way to run it.
 */
export function neutralised(text: string): string {
  return FORMULA_START.test(text) ? `'${text}` : text
}

/** Rows as CSV (RFC 4180: comma, CRLF, quotes doubled), with a heading line. Numbers stay numbers, texts are neutralised. */
export function toCsv<Row>(columns: readonly ExportColumn<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ header }) => csvCell(header)),
    ...rows.map((row) => columns.map((c) => csvCell(c.value(row)))),
  ]
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('')
}

/** Rows as JSON Lines: one object a line, unknown as null. Nothing runs JSON, so texts stay as they are. */
export function toJsonLines<Row>(columns: readonly ExportColumn<Row>[], rows: readonly Row[]): string {
  return rows
    .map((row) => `${JSON.stringify(Object.fromEntries(columns.map((c) => [c.header, c.value(row)])))}\n`)
    .join('')
}

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  const text = neutralised(cell)
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}
