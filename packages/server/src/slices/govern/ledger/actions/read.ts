import type { JsonValue, LedgerEntry, LedgerQuery, LedgerStatus } from '@metaagent/contract'
import {
  encodeBase64,
  encodeEntryBundle,
  formatVerifierKey,
  HASH_BYTES,
  parseTilePath,
  type TileRequest,
  utf8Bytes,
} from '@metaagent/verify'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { countBehind } from '../../journal/index.ts'
import { ledgerTypes, organizationOrigin } from '../model.ts'
import { type AuditFilter, entriesWithin } from '../store/audit.ts'
import { type EntryRow, entryByEvent, entryByIndex, entryCount, leavesBetween } from '../store/entries.ts'
import { listKeys } from '../store/keys.ts'
import { ownHalt, readSequencer } from '../store/sequencer.ts'
import { checkpointOfSize, type Log, latestCheckpoint, readTiles } from '../store/tree.ts'
import { auditStart } from './audit.ts'
import { filterOf, readsTexts } from './filter.ts'
import { verifierKeysOf } from './keys.ts'
import { whyNotSequenced } from './proofs.ts'

type Status = z.infer<typeof LedgerStatus>

function viewOf(row: EntryRow): LedgerEntry {
  return {
    index: row.entry_index,
    eventId: row.event_id,
    type: row.type,
    subject: row.subject,
    occurredAt: row.occurred_at.toISOString(),
    sequencedAt: row.sequenced_at.toISOString(),
    leafHash: encodeBase64(row.leaf_hash),
    leaf: row.leaf,
    content: parsed(row.leaf),
  }
}

// A leaf that somebody tampered with may be anything; it is shown as it is, and its proof fails.
function parsed(leaf: string): JsonValue {
  try {
    return JSON.parse(leaf) as JsonValue
  } catch {
    return null
  }
}

/** The entry of an event; null while it is not in the tree. */
export async function entryOfEvent(_deps: Deps, tx: Tx, eventId: string): Promise<LedgerEntry | null> {
  const row = await entryByEvent(tx, eventId)
  return row === null ? null : viewOf(row)
}

/** The head of a log: size, root, signed checkpoint and the key to check it with. */
export async function readStatus(deps: Deps, caller: Caller, log: Log): Promise<Result<Status>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const state = await readSequencer(tx)
    if (state === null) {
      return refuse('not-sequenced-yet', 'The ledger is begun within a second after the first start. Ask again.')
    }
    const origin = log === 'deployment' ? state.origin : organizationOrigin(state.origin, organizationId)
    const [key] = verifierKeysOf(await listKeys(tx), origin)
    assertInvariant(key !== undefined, 'the sequencer makes its key before its first place')
    const head = await latestCheckpoint(tx, log)
    const halt = log === 'organization' ? await ownHalt(tx) : null
    const behind = halt?.position ?? state.position
    return ok({
      origin,
      treeSize: head?.tree_size ?? 0,
      rootHash: head === null ? null : encodeBase64(head.root_hash),
      checkpoint: head?.note ?? null,
      checkpointAt: head?.signed_at.toISOString() ?? null,
      verifierKey: formatVerifierKey(key),
      pendingEntries: log === 'organization' ? await countBehind(tx, behind, ledgerTypes) : 0,
      haltedBecause: halt?.reason ?? null,
    })
  })
}

/** One page of the organization's entries, newest first. */
export async function readEntries(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof LedgerQuery>,
): Promise<Result<{ items: LedgerEntry[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: number | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor('ledger.entries', filters, cursor, 1)
    if (!position.ok) return position
    before = Number(position.value[0])
    if (!Number.isSafeInteger(before))
      return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  }
  // No entry holds U+0000, and the database would refuse the question.
  if (Object.values(filters).some((text) => text?.includes('\0'))) return ok({ items: [], nextCursor: null })
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) =>
    newestFirst(tx, filterOf(filters), before, limit),
  )
  const next = found.next === null ? null : encodePageCursor('ledger.entries', filters, [String(found.next)])
  return ok({ items: found.rows.map(viewOf), nextCursor: next })
}

/** Places that are looked at in one statement where no index helps, and how often in one request. */
const lookedAt = 20_000
const mostLooks = 10

/** A page of entries below a place, and the place to go on from. A page may be short where few of many entries fit. */
async function newestFirst(
  tx: Tx,
  filter: AuditFilter,
  before: number | null,
  limit: number,
): Promise<{ readonly rows: readonly EntryRow[]; readonly next: number | null }> {
  let end = before ?? (await entryCount(tx))
  const start = await auditStart(tx, filter.from, end)
  const stride = readsTexts(filter) ? lookedAt : Math.max(1, end - start)
  const rows: EntryRow[] = []
  for (let looks = 0; looks < mostLooks && end > start && rows.length <= limit; looks++) {
    const stretch = { start: Math.max(start, end - stride), end }
    rows.push(...(await entriesWithin(tx, filter, stretch, 'newest-first', limit + 1 - rows.length)))
    end = stretch.start
  }
  if (rows.length > limit) return { rows: rows.slice(0, limit), next: rows[limit - 1]?.entry_index ?? null }
  return { rows, next: end > start ? end : null }
}

export async function readEntry(deps: Deps, caller: Caller, index: number): Promise<Result<LedgerEntry>> {
  const { organizationId } = caller
  const row = await deps.store.transaction({ organizationId }, (tx) => entryByIndex(tx, index))
  return row === null ? refuse('not-found', `Your organization's ledger has no entry ${index}.`) : ok(viewOf(row))
}

export async function readEntryOfEvent(deps: Deps, caller: Caller, eventId: string): Promise<Result<LedgerEntry>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const row = await entryByEvent(tx, eventId)
    return row === null ? await whyNotSequenced(tx, eventId) : ok(viewOf(row))
  })
}

/** A signed checkpoint: the newest, or the one of a size. */
export async function readCheckpoint(
  deps: Deps,
  caller: Caller,
  log: Log,
  treeSize: number | null,
): Promise<Result<string>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const row = treeSize === null ? await latestCheckpoint(tx, log) : await checkpointOfSize(tx, log, treeSize)
    if (row !== null) return ok(row.note)
    return treeSize === null
      ? refuse('not-sequenced-yet', 'Nothing is in the tree yet. Ask again when something was decided.')
      : refuse(
          'tree-size-unknown',
          `No checkpoint of size ${treeSize} was signed. Take the newest, and prove consistency.`,
        )
  })
}

/** A tile or an entry bundle by its path (C2SP tlog-tiles). The deployment's log has tiles only. */
export async function readTile(deps: Deps, caller: Caller, log: Log, path: string): Promise<Result<Uint8Array>> {
  const asked = parseTilePath(`tile/${path}`)
  if (asked === null)
    return refuse('not-found', 'That is no tile path. They are spelled as in C2SP tlog-tiles: tile/0/000.p/5.')
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) => tileBytes(tx, log, asked))
  return found === null ? refuse('not-found', 'The tree has no such tile, or not yet as wide.') : ok(found)
}

async function tileBytes(tx: Tx, log: Log, asked: TileRequest): Promise<Uint8Array | null> {
  if (asked.kind === 'hashes') {
    const [tile] = await readTiles(tx, log, [{ level: asked.level, index: asked.index }])
    return tile === undefined || tile.width < asked.width ? null : tile.hashes.slice(0, asked.width * HASH_BYTES)
  }
  if (log === 'deployment') return null
  const start = asked.index * 256
  const leaves = await leavesBetween(tx, start, start + asked.width)
  return leaves.length < asked.width ? null : encodeEntryBundle(leaves.map(utf8Bytes))
}
