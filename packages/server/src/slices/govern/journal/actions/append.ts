import { createHash } from 'node:crypto'
import type { EventActor, JournalEvent } from '@metaagent/contract'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import {
  type Decided,
  type DecidedEvent,
  draftEvent,
  type EventRow,
  mirrorDecision,
  type NewEvent,
} from '../model/event.ts'
import { insertEventAtCommit, insertEvents } from '../store/events.ts'

/** The channel of the coalesced hint that something was journaled. Missing one is legal: readers also poll. */
export const journalHints = 'metaagent_journal'

/**
 * Appends facts in the caller's transaction: they are there exactly if it commits. All rows go in one statement; a hint
 * to the readers goes out after the commit. Throws when a payload does not fit the catalogue, or in the deployment scope.
 */
export async function append(deps: Deps, tx: Tx, events: readonly NewEvent[]): Promise<readonly JournalEvent[]> {
  const now = deps.clock.now()
  return appendRows(
    deps,
    tx,
    events.map((event) => draftEvent(event, deps.ids.uuid(), now)),
  )
}

/** As `append`, for one fact whose row nobody in this transaction reads: it goes with the commit, without a round trip. */
export function appendAtCommit(deps: Deps, tx: Tx, event: NewEvent): void {
  insertEventAtCommit(tx, draftEvent(event, deps.ids.uuid(), deps.clock.now()))
  tx.afterCommit(() => deps.store.notify(journalHints))
}

/**
 * Appends a decision and its mirror `decision.<slice>.<noun>`, which is caused by it. Returns both, the decision first.
 */
export async function appendDecision(
  deps: Deps,
  tx: Tx,
  event: DecidedEvent,
  decided: Decided,
): Promise<readonly JournalEvent[]> {
  const now = deps.clock.now()
  const decision = draftEvent(event, deps.ids.uuid(), now)
  const mirror = draftEvent(mirrorDecision(event, decided, decision), deps.ids.uuid(), now)
  return appendRows(deps, tx, [decision, mirror])
}

/**
 * The same for many decisions, in one statement. Returns the decisions alone, in their order.
 */
export async function appendDecisions(
  deps: Deps,
  tx: Tx,
  decisions: readonly { readonly event: DecidedEvent; readonly decided: Decided }[],
): Promise<readonly JournalEvent[]> {
  const now = deps.clock.now()
  const rows = decisions.flatMap(({ event, decided }) => {
    const decision = draftEvent(event, deps.ids.uuid(), now)
    return [decision, draftEvent(mirrorDecision(event, decided, decision), deps.ids.uuid(), now)]
  })
  const appended = await appendRows(deps, tx, rows)
  return appended.filter((_, at) => at % 2 === 0)
}

/** Inserts finished rows and sends the hint after the commit. */
export async function appendRows(deps: Deps, tx: Tx, rows: readonly EventRow[]): Promise<readonly JournalEvent[]> {
  if (rows.length === 0) return []
  const appended = await insertEvents(tx, rows)
  tx.afterCommit(() => deps.store.notify(journalHints))
  return appended
}

/** Who acted, as events say it. */
export function actorOf(caller: Pick<Caller, 'actor'>): EventActor {
  const { actor } = caller
  switch (actor.kind) {
    case 'user':
      return { kind: 'user', id: actor.userId }
    case 'api_key':
      return { kind: 'api_key', id: actor.apiKeyId }
    case 'token':
      return { kind: 'token', id: tokenDigest(actor.issuer, actor.subject) }
    case 'system':
      return { kind: 'system', id: actor.component }
  }
}

// Issuers put addresses and names into `sub`, which must not stand in the ledger for ever; who knows it can recompute it.
function tokenDigest(issuer: string, subject: string): string {
  return `sha256:${createHash('sha256').update(`${issuer}\n${subject}`).digest('hex')}`
}
