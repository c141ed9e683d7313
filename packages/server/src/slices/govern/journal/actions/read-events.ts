import { type JournalEvent, type JournalQuery, Uuid } from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { typePattern } from '../model/pattern.ts'
import { eventById, listEvents } from '../store/events.ts'

export interface EventPage {
  readonly items: JournalEvent[]
  readonly nextCursor: string | null
}

/** One page of the organization's journal, newest first. */
export async function readEvents(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof JournalQuery>,
): Promise<Result<EventPage>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor('journal.events', filters, cursor, 1)
    if (!position.ok) return position
    const id = Uuid.safeParse(position.value[0])
    if (!id.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = id.data
  }
  // No event holds U+0000, and the database would refuse the question.
  if (Object.values(filters).some((text) => text?.includes('\0'))) return ok({ items: [], nextCursor: null })
  const filter = {
    type: filters.type === undefined ? null : typePattern(filters.type),
    subject: filters.subject ?? null,
    correlationId: filters.correlationId ?? null,
  }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    listEvents(tx, filter, before, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const nextCursor =
    found.length > limit && last !== undefined ? encodePageCursor('journal.events', filters, [last.eventId]) : null
  return ok({ items, nextCursor })
}

export async function readEvent(deps: Deps, caller: Caller, eventId: string): Promise<Result<JournalEvent>> {
  const { organizationId } = caller
  const event = await deps.store.transaction({ organizationId }, (tx) => eventById(tx, eventId))
  return event === null ? refuse('not-found', 'Your organization’s journal has no event with this id.') : ok(event)
}
