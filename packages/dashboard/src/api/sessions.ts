import { Session, SessionExecutionPage, SessionPage } from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { type RequestOptions, request } from './request.ts'

type Query = NonNullable<RequestOptions['query']>

const pages = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) => nextCursor,
}

/** The API's path of a session; ids are whatever agents send. */
export function sessionPath(conversationId: string): string {
  return `/sessions/${encodeURIComponent(conversationId)}`
}

/** Every question about sessions; all keys begin with `sessions`. */
export const sessionQueries = {
  list: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['sessions', 'list', query],
      queryFn: ({ pageParam, signal }) =>
        request(SessionPage, '/sessions', { query: { limit: 100, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  one: (conversationId: string) =>
    queryOptions({
      queryKey: ['sessions', 'one', conversationId],
      queryFn: ({ signal }) => request(Session, sessionPath(conversationId), { signal }),
    }),
  executions: (conversationId: string) =>
    infiniteQueryOptions({
      queryKey: ['sessions', 'executions', conversationId],
      queryFn: ({ pageParam, signal }) =>
        request(SessionExecutionPage, `${sessionPath(conversationId)}/executions`, {
          query: { limit: 25, cursor: pageParam },
          signal,
        }),
      ...pages,
    }),
}
