import { CausalTrace, CausalTraceQuery, QaNews, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route, streamRoute } from '../../../ports/slice.ts'
import { readTrace, readTraceOfEvent } from './actions/read-trace.ts'
import { watchNews } from './actions/watch-news.ts'

const tag = 'judgments'

/** `cursors`: under which names the engines stand in the journal. */
export function routesWith(cursors: readonly string[]): readonly Route[] {
  return [
    streamRoute({
      path: '/api/v1/qa/stream',
      access: 'journal:read',
      tag,
      operationId: 'streamQaNews',
      summary: 'Where in judging something is new, live',
      description: 'Server-sent events `news`: at first with every part, then with those in which an event came.',
      event: QaNews,
      open: (deps, { caller, signal }) => watchNews(deps, caller, signal),
    }),
    route({
      method: 'GET',
      path: '/api/v1/qa/traces/:correlationId',
      access: 'journal:read',
      tag,
      operationId: 'getCausalTrace',
      summary: 'What the QA events of one story led to',
      description:
        'Event → trust → arbitration → drift → what followed: every step with its cause, and for each QA event whether the engines have seen it.',
      params: z.object({ correlationId: z.string().min(1).max(200) }),
      query: CausalTraceQuery,
      reply: CausalTrace,
      handle: (deps, { caller, params, query }) => readTrace(deps, caller, params.correlationId, query.limit, cursors),
    }),
    route({
      method: 'GET',
      path: '/api/v1/qa/events/:eventId/trace',
      access: 'journal:read',
      tag,
      operationId: 'getCausalTraceOfEvent',
      summary: 'The causal trace of the story to which one event belongs',
      params: z.object({ eventId: Uuid }),
      query: CausalTraceQuery,
      reply: CausalTrace,
      handle: (deps, { caller, params, query }) => readTraceOfEvent(deps, caller, params.eventId, query.limit, cursors),
    }),
  ]
}
