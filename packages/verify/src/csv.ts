/** What stands in a cell. Null is written as nothing. */
export type CsvValue = string | number | boolean | null

// OWASP «CSV injection»: what spreadsheets take for the start of a formula, the full-width forms included.
const formulaStart = /^[\s\u0000]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/

/** A text as a cell shows it: one that a spreadsheet would run gets an apostrophe before it. */
export function withoutFormula(text: string): string {
  return formulaStart.test(text) ? `'${text}` : text
}

/** A field of CSV (RFC 4180). Texts are made harmless for spreadsheets; numbers stay numbers. */
export function csvField(value: CsvValue): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const text = withoutFormula(value)
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}

/** A row with its end. */
export function csvRow(values: readonly CsvValue[]): string {
  return `${values.map(csvField).join(',')}\r\n`
}

/** Whether a piece of CSV ends outside of quotes, so that the row is complete. */
export function isWholeRow(text: string): boolean {
  let quotes = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 0
}

/** The cells of one whole row without its end; null when it is not RFC 4180. */
export function parseCsvRow(row: string): readonly string[] | null {
  const cells: string[] = []
  let at = 0
  for (;;) {
    if (row[at] === '"') {
      const end = closingQuote(row, at + 1)
      if (end < 0) return null
      cells.push(row.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
    } else {
      const comma = row.indexOf(',', at)
      const end = comma < 0 ? row.length : comma
      const cell = row.slice(at, end)
      if (cell.includes('"')) return null
      cells.push(cell)
      at = end
    }
    if (at === row.length) return cells
    if (row[at] !== ',') return null
    at++
  }
}

function closingQuote(row: string, from: number): number {
  for (let at = row.indexOf('"', from); at >= 0; at = row.indexOf('"', at + 2)) if (row[at + 1] !== '"') return at
  return -1
}
