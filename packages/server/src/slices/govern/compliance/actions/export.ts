import type { AuditFilters } from '@metaagent/contract'
import {
  AUDIT_JSON_END,
  AUDIT_TABLE_HEAD,
  type AuditHeader,
  auditJsonLine,
  auditRowOf,
  auditTableRow,
  openAuditJson,
  PROOF_FORMAT,
  parseCanonicalObject,
} from '@metaagent/verify'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { BytesReply, Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../journal/index.ts'
import { type AuditHead, auditHead, type EntryRow, inclusionProofsOf } from '../../ledger/index.ts'
import { auditFilterOf, eachStretch } from './trail.ts'

type Format = 'json' | 'csv'

const contentTypes = { json: 'application/json; charset=utf-8', csv: 'text/csv; charset=utf-8' } as const

/**
 * The audit trail as a file, oldest first: each entry as it was hashed, with its proof against one signed checkpoint.
 * JSON names the checkpoint in its head, a table in a header of the reply. Read while the client takes it.
 */
export async function exportTrail(
  deps: Deps,
  caller: Caller,
  { format, ...filters }: AuditFilters & { readonly format: Format },
): Promise<Result<BytesReply>> {
  const { organizationId } = caller
  const filter = auditFilterOf(filters)
  if (filter === null) return refuse('invalid-query', 'A filter holds a character that no entry can hold.')
  const head = await deps.store.transaction({ organizationId }, async (tx) => {
    const found = await auditHead(tx)
    if (found === null) return null
    const payload = { format, filters: Object.keys(filters).toSorted(), treeSize: found.treeSize }
    await append(deps, tx, [
      { type: 'compliance.trail.exported', subject: 'ledger/audit', actor: actorOf(caller), payload },
    ])
    return found
  })
  if (head === null) return refuse('not-sequenced-yet', 'Nothing is in the ledger yet. Ask again in a moment.')
  const rows = eachStretch(deps, organizationId, filter, head.treeSize)
  const proven = withProofs(deps, organizationId, head, rows)
  const header = headerOf(head, canonicalJson(filters))
  const day = new Date(deps.clock.now()).toISOString().slice(0, 10)
  return ok({
    contentType: contentTypes[format],
    body: format === 'json' ? jsonOf(header, proven) : tableOf(proven),
    headers: {
      'content-disposition': `attachment; filename="audit-trail-${day}.${format}"`,
      // Base64 of the file FILE.checkpoint.json that checking a table takes.
      'x-ledger-export-head': Buffer.from(JSON.stringify(header)).toString('base64'),
    },
  })
}

function headerOf({ treeSize, checkpoint, verifierKey }: AuditHead, filter: string): AuditHeader {
  return { format: PROOF_FORMAT, kind: 'selection', treeSize, checkpoint, verifierKey, filter }
}

interface Proven {
  readonly row: EntryRow
  readonly proof: readonly string[]
}

async function* withProofs(
  deps: Deps,
  organizationId: string,
  { treeSize }: AuditHead,
  stretches: AsyncIterable<readonly EntryRow[]>,
): AsyncGenerator<readonly Proven[]> {
  for await (const rows of stretches) {
    if (rows.length === 0) continue
    const indexes = rows.map(({ entry_index }) => entry_index)
    const proofs = await deps.store.transaction({ organizationId }, (tx) => inclusionProofsOf(tx, indexes, treeSize))
    yield rows.map((row) => ({ row, proof: proofs.get(row.entry_index) ?? [] }))
  }
}

async function* jsonOf(header: AuditHeader, pieces: AsyncIterable<readonly Proven[]>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(openAuditJson(header))
  let isFirst = true
  for await (const piece of pieces) {
    const lines = piece.map(({ row, proof }) => auditJsonLine({ index: row.entry_index, entry: row.leaf, proof }))
    yield Buffer.from(`${isFirst ? '' : ',\n'}${lines.join(',\n')}`)
    isFirst = false
  }
  yield Buffer.from(AUDIT_JSON_END)
}

async function* tableOf(pieces: AsyncIterable<readonly Proven[]>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(AUDIT_TABLE_HEAD)
  for await (const piece of pieces) {
    const rows = piece.map(({ row, proof }) => {
      const entry = parseCanonicalObject(row.leaf)
      return auditTableRow(auditRowOf(row.entry_index, proof.join(' '), row.leaf, entry.ok ? entry.value : {}))
    })
    yield Buffer.from(rows.join(''))
  }
}
