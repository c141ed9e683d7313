import type { JsonObject, JsonValue } from './canonical-json.ts'
import { type CsvValue, csvRow, withoutFormula } from './csv.ts'

/** What a line of an export shows beside the entry and its proof. All of it can be read from the entry. */
export interface AuditRow {
  readonly index: number
  readonly eventId: string
  readonly type: string
  readonly subject: string
  readonly actor: string
  readonly occurredAt: string
  /** Hashes in base 64, separated by spaces; empty in a whole export, whose entries prove each other. */
  readonly proof: string
  readonly entry: string
}

const COLUMNS = ['index', 'event_id', 'type', 'subject', 'actor', 'occurred_at', 'proof', 'entry'] as const

/** First line of an export as a table. */
export const AUDIT_TABLE_HEAD = `${COLUMNS.join(',')}\r\n`

/** A line of an export as a table (RFC 4180), harmless for spreadsheets. */
export function auditTableRow(row: AuditRow): string {
  return csvRow(cellsOf(row))
}

function cellsOf(row: AuditRow): readonly CsvValue[] {
  const { index, eventId, type, subject, actor, occurredAt, proof, entry } = row
  return [index, eventId, type, subject, actor, occurredAt, proof, entry]
}

/** The row that belongs to an entry of the ledger. */
export function auditRowOf(index: number, proof: string, text: string, entry: JsonObject): AuditRow {
  const { eventId, type, subject, occurredAt } = entry
  return {
    index,
    eventId: textOf(eventId),
    type: textOf(type),
    subject: textOf(subject),
    actor: actorOf(entry['actor']),
    occurredAt: textOf(occurredAt),
    proof,
    entry: text,
  }
}

/** Whether the cells of a row say what its entry says: what a reader sees in the table must be what was proven. */
export function saysWhatItProves(cells: readonly string[], entry: JsonObject): boolean {
  const [index = '', , , , , , proof = '', text = ''] = cells
  const expected = cellsOf(auditRowOf(Number(index), proof, text, entry))
  return (
    cells.length === COLUMNS.length &&
    expected.every((value, at) => cells[at] === (typeof value === 'string' ? withoutFormula(value) : String(value)))
  )
}

/** Who decided: kind and id, `user:0190…`. */
export function actorOf(actor: JsonValue | undefined): string {
  if (typeof actor !== 'object' || actor === null || Array.isArray(actor)) return ''
  const { kind, id } = actor as JsonObject
  return `${textOf(kind)}:${textOf(id)}`
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
