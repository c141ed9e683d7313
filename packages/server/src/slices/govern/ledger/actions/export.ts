import type { LedgerExportQuery } from '@metaagent/contract'
import {
  AUDIT_JSON_END,
  AUDIT_TABLE_HEAD,
  type AuditHeader,
  auditJsonLine,
  auditRowOf,
  auditTableRow,
  formatProofFile,
  type JsonObject,
  openAuditJson,
  PROOF_FORMAT,
  type SelectedEntry,
  utf8Bytes,
} from '@metaagent/verify'
import type { z } from 'zod'
import { utcDay } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { BytesReply, Caller, Deps } from '../../../../ports/slice.ts'
import { entriesWithin } from '../store/audit.ts'
import type { EntryRow } from '../store/entries.ts'
import { auditHead, auditStart, inclusionProofsOf } from './audit.ts'
import { type EntryQuery, filterOf } from './filter.ts'

type Query = z.output<typeof LedgerExportQuery>
type Format = Query['format']

/** Entries that one transaction reads: few enough that the memory stays flat, and nobody waits long behind it. */
const entriesPerRead = 1_000

const kinds: Readonly<Record<Format, { readonly contentType: string; readonly extension: string }>> = {
  jsonl: { contentType: 'application/x-ndjson; charset=utf-8', extension: 'jsonl' },
  json: { contentType: 'application/json; charset=utf-8', extension: 'json' },
  csv: { contentType: 'text/csv; charset=utf-8', extension: 'csv' },
}

/**
 * The ledger up to its newest signed head as a file that verifies offline. Without a filter it is the whole log, whose
 * entries are hashed up to the root; with one, every entry carries its own proof. Read piece by piece while the client
 * takes it. The head of a table, which has no place in it, comes in the header `metaagent-export` (base 64 of its JSON).
 */
export async function exportLedger(
  deps: Deps,
  caller: Caller,
  { format, witnessed, ...filter }: Query,
  signal: AbortSignal,
): Promise<Result<BytesReply>> {
  const { organizationId } = caller
  const head = await deps.store.transaction({ organizationId }, (tx) => auditHead(tx, witnessed))
  if (head === null && witnessed)
    return refuse('not-found', 'No witness cosigned a checkpoint yet. Leave out witnessed, or set up a witness.')
  if (head === null)
    return refuse('not-sequenced-yet', 'Nothing is in the tree yet. Ask again when something was decided.')
  const { treeSize, checkpoint, verifierKey } = head
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined)
  const proven = { format: PROOF_FORMAT, treeSize, checkpoint, verifierKey } as const
  const header: AuditHeader =
    asked.length === 0
      ? { ...proven, kind: 'export' }
      : { ...proven, kind: 'selection', filter: asked.map(([name, value]) => `${name}=${value}`).join(' ') }
  const { contentType, extension } = kinds[format]
  const name = `ledger-${utcDay(deps.clock.now())}.${extension}`
  return ok({
    contentType,
    body: pieces(deps, organizationId, header, filter, format, signal),
    headers: {
      'content-disposition': `attachment; filename="${name}"`,
      'metaagent-export': Buffer.from(JSON.stringify(header)).toString('base64'),
    },
  })
}

async function* pieces(
  deps: Deps,
  organizationId: string,
  header: AuditHeader,
  query: EntryQuery,
  format: Format,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield utf8Bytes(opening(header, format))
  let isFirst = true
  for await (const entries of stretches(deps, organizationId, header, query)) {
    if (signal.aborted) return
    const text = written(entries, header, format, isFirst)
    isFirst &&= entries.length === 0
    if (text !== '') yield utf8Bytes(text)
  }
  if (format === 'json') yield utf8Bytes(AUDIT_JSON_END)
}

function opening(header: AuditHeader, format: Format): string {
  if (format === 'csv') return AUDIT_TABLE_HEAD
  return format === 'json' ? openAuditJson(header) : formatProofFile(header)
}

/** Entries of the signed tree, oldest first, with their proofs where the file holds a part of them. */
async function* stretches(
  deps: Deps,
  organizationId: string,
  header: AuditHeader,
  query: EntryQuery,
): AsyncGenerator<readonly (SelectedEntry & { readonly row: EntryRow })[]> {
  const { treeSize, kind } = header
  const filter = filterOf(query)
  const inOwn = { organizationId }
  let start = await deps.store.transaction(inOwn, (tx) => auditStart(tx, filter.from, treeSize))
  while (start < treeSize) {
    const end = Math.min(start + entriesPerRead, treeSize)
    const stretch = { start, end }
    yield await deps.store.transaction(inOwn, async (tx) => {
      const rows = await entriesWithin(tx, filter, stretch, 'oldest-first', entriesPerRead)
      const indexes = rows.map((row) => row.entry_index)
      const proofs = kind === 'selection' ? await inclusionProofsOf(tx, indexes, treeSize) : null
      return rows.map((row) => {
        const index = row.entry_index
        return { index, entry: row.leaf, proof: proofs?.get(index) ?? [], row }
      })
    })
    start = end
  }
}

function written(
  entries: readonly (SelectedEntry & { readonly row: EntryRow })[],
  header: AuditHeader,
  format: Format,
  isFirst: boolean,
): string {
  if (format === 'csv')
    return entries
      .map(({ index, entry, proof }) => auditTableRow(auditRowOf(index, proof.join(' '), entry, objectOf(entry))))
      .join('')
  const isBare = header.kind === 'export' && format === 'jsonl'
  const lines = entries.map(({ index, entry, proof }) => (isBare ? entry : auditJsonLine({ index, entry, proof })))
  if (format === 'jsonl') return lines.map((line) => `${line}\n`).join('')
  return lines.length === 0 ? '' : `${isFirst ? '' : ',\n'}${lines.join(',\n')}`
}

// A leaf that somebody tampered with may be anything; its row is empty, and its proof fails.
function objectOf(leaf: string): JsonObject {
  try {
    return Object(JSON.parse(leaf)) as JsonObject
  } catch {
    return {}
  }
}
