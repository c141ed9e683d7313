import {
  type FallbackChange,
  FallbackDryRun,
  FallbackInvocationPage,
  type FallbackOrder,
  FallbackPolicy,
  FallbackPolicyPage,
  MacroList,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { type RequestOptions, request, requestNothing } from './request.ts'

type Query = NonNullable<RequestOptions['query']>

/** Every call that changes a fallback policy, or asks what one would do. */
export const fallbackApi = {
  create: (order: z.input<typeof FallbackOrder>) =>
    request(FallbackPolicy, '/fallbacks', { method: 'POST', body: order }),
  change: (policyId: string, change: z.input<typeof FallbackChange>) =>
    request(FallbackPolicy, `/fallbacks/${policyId}`, { method: 'PUT', body: change }),
  remove: (policyId: string, query: Query) => requestNothing(`/fallbacks/${policyId}`, { method: 'DELETE', query }),
  tryOut: (order: z.input<typeof FallbackOrder>) =>
    request(FallbackDryRun, '/fallback-dry-runs', { method: 'POST', body: order }),
}

const pages = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) => nextCursor,
}

/** Every question about fallbacks; all keys begin with `fallbacks`, so that news refreshes them together. */
export const fallbackQueries = {
  list: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['fallbacks', 'list', query],
      queryFn: ({ pageParam, signal }) =>
        request(FallbackPolicyPage, '/fallbacks', { query: { limit: 100, ...query, cursor: pageParam }, signal }),
      ...pages,
    }),
  one: (policyId: string) =>
    queryOptions({
      queryKey: ['fallbacks', 'one', policyId],
      queryFn: ({ signal }) => request(FallbackPolicy, `/fallbacks/${policyId}`, { signal }),
    }),
  dryRun: (policyId: string) =>
    queryOptions({
      queryKey: ['fallbacks', 'dry-run', policyId],
      queryFn: ({ signal }) =>
        request(FallbackDryRun, `/fallbacks/${policyId}/dry-run`, { method: 'POST', body: {}, signal }),
    }),
  invocations: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['fallbacks', 'invocations', query],
      queryFn: ({ pageParam, signal }) =>
        request(FallbackInvocationPage, '/fallback-invocations', {
          query: { limit: 50, ...query, cursor: pageParam },
          signal,
        }),
      ...pages,
    }),
}

/** Names of the macros that could be chosen. */
export const macroChoices = () =>
  queryOptions({
    queryKey: ['macros', 'choices'],
    queryFn: async ({ signal }) => (await request(MacroList, '/macros', { signal })).items.map(({ name }) => name),
  })
