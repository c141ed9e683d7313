import { AUDIT_TABLE_HEAD, saysWhatItProves } from './audit-table.ts'
import { utf8Bytes, utf8Text } from './bytes.ts'
import { type JsonObject, parseCanonicalObject } from './canonical-json.ts'
import { isWholeRow, parseCsvRow } from './csv.ts'
import { isCount } from './merkle.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import {
  type ExportHeader,
  parseProofFile,
  parseSelectedEntry,
  type SelectedEntry,
  type SelectionHeader,
} from './proof-file.ts'
import { ExportCheck, type VerifiedExport } from './verify-export.ts'
import type { VerifyOptions } from './verify-file.ts'
import { SelectionCheck, type VerifiedSelection } from './verify-selection.ts'

/** Head of an export: of the whole log, or of a part with a proof for each entry. */
export type AuditHeader = ExportHeader | SelectionHeader

// The one way in which the JSON form of an export begins and ends, so that it can be read line by line.
const JSON_OPENING = ',"entries":['
const JSON_END = ']}'
/** The first line of an export as one JSON document; each entry follows on a line of its own. */
export function openAuditJson(header: AuditHeader): string {
  return `${JSON.stringify(header).slice(0, -1)}${JSON_OPENING}\n`
}

/** The last line of it. */
export const AUDIT_JSON_END = `\n${JSON_END}\n`

/** An entry on a line of its own. */
export function auditJsonLine(selected: SelectedEntry): string {
  return JSON.stringify(selected)
}

/** How an export is written, told from its first line; null: it is none. A table names its log beside it. */
export type AuditForm =
  | { readonly form: 'lines' | 'document'; readonly header: AuditHeader }
  | { readonly form: 'table'; readonly header: null }

export function auditFormOf(firstLine: string): AuditForm | null {
  if (`${firstLine.replace(/\r$/, '')}\r\n` === AUDIT_TABLE_HEAD) return { form: 'table', header: null }
  const isDocument = firstLine.endsWith(JSON_OPENING)
  const header = parseAuditHeader(isDocument ? `${firstLine.slice(0, -JSON_OPENING.length)}}` : firstLine)
  return header === null ? null : { form: isDocument ? 'document' : 'lines', header }
}

/** The head of an export; null for everything else. */
export function parseAuditHeader(text: string): AuditHeader | null {
  const parsed = parseProofFile(text)
  return parsed.ok && (parsed.value.kind === 'export' || parsed.value.kind === 'selection') ? parsed.value : null
}

type Check =
  | { readonly kind: 'export'; readonly check: ExportCheck }
  | { readonly kind: 'selection'; readonly check: SelectionCheck }

/** Checks an export of any form line by line, in constant memory. The first line was read by `auditFormOf`. */
export class AuditFileCheck {
  readonly #check: Check
  readonly #form: AuditForm['form']
  #entries = 0
  /** Of a row of a table whose quotes are still open. */
  #begun = ''
  #ended = false

  private constructor(check: Check, form: AuditForm['form']) {
    this.#check = check
    this.#form = form
  }

  static async start(
    header: AuditHeader,
    form: AuditForm['form'],
    options: VerifyOptions = {},
  ): Promise<Outcome<AuditFileCheck>> {
    if (header.kind === 'export') {
      const check = await ExportCheck.start(header, options)
      return check.ok ? accept(new AuditFileCheck({ kind: 'export', check: check.value }, form)) : check
    }
    const check = await SelectionCheck.start(header, options)
    return check.ok ? accept(new AuditFileCheck({ kind: 'selection', check: check.value }, form)) : check
  }

  /** Takes the next line without its newline; the bytes must stay as they are until `finish`. */
  line(line: Uint8Array): Outcome<unknown> {
    if (this.#form === 'lines' && this.#check.kind === 'export') return this.#check.check.add(line)
    const text = utf8Text(line)
    if (text === null) return refuse('malformed', 'a line is not text')
    return this.#form === 'table' ? this.#row(text) : this.#entry(text)
  }

  finish(): Outcome<VerifiedExport | VerifiedSelection> {
    if (this.#begun !== '') return refuse('malformed', 'the last row has an open quote')
    if (this.#form === 'document' && !this.#ended) return refuse('malformed', 'the document has no end: it was cut')
    return this.#check.kind === 'export' ? this.#check.check.finish() : accept(this.#check.check.finish())
  }

  #entry(text: string): Outcome<unknown> {
    if (this.#form === 'document') {
      if (text === '' && this.#entries === 0) return accept(true)
      if (this.#ended) return refuse('malformed', 'something stands behind the end of the document')
      if (text === JSON_END) {
        this.#ended = true
        return accept(true)
      }
    }
    const selected = parseSelectedEntry(text.replace(/,$/, ''))
    return selected.ok ? this.#add(selected.value) : selected
  }

  #row(text: string): Outcome<unknown> {
    const row = this.#begun + text
    if (!isWholeRow(row)) {
      this.#begun = `${row}\n`
      return accept(true)
    }
    this.#begun = ''
    const cells = parseCsvRow(row.replace(/\r$/, ''))
    const index = Number(cells?.[0])
    const entry = cells?.[7] ?? ''
    if (cells === null || !isCount(index)) return refuse('malformed', 'a row is not CSV of an export')
    const proof = (cells[6] ?? '').replace(/^'/, '')
    // Read as a line of JSON is, so that hashes are held to the same form.
    const selected = parseSelectedEntry(JSON.stringify({ index, entry, proof: proof === '' ? [] : proof.split(' ') }))
    if (!selected.ok) return selected
    const added = this.#add(selected.value)
    if (!added.ok) return added
    return saysWhatItProves(cells, added.value)
      ? accept(true)
      : refuse('malformed', `row of entry ${index}: its cells say something else than the entry that is proven`)
  }

  #add(selected: SelectedEntry): Outcome<JsonObject> {
    const expected = this.#entries++
    if (this.#check.kind === 'selection') return this.#check.check.add(selected)
    if (selected.index !== expected) return refuse('malformed', `entry ${selected.index} stands in place ${expected}`)
    const added = this.#check.check.add(utf8Bytes(selected.entry))
    return added.ok ? parseCanonicalObject(selected.entry) : added
  }
}
