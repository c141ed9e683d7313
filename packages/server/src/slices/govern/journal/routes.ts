import {
  DeadLetter,
  DeadLetterPage,
  EventSource,
  EventSourceCreated,
  EventSourceInput,
  EventSourceList,
  ExternalEvent,
  ExternalEventReceipt,
  JournalEvent,
  JournalEventPage,
  JournalFollowQuery,
  JournalPosition,
  JournalQuery,
  Name,
  PageQuery,
  SubscriberList,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route, streamRoute } from '../../../ports/slice.ts'
import { readDeadLetters, replayDeadLetter } from './actions/dead-letters.ts'
import { followJournal, placeOf } from './actions/follow.ts'
import { readEvent, readEvents } from './actions/read-events.ts'
import { receiveEvent } from './actions/receive.ts'
import { endSource, readSources, registerSource } from './actions/sources.ts'
import { readSubscribers } from './actions/subscribers.ts'

const tag = 'journal'

const eventRoutes: readonly Route[] = [
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
  streamRoute({
    path: '/api/v1/journal/stream',
    access: 'journal:read',
    tag,
    operationId: 'followJournal',
    summary: 'Events as they are committed, each once and in order',
    description:
      'Server-sent events: `position` first, then a `journal-event` for each event of the pattern. Send the id of the last one as `Last-Event-ID` to go on behind it; without it the stream begins now.',
    query: JournalFollowQuery,
    event: z.union([JournalPosition, JournalEvent]),
    admit: async (_deps, { headers }) => {
      const place = placeOf(headers['last-event-id'])
      return place.ok ? ok(null) : place
    },
    open: (deps, { caller, query, headers, signal }) =>
      followJournal(deps, caller, { type: query.type, lastEventId: headers['last-event-id'], signal }),
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
  route({
    method: 'POST',
    path: '/api/v1/journal/events',
    access: 'journal:write',
    tag,
    operationId: 'receiveEvent',
    summary: 'Append an event from a registered source',
    description:
      'A source with a key signs each event. A signed message counts once: sent again it is refused as already-exists, with the id of the event that it became.',
    body: ExternalEvent,
    reply: ExternalEventReceipt,
    status: 201,
    handle: (deps, { caller, body }) => receiveEvent(deps, caller, body),
  }),
]

const sourceRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/journal/sources',
    access: 'journal:read',
    tag,
    operationId: 'listEventSources',
    summary: 'Producers outside MetaAgent',
    reply: EventSourceList,
    handle: (deps, { caller }) => readSources(deps, caller),
  }),
  route({
    method: 'POST',
    path: '/api/v1/journal/sources',
    // A source is a credential, so it takes the right to make credentials: admins have it.
    access: 'identity:write',
    tag,
    operationId: 'registerEventSource',
    summary: 'Register a producer; the secret of hmac-sha256 is shown once',
    body: EventSourceInput,
    reply: EventSourceCreated,
    status: 201,
    handle: (deps, { caller, body }) => registerSource(deps, caller, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/journal/sources/:name',
    access: 'identity:write',
    tag,
    operationId: 'revokeEventSource',
    summary: 'Revoke a producer; its events are refused from now on',
    params: z.object({ name: Name }),
    reply: EventSource,
    handle: (deps, { caller, params }) => endSource(deps, caller, params.name),
  }),
]

const deliveryRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/journal/subscribers',
    access: 'journal:read',
    tag,
    operationId: 'listSubscribers',
    summary: 'Who reads the journal, how far behind, and what failed',
    description:
      'Lag and dead letters are those of your organization; deliveries and retries count the whole deployment.',
    reply: SubscriberList,
    handle: (deps, { caller }) => readSubscribers(deps, caller),
  }),
  route({
    method: 'GET',
    path: '/api/v1/journal/dead-letters',
    access: 'journal:read',
    tag,
    operationId: 'listDeadLetters',
    summary: 'Events that a subscriber could not handle in five tries, newest first',
    query: PageQuery,
    reply: DeadLetterPage,
    handle: (deps, { caller, query }) => readDeadLetters(deps, caller, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/journal/dead-letters/:deadLetterId/replay',
    access: 'journal:write',
    tag,
    operationId: 'replayDeadLetter',
    summary: 'Hand the event to its subscriber once more, within about a second',
    params: z.object({ deadLetterId: Uuid }),
    reply: DeadLetter,
    status: 202,
    handle: (deps, { caller, params }) => replayDeadLetter(deps, caller, params.deadLetterId),
  }),
]

export const routes: readonly Route[] = [...eventRoutes, ...sourceRoutes, ...deliveryRoutes]
