import type { AuditFilters, AuditLog, AuditTrailQuery, JsonValue } from '@metaagent/contract'
import { Because, EventActor } from '@metaagent/contract'
import { encodeBase64 } from '@metaagent/verify'
import type { z } from 'zod'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { typePattern } from '../../journal/index.ts'
import {
  type AuditFilter,
  anyEntry,
  auditHead,
  auditStart,
  type EntryRow,
  entriesWithin,
  type Stretch,
} from '../../ledger/index.ts'
import { valueAt } from '../model/conditions.ts'
import { providerOf } from '../model/trail.ts'

/** Entries that one transaction reads at most where what the texts hold is asked for: some 100 ms. */
export const stretchEntries = 10_000

const list = 'compliance.audit'

/** What is asked of the ledger; null where a filter holds what no entry can. */
export function auditFilterOf(filters: AuditFilters): AuditFilter | null {
  if (Object.values(filters).some((text) => text?.includes('\0'))) return null
  const { type, subject, actor, agent, provider, from, to } = filters
  return {
    ...anyEntry,
    typeLike: type === undefined ? null : typePattern(type).like,
    subject: subject ?? null,
    actor: actor ?? null,
    agent: agent ?? null,
    provider: provider ?? null,
    from: from === undefined ? null : instantFromEpochMs(Date.parse(from)),
    to: to === undefined ? null : instantFromEpochMs(Date.parse(to)),
  }
}

/** One page of the audit trail, newest first; a page may be short where its stretch of the ledger held no more. */
export async function readTrail(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof AuditTrailQuery>,
): Promise<Result<{ items: AuditLog[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const filter = auditFilterOf(filters)
  const before = cursor === undefined ? ok(null) : placeOf(filters, cursor)
  if (!before.ok) return before
  if (filter === null) return ok({ items: [], nextCursor: null })
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const treeSize = (await auditHead(tx))?.treeSize ?? 0
    const first = await auditStart(tx, filter.from, treeSize)
    const end = Math.min(before.value ?? treeSize, treeSize)
    const stretch = stretchBefore(end, first)
    const rows = await entriesWithin(tx, filter, stretch, 'newest-first', limit)
    const last = rows.at(-1)
    const next = rows.length === limit && last !== undefined ? last.entry_index : stretch.start
    const isAtEnd = next <= first
    return ok({
      items: rows.map(lineOf),
      nextCursor: isAtEnd ? null : encodePageCursor(list, filters, [String(next)]),
    })
  })
}

function placeOf(filters: AuditFilters, cursor: string): Result<number | null> {
  const position = decodePageCursor(list, filters, cursor, 1)
  if (!position.ok) return position
  const place = Number(position.value[0])
  return Number.isSafeInteger(place) && place >= 0
    ? ok(place)
    : refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
}

function stretchBefore(end: number, first: number): Stretch {
  return { start: Math.max(first, end - stretchEntries), end: Math.max(first, end) }
}

/**
 * Every entry that fits, oldest first and stretch by stretch, each in a transaction of its own: a reader that is slow holds
 * none open.
 */
export async function* eachStretch(
  deps: Deps,
  organizationId: string,
  filter: AuditFilter,
  treeSize: number,
): AsyncGenerator<readonly EntryRow[]> {
  const inTx = <T>(work: (tx: Tx) => Promise<T>) => deps.store.transaction({ organizationId }, work)
  let start = await inTx((tx) => auditStart(tx, filter.from, treeSize))
  while (start < treeSize) {
    const end = Math.min(treeSize, start + entriesPerPiece)
    const stretch = { start, end }
    yield await inTx((tx) => entriesWithin(tx, filter, stretch, 'oldest-first', entriesPerPiece))
    start = end
  }
}

/** What is held in memory at once while a file is written. */
const entriesPerPiece = 1_000

/** One line of the trail. */
export function lineOf(row: EntryRow): AuditLog {
  const content = parsed(row.leaf)
  const payload = valueAt(content, 'payload')
  const actor = EventActor.safeParse(valueAt(content, 'actor'))
  const because = Because.safeParse(valueAt(payload, 'because'))
  const agent = valueAt(payload, 'agentId') ?? valueAt(payload, 'agent') ?? agentOf(row.subject)
  return {
    index: row.entry_index,
    eventId: row.event_id,
    type: row.type,
    subject: row.subject,
    occurredAt: row.occurred_at.toISOString(),
    sequencedAt: row.sequenced_at.toISOString(),
    actor: actor.success ? actor.data : null,
    agent: typeof agent === 'string' ? agent : null,
    provider: providerOf(payload),
    because: because.success ? because.data : null,
    leafHash: encodeBase64(row.leaf_hash),
    proof: `/api/v1/ledger/entries/${row.entry_index}/proof`,
  }
}

function agentOf(subject: string): string | null {
  return subject.startsWith('agent/') ? subject.slice('agent/'.length) : null
}

// A leaf that somebody tampered with may be anything; its line says what the row says, and its proof fails.
function parsed(leaf: string): JsonValue {
  try {
    return JSON.parse(leaf) as JsonValue
  } catch {
    return null
  }
}
