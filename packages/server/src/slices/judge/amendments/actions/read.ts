import { type Amendment, type AmendmentDetail, type AmendmentQuery, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { amendmentById, listAmendments } from '../store/amendments.ts'
import { documentByName, listDocuments } from '../store/documents.ts'
import { unknownAmendment } from './change.ts'
import { describeAmendment, describeDetail } from './describe.ts'
import { ensureDocuments } from './governed.ts'

const Position = z.tuple([z.coerce.number().int().min(0).max(3), Uuid])

/** One page: open amendments first, the gravest of them before the others, then the newest. */
export async function readAmendments(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof AmendmentQuery>,
): Promise<Result<{ items: Amendment[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let after: { rank: number; amendmentId: string } | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor('amendments', filters, cursor, 2)
    if (!position.ok) return position
    const read = Position.safeParse(position.value)
    if (!read.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    after = { rank: read.data[0], amendmentId: read.data[1] }
  }
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await ensureDocuments(deps, tx)
    const { state = null, document = null, severity = null, origin = null } = filters
    const found = await listAmendments(tx, { state, document, severity, origin }, after, limit + 1)
    const documents = new Map((await listDocuments(tx)).map((known) => [known.name, known]))
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    const items = rows.map(({ rank: _rank, ...row }) => {
      const current = documents.get(row.document)
      assertInvariant(current !== undefined, 'the document of an amendment is there')
      return describeAmendment(row, current)
    })
    const more = found.length > limit && last !== undefined
    return ok({
      items,
      nextCursor: more ? encodePageCursor('amendments', filters, [String(last.rank), last.amendmentId]) : null,
    })
  })
}

/** One amendment with its draft and what it changes. */
export async function readAmendment(deps: Deps, caller: Caller, amendmentId: string): Promise<Result<AmendmentDetail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const row = await amendmentById(tx, amendmentId, false)
    if (row === null) return unknownAmendment
    const document = await documentByName(tx, row.document, false)
    assertInvariant(document !== null, 'the document of an amendment is there')
    return ok(await describeDetail(deps, tx, row, document))
  })
}
