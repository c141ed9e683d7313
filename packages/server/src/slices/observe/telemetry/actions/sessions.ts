import type { Session, SessionExecution, SessionExecutionQuery, SessionQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { namesOf } from '../../registry/index.ts'
import { shownSession } from '../model/sessions.ts'
import type { ListPosition } from '../store/reading.ts'
import {
  listSessionExecutions,
  type SessionFilter,
  selectSessions,
  type WalkedConversation,
  walkConversations,
} from '../store/sessions.ts'
import { daysAround, named, positionOf, shownExecution } from './read.ts'

/** Executions that one statement passes on the way to a full page: few at first, as most pages need few. */
const firstStride = 256
const longestStride = 16_384

const noSuchSession = refuse('not-found', 'No execution has this conversation id. GET /api/v1/sessions lists them.')

/** One page of sessions, by the start of their newest execution that fits, the newest first. */
export async function readSessions(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof SessionQuery>,
): Promise<Result<{ items: Session[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const list = 'telemetry.sessions'
  const after = cursor === undefined ? ok(null) : positionOf(list, filters, cursor)
  if (!after.ok) return after
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await walk(tx, filterOf(filters), after.value, limit + 1)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const items = await sessionsOf(
      deps,
      tx,
      page.map(({ conversationId }) => conversationId),
    )
    const more = found.length > limit && last !== undefined
    return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [last.startedAt, last.executionId]) : null })
  })
}

function filterOf(filters: Omit<z.output<typeof SessionQuery>, 'cursor' | 'limit'>): SessionFilter {
  return {
    agentId: filters.agentId ?? null,
    environment: filters.environment ?? null,
    ...daysAround(filters.from, filters.to),
  }
}

async function walk(
  tx: Tx,
  filter: SessionFilter,
  start: ListPosition | null,
  wanted: number,
): Promise<readonly WalkedConversation[]> {
  const found: WalkedConversation[] = []
  let after = start
  let stride = firstStride
  while (found.length < wanted) {
    const { conversations, walked, last } = await walkConversations(tx, filter, after, stride)
    found.push(...conversations.filter(({ isAbove }) => !isAbove))
    if (walked < stride) break
    after = last
    // Longer steps over few conversations with many runs; where there are many, each is looked up, and few are needed.
    if (conversations.length * 8 < walked) stride = Math.min(longestStride, stride * 4)
  }
  return found.slice(0, wanted)
}

async function sessionsOf(deps: Deps, tx: Tx, conversationIds: readonly string[]): Promise<Session[]> {
  const rows = await selectSessions(tx, conversationIds)
  const names = await namesOf(deps, tx, { agentIds: rows.flatMap(({ agentIds }) => agentIds), releaseIds: [] })
  const byId = new Map(rows.map((row) => [row.conversationId, row]))
  return conversationIds.flatMap((conversationId) => {
    const row = byId.get(conversationId)
    return row === undefined ? [] : [shownSession(row, names)]
  })
}

/** One session, as sums over its executions. */
export async function readSession(deps: Deps, caller: Caller, conversationId: string): Promise<Result<Session>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const [session] = await sessionsOf(deps, tx, [conversationId])
    return session === undefined ? noSuchSession : ok(session)
  })
}

/** One page of a session's executions with what went in and came out, the oldest first. */
export async function readSessionExecutions(
  deps: Deps,
  caller: Caller,
  conversationId: string,
  { cursor, limit }: z.output<typeof SessionExecutionQuery>,
): Promise<Result<{ items: SessionExecution[]; nextCursor: string | null }>> {
  const list = 'telemetry.session-executions'
  const after = cursor === undefined ? ok(null) : positionOf(list, { conversationId }, cursor)
  if (!after.ok) return after
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await listSessionExecutions(tx, conversationId, after.value, limit + 1)
    if (found.length === 0 && after.value === null) return noSuchSession
    const items = await named(deps, tx, found.slice(0, limit), (row, names) => ({
      ...shownExecution(row, names),
      input: row.input,
      output: row.output,
    }))
    if (found.length <= limit) return ok({ items: [...items], nextCursor: null })
    const last = found[limit - 1]
    assertInvariant(last !== undefined, 'a page that is followed by another is full')
    const position = [last.startedAt.toISOString(), last.executionId]
    return ok({ items: [...items], nextCursor: encodePageCursor(list, { conversationId }, position) })
  })
}
