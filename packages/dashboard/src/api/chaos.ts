import {
  type ChaosChange,
  ChaosExperiment,
  ChaosExperimentPage,
  type ChaosOrder,
  ChaosRunDetail,
  ChaosRunPage,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { type RequestOptions, request, requestNothing } from './request.ts'

type Query = NonNullable<RequestOptions['query']>

/** Every call that changes an experiment or a run of it. */
export const chaosApi = {
  create: (order: z.input<typeof ChaosOrder>) =>
    request(ChaosExperiment, '/chaos-experiments', { method: 'POST', body: order }),
  change: (experimentId: string, change: z.input<typeof ChaosChange>) =>
    request(ChaosExperiment, `/chaos-experiments/${experimentId}`, { method: 'PUT', body: change }),
  remove: (experimentId: string) => requestNothing(`/chaos-experiments/${experimentId}`, { method: 'DELETE' }),
  start: (experimentId: string, particulars: { readonly reason: string; readonly approvalId?: string }) =>
    request(ChaosRunDetail, `/chaos-experiments/${experimentId}/runs`, { method: 'POST', body: particulars }),
  abort: (runId: string, reason: string) =>
    request(ChaosRunDetail, `/chaos-runs/${runId}/abort`, { method: 'POST', body: { reason } }),
}

const pages = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) => nextCursor,
}

/** Every question about experiments; all keys begin with `chaos`, so that news refreshes them together. */
export const chaosQueries = {
  experiments: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['chaos', 'experiments', query],
      queryFn: ({ pageParam, signal }) =>
        request(ChaosExperimentPage, '/chaos-experiments', {
          query: { limit: 100, ...query, cursor: pageParam },
          signal,
        }),
      ...pages,
    }),
  experiment: (experimentId: string) =>
    queryOptions({
      queryKey: ['chaos', 'experiment', experimentId],
      queryFn: ({ signal }) => request(ChaosExperiment, `/chaos-experiments/${experimentId}`, { signal }),
    }),
  runs: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['chaos', 'runs', query],
      queryFn: ({ pageParam, signal }) =>
        request(ChaosRunPage, '/chaos-runs', { query: { limit: 50, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  run: (runId: string) =>
    queryOptions({
      queryKey: ['chaos', 'run', runId],
      queryFn: ({ signal }) => request(ChaosRunDetail, `/chaos-runs/${runId}`, { signal }),
    }),
}
