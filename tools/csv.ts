/**
 * Reads comma-separated values with a header line (RFC 4180: quoted fields may hold commas, doubled quotes and line
 * breaks; CRLF or LF; a byte order mark and blank lines are skipped). Answers one record per row, by column name;
 * every value is the text as it stands, an empty field the empty string.
 *
 * Throws with the row's number where a row has more or fewer fields than the header, a quote is not closed, or text
 * follows a closing quote.
 */
export function parseCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const [header, ...rows] = readRows(text.replace(/^\uFEFF/, ''))
  if (header === undefined) return []
  return rows.map((row, at) => {
    if (row.length !== header.length) {
      throw new Error(`row ${at + 2} has ${row.length} fields, the header has ${header.length}`)
    }
    return Object.fromEntries(header.map((name, column) => [name, row[column] ?? '']))
  })
}

function readRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y
  while (field.lastIndex < text.length) {
    const start = field.lastIndex
    const match = field.exec(text)
    if (match === null) throw new Error(`row ${rows.length + 1} has a quote where none may be, at character ${start}`)
    const [whole, quoted, plain, end] = match
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',' && field.lastIndex === text.length) row.push('')
    if (end !== ',' || field.lastIndex === text.length) {
      if (row.length > 1 || whole.replace(/[\r\n]/g, '') !== '') rows.push(row)
      row = []
    }
  }
  return rows
}
