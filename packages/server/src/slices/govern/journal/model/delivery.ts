import type { Because, JournalEvent } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'

/** A place in the journal's commit order. Everything up to and including it has been read. */
export interface Position {
  /** The 64-bit id of the transaction that appended. */
  readonly xid: bigint
  readonly eventId: string
}

/** Before the first event. */
export const journalStart: Position = { xid: 0n, eventId: '00000000-0000-0000-0000-000000000000' }

/** The place behind every transaction before `fence` and ahead of every event of `fence` and later. */
export function positionBefore(fence: bigint): Position {
  return { xid: fence, eventId: journalStart.eventId }
}

/** Negative when `a` comes first, 0 when they are the same place. UUIDs in lower case sort like their bytes. */
export function comparePositions(a: Position, b: Position): number {
  if (a.xid !== b.xid) return a.xid < b.xid ? -1 : 1
  return a.eventId === b.eventId ? 0 : a.eventId < b.eventId ? -1 : 1
}

export interface PlacedEvent {
  readonly position: Position
  readonly lane: number
  readonly event: JournalEvent
}

/** Events of one organization after another, each organization's in their order: fewer changes of scope. */
export function groupByOrganization<Item extends { readonly placed: PlacedEvent }>(
  items: readonly Item[],
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const { organizationId } = item.placed.event
    const group = groups.get(organizationId)
    if (group === undefined) groups.set(organizationId, [item])
    else group.push(item)
  }
  return groups
}

/** Control notes, section 6: five tries, 1 s · 2^n between them. */
export const mostAttempts = 5
const firstBackoffMs = 1_000

export type FailureVerdict =
  | { readonly kind: 'retry'; readonly attempts: number; readonly retryAt: Instant; readonly because: Because }
  | { readonly kind: 'dead-letter'; readonly attempts: number; readonly because: Because }

/** What becomes of an event whose handler failed, `earlierAttempts` of them before this one. */
export function decideFailure(earlierAttempts: number, now: Instant): FailureVerdict {
  const attempts = earlierAttempts + 1
  const observed = { rule: 'delivery-attempts', observed: attempts, limit: mostAttempts }
  if (attempts >= mostAttempts) {
    const text = `the handler failed ${attempts} times, so the event is set aside`
    return { kind: 'dead-letter', attempts, because: { ...observed, text } }
  }
  const backoffMs = firstBackoffMs * 2 ** (attempts - 1)
  const text = `try ${attempts} failed, the next one follows in ${backoffMs / 1_000} s`
  return { kind: 'retry', attempts, retryAt: addMs(now, backoffMs), because: { ...observed, text } }
}

/** Most events that are read or delivered in one transaction. */
export const mostPerBatch = 500
/** A new lane tries this many first, not knowing how slow its handler is. */
export const firstBatchLimit = 32
/**
 * How long a delivery transaction should take. A transaction that writes holds back the fence for every reader, so a
 * slow handler must commit often.
 */
export const batchTargetMs = 50
/**
 * The same for a subscriber that takes whole batches: most of its time are statements that cost the same for one event as
 * for hundreds, so short transactions would only mean more of them.
 */
export const wholeBatchTargetMs = 250

/** How many events the next transaction should take, after the handling of `count` took `tookMs`; at most twice as many. */
export function nextBatchLimit(limit: number, count: number, tookMs: number, targetMs = batchTargetMs): number {
  const fitting = Math.floor((targetMs / Math.max(tookMs, 0.001)) * count)
  return Math.max(1, Math.min(mostPerBatch, limit * 2, fitting))
}

/** Rows that a lane far behind looks at in its first query. */
export const firstCatchUpRows = 200
const mostCatchUpRows = 2_000
const catchUpAgainMs = 1_000

/**
 * Rows that a lane far behind looks at next: twice as many as in its last query if it is back within a second. Reading
 * thousands of rows for a subscriber that takes one a second would only keep the others waiting for the store.
 */
export function nextCatchUpRows(rows: number, sinceMs: number): number {
  return sinceMs > catchUpAgainMs ? firstCatchUpRows : Math.min(mostCatchUpRows, rows * 2)
}

/** How many lanes one of `workers` processes should hold of `lanes`. */
export function fairShare(lanes: number, workers: number): number {
  return Math.ceil(lanes / Math.max(1, workers))
}
