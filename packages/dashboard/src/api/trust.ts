import { JudgeTrustPage, MetricTrustList, TrustEntryPage, TrustHistory } from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { request } from './request.ts'

type Query = Readonly<Record<string, string | number | null | undefined>>

/** Every question about trust in judges. */
export const trustQueries = {
  judges: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['trust', 'judges', query],
      queryFn: ({ pageParam, signal }) =>
        request(JudgeTrustPage, '/judges', { query: { limit: 100, ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  history: (judge: string, metric: string) =>
    queryOptions({
      queryKey: ['trust', 'history', judge, metric],
      queryFn: ({ signal }) =>
        request(TrustHistory, `/judges/${encodeURIComponent(judge)}/trust`, { query: { metric }, signal }),
    }),
  metrics: () =>
    queryOptions({
      queryKey: ['trust', 'metrics'],
      queryFn: async ({ signal }) => (await request(MetricTrustList, '/trust/metrics', { signal })).items,
    }),
  journal: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['trust', 'journal', query],
      queryFn: ({ pageParam, signal }) =>
        request(TrustEntryPage, '/trust/journal', { query: { ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
}
