import { JournalEvent, JournalEventPage, JournalQuery, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { readEvent, readEvents } from './actions/read-events.ts'

const tag = 'journal'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/journal/events',
    access: 'journal:read',
    tag,
    operationId: 'listJournalEvents',
    summary: 'The journal, newest first',
    query: JournalQuery,
    reply: JournalEventPage,
    handle: (deps, { caller, query }) => readEvents(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/journal/events/:eventId',
    access: 'journal:read',
    tag,
    operationId: 'getJournalEvent',
    summary: 'One event',
    params: z.object({ eventId: Uuid }),
    reply: JournalEvent,
    handle: (deps, { caller, params }) => readEvent(deps, caller, params.eventId),
  }),
]
