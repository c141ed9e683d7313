import { csvRow } from '@metaagent/verify'
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import { type Cell, type Column, cellOf } from './columns.ts'

export const exportFormats = ['csv', 'jsonl', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** Turns pages of a list into bytes of a file, piece by piece. */
export interface Encoder {
  readonly contentType: string
  readonly extension: string
  /** The bytes of these items, with whatever stands before the first. */
  rows(items: readonly unknown[]): Uint8Array
  /** The bytes that close the file. */
  end(): Uint8Array
}

export function encoderOf(format: ExportFormat, columns: readonly Column[]): Encoder {
  switch (format) {
    case 'csv':
      return csvEncoder(columns)
    case 'jsonl':
      return jsonLinesEncoder()
    case 'parquet':
      return parquetEncoder(columns)
  }
}

const nothing = new Uint8Array()

function csvEncoder(columns: readonly Column[]): Encoder {
  let head = csvRow(columns.map(({ name }) => name))
  const take = (text: string) => {
    const bytes = Buffer.from(head + text, 'utf8')
    head = ''
    return bytes
  }
  return {
    contentType: 'text/csv; charset=utf-8',
    extension: 'csv',
    rows: (items) => take(items.map((item) => csvRow(columns.map((column) => cellOf(column, item)))).join('')),
    end: () => take(''),
  }
}

/** One object a line, as the API gives it. Nothing runs JSON, so texts stay as they are. */
function jsonLinesEncoder(): Encoder {
  return {
    contentType: 'application/x-ndjson; charset=utf-8',
    extension: 'jsonl',
    rows: (items) => Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join(''), 'utf8'),
    end: () => nothing,
  }
}

const parquetTypes = {
  text: 'STRING',
  integer: 'INT64',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMP',
  json: 'JSON',
} as const

/** Rows are gathered into groups of about this many, since each group costs a footer entry per column. */
const rowsPerGroup = 2_000

function parquetEncoder(columns: readonly Column[]): Encoder {
  const buffer = new ByteWriter()
  const empty = columns.map((column) => columnOf(column, []))
  const writer = new ParquetWriter({ writer: buffer, schema: schemaFromColumnData({ columnData: empty }) })
  let waiting: unknown[] = []
  const drain = () => {
    const bytes = buffer.getBytes().slice()
    // Where the next byte stands in the file is counted apart from where it stands in this buffer.
    buffer.index = 0
    return bytes
  }
  const group = () => {
    if (waiting.length > 0) void writer.write({ columnData: columns.map((column) => columnOf(column, waiting)) })
    waiting = []
  }
  return {
    contentType: 'application/vnd.apache.parquet',
    extension: 'parquet',
    rows: (items) => {
      waiting.push(...items)
      if (waiting.length >= rowsPerGroup) group()
      return drain()
    },
    end: () => {
      group()
      void writer.finish()
      return drain()
    },
  }
}

function columnOf(column: Column, items: readonly unknown[]): ColumnSource {
  const data = items.map((item) => parquetCell(column, cellOf(column, item)))
  return { name: column.name, type: parquetTypes[column.type], nullable: true, data }
}

function parquetCell({ type }: Column, cell: Cell): unknown {
  if (cell === null) return null
  switch (type) {
    case 'integer':
      return typeof cell === 'number' ? BigInt(Math.trunc(cell)) : null
    case 'time':
      return new Date(String(cell))
    case 'json':
      return JSON.parse(String(cell))
    case 'text':
    case 'number':
    case 'boolean':
      return cell
  }
}
